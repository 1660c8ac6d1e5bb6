//! What was found: tumour biopsy, lesions, imaging, compartment and marrow (decision specification §5).

use super::anchors::{Diagnoses, Timeline, plasmacytomas, site_of};
use super::case::{Case, Window};
use super::decision::{Compartment, Marrow};
use super::thresholds::*;
use crate::inputs::words::{Certainty, DiagnosisKind, LightChain, Modality, Site};
use crate::inputs::{Condition, Entries, Entry, Input, InputSet, Limit, Reading, Truth, When, newest};
use smallvec::SmallVec;

/// The entries of a window that answer a test: each of them (worst), or the newest.
#[derive(Clone, Debug)]
pub(super) enum Picked<'i> {
    /// Every entry: true if it is for any, false if it is for all.
    Each(Entries<'i>),
    /// The newest.
    Newest(Option<Reading<'i>>),
}

/// What a test came to: nothing if it could not be made, and the entries that made it true.
#[derive(Clone, Debug, Default)]
pub(super) struct Answer<'i> {
    pub truth: Option<Truth>,
    pub positive: SmallVec<[&'i Entry; 4]>,
}

impl<'i> Answer<'i> {
    /// Kleene's or of the tests that could be made.
    pub fn or(mut self, other: Answer<'i>) -> Answer<'i> {
        self.truth = match (self.truth, other.truth) {
            (Some(a), Some(b)) => Some(a.or(b)),
            (a, b) => a.or(b),
        };
        self.positive.extend(other.positive);
        self
    }
}

impl<'i> Picked<'i> {
    pub fn entries(&self) -> &[&'i Entry] {
        match self {
            Picked::Each(entries) => entries,
            Picked::Newest(reading) => reading.as_ref().map_or(&[], |reading| &reading.entries),
        }
    }

    pub fn retain(&mut self, keep: impl Fn(&Entry) -> bool) {
        match self {
            Picked::Each(entries) => entries.retain(|entry| keep(entry)),
            Picked::Newest(reading) => {
                if reading.as_ref().is_some_and(|reading| !reading.entries.iter().all(|entry| keep(entry))) {
                    *reading = None;
                }
            }
        }
    }

    /// Asks the entries; a test that returns nothing cannot be made on that entry.
    pub fn ask(&self, case: &Case<'i>, test: impl Fn(&'i Entry) -> Option<Truth>) -> Answer<'i> {
        let mut answer = Answer::default();
        match self {
            Picked::Each(entries) => {
                for entry in entries {
                    let Some(truth) = test(entry) else { continue };
                    answer.truth = Some(answer.truth.map_or(truth, |other| other.or(truth)));
                    if truth.is_true() {
                        answer.positive.push(entry);
                    }
                }
            }
            Picked::Newest(None) => {}
            Picked::Newest(Some(reading)) => {
                let made = std::cell::Cell::new(false);
                let truth = case.log.answer(reading, |entry| {
                    let truth = test(entry);
                    made.set(made.get() || truth.is_some());
                    truth.unwrap_or(Truth::Unknown)
                });
                if made.get() {
                    answer.truth = Some(truth);
                    if truth.is_true() {
                        answer.positive.extend(reading.entries.iter().copied());
                    }
                }
            }
        }
        answer
    }

    pub fn above(&self, case: &Case<'i>, limit: Limit) -> Option<Truth> {
        self.ask(case, |entry| Some(case.log.above(entry, limit))).truth
    }

    pub fn at_least(&self, case: &Case<'i>, limit: Limit) -> Option<Truth> {
        self.ask(case, |entry| Some(case.log.at_least(entry, limit))).truth
    }

    /// A yes or no: true if any entry says yes.
    pub fn stated(&self, case: &Case<'i>) -> Option<Truth> {
        self.ask(case, |entry| case.log.flag(entry).map(Truth::known)).truth
    }
}

/// Whether a biopsy shows clonal plasma cells: as stated, else by its stains (ours); and when that was so.
pub(super) fn clonal_biopsy<'i>(
    case: &Case<'i>,
    stated: &Entries<'i>,
    stain: impl Fn(Input) -> Option<Reading<'i>>,
) -> (Truth, Option<When>) {
    let clonal = stated.iter().rev().find(|entry| case.log.flag(entry) == Some(true));
    if let Some(clonal) = clonal {
        return (Truth::True, clonal.time);
    }
    if !stated.is_empty() {
        return (Truth::False, None);
    }
    let Some(restriction) = stain(Input::TumourBiopsyLightChainRestriction) else { return (Truth::Unknown, None) };
    let restricted = |entry: &'i Entry| {
        Truth::known(matches!(case.log.light_chain(entry), Some(LightChain::Kappa | LightChain::Lambda)))
    };
    if !case.log.answer(&restriction, restricted).is_true() {
        return (Truth::Unknown, None);
    }
    for input in [Input::TumourBiopsyCd138, Input::TumourBiopsyCd38] {
        let Some(stain) = stain(input) else { continue };
        let positive = |entry: &'i Entry| case.log.flag(entry).map_or(Truth::Unknown, Truth::known);
        if case.log.answer(&stain, positive).is_true() {
            let later = match (restriction.time(), stain.time()) {
                (Some(a), Some(b)) => Some(if b.is_newer_than(a) { b } else { a }),
                (a, b) => a.or(b),
            };
            return (Truth::True, later);
        }
    }
    (Truth::Unknown, None)
}

/// Clonal plasma cells in the tumour, at baseline.
pub(super) fn biopsy<'i>(case: &Case<'i>, timeline: &Timeline) -> Condition {
    let stated = timeline.baseline(case, Input::TumourBiopsyClonalPlasmaCells);
    let (truth, _) = clonal_biopsy(case, &stated, |input| timeline.newest_baseline(case, input));
    Condition::settled_by(truth, Input::TumourBiopsyClonalPlasmaCells)
}

/// Counts of lesions at baseline; nothing where there is no such count.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lesions {
    pub above_one: Option<Truth>,
    pub above_two: Option<Truth>,
    pub lytic_above_none: Option<Truth>,
    pub lytic_above_one: Option<Truth>,
    pub lytic_above_two: Option<Truth>,
    pub mri_above_one: Option<Truth>,
    pub mri_above_two: Option<Truth>,
    /// A count of 0 contradicts the tumour that is there.
    pub contradicts: bool,
}

impl Lesions {
    pub fn read<'i>(case: &Case<'i>, timeline: &Timeline) -> Lesions {
        let counts = timeline.baseline(case, Input::LesionCount);
        let contradicts = |entry: &'i Entry| timeline.contradicts(&case.log, entry);
        let contradicted = counts.iter().any(|entry| contradicts(entry));
        let counts = Picked::Each(counts);
        let above = |limit: Limit| {
            let test = |entry| if contradicts(entry) { Truth::Unknown } else { case.log.above(entry, limit) };
            counts.ask(case, |entry| Some(test(entry))).truth
        };
        let lytic = Picked::Each(timeline.baseline(case, Input::LyticLesionCount));
        let focal = Picked::Each(timeline.baseline(case, Input::MriFocalLesionCount));
        Lesions {
            above_one: above(ONE_LESION),
            above_two: above(TWO_LESIONS),
            lytic_above_none: lytic.above(case, NO_LESION),
            lytic_above_one: lytic.above(case, ONE_LESION),
            lytic_above_two: lytic.above(case, TWO_LESIONS),
            mri_above_one: focal.above(case, ONE_LESION),
            mri_above_two: focal.above(case, TWO_LESIONS),
            contradicts: contradicted,
        }
    }

    /// More than one lesion.
    pub fn several(&self) -> Condition {
        Condition::settled_by(self.above_one.unwrap_or(Truth::Unknown), Input::LesionCount)
    }

    /// Two lesions, both lytic, and no more than two focal ones on MRI (§5, `two`).
    pub fn two(&self, compartment: &CompartmentFinding) -> Condition {
        let unknown = Truth::Unknown;
        let counted = self.above_one.unwrap_or(unknown).and(self.above_two.unwrap_or(unknown).negated());
        let counted = Condition::settled_by(counted, Input::LesionCount);
        let lytic = match (self.lytic_above_one, self.lytic_above_two) {
            (Some(above_one), Some(above_two)) => {
                Condition::settled_by(above_one.and(above_two.negated()), Input::LyticLesionCount)
            }
            _ => compartment.is_bone(),
        };
        let focal = Condition::settled_by(self.mri_above_two.unwrap_or(Truth::False), Input::MriFocalLesionCount);
        counted.and(lytic).and(focal.negated())
    }
}

/// The examinations by imaging at baseline.
#[derive(Clone, Debug, Default)]
pub(super) struct ImagingDone<'i> {
    pub entries: SmallVec<[(&'i Entry, Modality); 4]>,
}

impl<'i> ImagingDone<'i> {
    pub fn read(case: &Case<'i>, timeline: &Timeline) -> ImagingDone<'i> {
        case.test_closed(Input::Imaging);
        let entries = timeline.baseline(case, Input::Imaging);
        ImagingDone { entries: entries.iter().filter_map(|entry| Some((*entry, case.log.modality(entry)?))).collect() }
    }

    pub fn by(&self, modality: Modality) -> impl Iterator<Item = &'i Entry> {
        self.entries.iter().filter(move |(_, done)| *done == modality).map(|(entry, _)| *entry)
    }

    pub fn has(&self, modality: Modality) -> bool {
        self.by(modality).next().is_some()
    }

    /// MRI (whole body, or spine and pelvis) or PET/CT.
    pub fn has_guideline_technique(&self) -> bool {
        self.entries.iter().any(|(_, done)| done.is_guideline_technique())
    }
}

/// Abnormal marrow signal on MRI; without a statement none if there is a PET/CT (A12).
pub(super) struct Signal {
    pub abnormal: Condition,
    /// A12 was used.
    pub by_pet_ct: bool,
}

impl Signal {
    pub fn read<'i>(case: &Case<'i>, timeline: &Timeline, imaging: &ImagingDone<'i>) -> Signal {
        let stated = Picked::Each(timeline.baseline(case, Input::MriMarrowSignalAbnormal)).stated(case);
        let by_pet_ct = stated.is_none() && imaging.has(Modality::PetCt);
        let abnormal = stated.unwrap_or(if by_pet_ct { Truth::False } else { Truth::Unknown });
        Signal { abnormal: Condition::settled_by(abnormal, Input::MriMarrowSignalAbnormal), by_pet_ct }
    }
}

/// Bone or soft tissue, with what it was found by.
#[derive(Clone, Copy, Debug)]
pub(super) struct CompartmentFinding {
    pub compartment: Compartment,
    /// The tumour's site at baseline, where the newest entries agree.
    pub site: Option<Site>,
    /// Site and confirmed kind are at odds.
    pub conflict: bool,
    missing: InputSet,
}

impl CompartmentFinding {
    pub fn read<'i>(case: &Case<'i>, timeline: &Timeline, diagnoses: &Diagnoses<'i>) -> CompartmentFinding {
        let reading = timeline.newest_baseline(case, Input::TumourSite);
        let site = reading.as_ref().and_then(|reading| site_of(case, reading));
        let contact = timeline.newest_baseline(case, Input::BoneContact);
        let contact = contact.map(|reading| case.log.answer(&reading, |entry| flag(case, entry)));
        let kind = confirmed_kind(timeline, diagnoses);
        let of_site = Of { site, in_conflict: reading.is_some() && site.is_none(), contact, kind };
        let (compartment, conflict, missing) = of_site.compartment();
        CompartmentFinding { compartment, site, conflict, missing }
    }

    /// Of a site alone: for a relapse at another site (R19).
    pub fn of_site(site: Option<Site>) -> CompartmentFinding {
        let compartment = match site {
            Some(site) if site.is_bone() => Compartment::Bone,
            Some(_) => Compartment::Extramedullary,
            None => Compartment::Unknown,
        };
        CompartmentFinding { compartment, site, conflict: false, missing: InputSet::one(Input::TumourSite) }
    }

    pub fn is_bone(&self) -> Condition {
        let truth = match self.compartment {
            Compartment::Bone => Truth::True,
            Compartment::Extramedullary => Truth::False,
            Compartment::Unknown => Truth::Unknown,
        };
        Condition::new(truth, self.missing)
    }

    /// Whether another site can only make it extramedullary: a bone site against a confirmed extramedullary kind.
    pub fn can_only_be_soft_tissue(&self) -> bool {
        self.conflict && self.site.is_some_and(Site::is_bone)
    }

    /// Whether contact with bone can only make it bone: a soft-tissue site against a confirmed kind of bone.
    pub fn can_only_be_bone(&self) -> bool {
        self.conflict && self.site.is_some_and(|site| !site.is_bone())
    }

    /// Whether it is known.
    pub fn is_known(&self) -> Condition {
        let known = self.compartment != Compartment::Unknown;
        Condition::new(if known { Truth::True } else { Truth::Unknown }, self.missing)
    }
}

fn flag<'i>(case: &Case<'i>, entry: &'i Entry) -> Truth {
    case.log.flag(entry).map_or(Truth::Unknown, Truth::known)
}

/// The kind that the confirmed plasmacytomas of the first tumour name; nothing if they name both.
fn confirmed_kind(timeline: &Timeline, diagnoses: &Diagnoses<'_>) -> Option<Compartment> {
    let last = timeline.anchors.treatment_end.map(|end| end.plus_days(FIRST_TUMOUR_DAYS));
    let of_first = |date: Option<crate::inputs::Day>| date.zip(last).is_none_or(|(date, last)| date <= last);
    let mut kinds = plasmacytomas(diagnoses)
        .filter(|(_, it)| it.certainty == Certainty::Confirmed && of_first(it.date()))
        .filter_map(|(_, it)| match it.kind {
            DiagnosisKind::PlasmacytomaBone => Some(Compartment::Bone),
            DiagnosisKind::PlasmacytomaExtramedullary => Some(Compartment::Extramedullary),
            _ => None,
        });
    let first = kinds.next()?;
    kinds.all(|kind| kind == first).then_some(first)
}

/// What the compartment is found by.
struct Of {
    site: Option<Site>,
    /// The newest sites disagree.
    in_conflict: bool,
    contact: Option<Truth>,
    kind: Option<Compartment>,
}

impl Of {
    fn compartment(&self) -> (Compartment, bool, InputSet) {
        use Compartment::{Bone, Extramedullary, Unknown};
        let site_missing = InputSet::one(Input::TumourSite);
        let contact_missing = InputSet::one(Input::BoneContact);
        if self.contact == Some(Truth::True) {
            return (Bone, false, InputSet::EMPTY);
        }
        match self.site {
            Some(site) if site.is_bone() && self.kind == Some(Extramedullary) => (Unknown, true, site_missing),
            Some(site) if site.is_bone() => (Bone, false, InputSet::EMPTY),
            Some(_) if self.kind == Some(Bone) => (Unknown, self.contact != Some(Truth::Unknown), contact_missing),
            Some(_) if self.contact == Some(Truth::False) || self.kind == Some(Extramedullary) => {
                (Extramedullary, false, InputSet::EMPTY)
            }
            Some(_) => (Unknown, false, contact_missing),
            None if self.in_conflict => (Unknown, false, site_missing),
            None => (self.kind.unwrap_or(Unknown), false, site_missing),
        }
    }
}

/// The plasma cells of the marrow in a window.
#[derive(Clone, Debug)]
pub(super) struct MarrowFinding<'i> {
    pub marrow: Marrow,
    /// Clonal plasma cells of 10 % or more.
    pub involved_10: Condition,
    /// Clonal plasma cells of 60 % or more.
    pub marrow_60: Condition,
    /// The clonal percentage is above 0, or flow is positive.
    pub some: bool,
    /// What would tell `none` from `minimal`.
    pub missing: InputSet,
    /// Flow cytometry, where there is a result.
    pub flow: Option<Truth>,
    /// There is a clonal percentage.
    pub has_percent: bool,
    /// There is a percentage without word of clonality, and every one is below 10.
    pub plain_below_10: bool,
    /// There is one that may be 10 or more.
    pub plain_may_be_10: bool,
    /// The clonal percentages of 10 or more, and of 60 or more.
    pub positive_10: SmallVec<[&'i Entry; 4]>,
    pub positive_60: SmallVec<[&'i Entry; 4]>,
}

impl<'i> MarrowFinding<'i> {
    pub fn at_baseline(case: &Case<'i>, timeline: &Timeline) -> MarrowFinding<'i> {
        let each = |input| Picked::Each(timeline.baseline(case, input));
        let flow = each(Input::MarrowFlowClonalPlasmaCells);
        Self::read(case, &each(Input::MarrowClonalPlasmaCellPercent), &each(Input::MarrowPlasmaCellPercent), &flow)
    }

    pub fn in_window(case: &Case<'i>, window: Window) -> MarrowFinding<'i> {
        let newest = |input| Picked::Newest(newest(&case.window(input, window)));
        let flow = newest(Input::MarrowFlowClonalPlasmaCells);
        Self::read(case, &newest(Input::MarrowClonalPlasmaCellPercent), &newest(Input::MarrowPlasmaCellPercent), &flow)
    }

    fn read(case: &Case<'i>, percent: &Picked<'i>, plain: &Picked<'i>, flow: &Picked<'i>) -> MarrowFinding<'i> {
        let ask = |limit: Limit| percent.ask(case, |entry| Some(case.log.at_least(entry, limit)));
        let (ten, sixty) = (ask(MARROW_INVOLVED), ask(MARROW_60));
        let above_none = percent.above(case, MARROW_NONE);
        let plain_ten = plain.at_least(case, MARROW_INVOLVED);
        let flow = flow.stated(case);
        let plain_may_be_10 = plain_ten.is_some_and(|truth| !truth.is_false());
        let plain_below_10 = plain_ten.is_some_and(Truth::is_false);
        let has_percent = ten.truth.is_some();
        // Without a clonal percentage, flow (and a plain percentage) may still rule out 10 %.
        let by_flow = match flow {
            _ if plain_may_be_10 => Truth::Unknown,
            Some(Truth::False) => Truth::False,
            Some(Truth::True) if plain_below_10 => Truth::False,
            _ => Truth::Unknown,
        };
        let flow_known = flow.is_some_and(|flow| !flow.is_unknown());
        let mut by_ten = InputSet::one(Input::MarrowClonalPlasmaCellPercent);
        if !has_percent && !flow_known && !plain_may_be_10 {
            by_ten.insert(Input::MarrowFlowClonalPlasmaCells);
        }
        let involved = ten.truth.unwrap_or(by_flow);
        let some = above_none == Some(Truth::True) || flow == Some(Truth::True);
        let none = above_none.is_none_or(Truth::is_false) && flow == Some(Truth::False);
        let marrow = match involved {
            Truth::True => Marrow::Involved10,
            Truth::Unknown => Marrow::Unknown,
            Truth::False if some => Marrow::Minimal,
            Truth::False if none => Marrow::None,
            Truth::False => Marrow::Unknown,
        };
        let mut missing = InputSet::EMPTY;
        if involved.is_unknown() || above_none == Some(Truth::Unknown) {
            missing = by_ten;
        }
        if !flow_known && above_none != Some(Truth::True) {
            missing.insert(Input::MarrowFlowClonalPlasmaCells);
        }
        MarrowFinding {
            marrow,
            involved_10: Condition::new(involved, by_ten),
            marrow_60: Condition::new(sixty.truth.unwrap_or(by_flow), by_ten),
            some,
            missing: if marrow == Marrow::Unknown { missing } else { InputSet::EMPTY },
            flow,
            has_percent,
            plain_below_10,
            plain_may_be_10,
            positive_10: ten.positive,
            positive_60: sixty.positive,
        }
    }

    /// Whether `none` or `minimal` is known, given that 10 % is ruled out.
    pub fn is_known(&self) -> Condition {
        let known = self.marrow != Marrow::Unknown;
        Condition::new(if known { Truth::True } else { Truth::Unknown }, self.missing)
    }
}
