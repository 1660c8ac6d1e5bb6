//! R01 to R04, the work-up: biopsy, imaging, marrow, blood tests.

use super::case::{Case, Why};
use super::decision::*;
use super::facts::PlasmacytomaFacts;
use super::thresholds::AFTER_RESECTION_DAYS;
use crate::inputs::words::{Modality, Site};
use crate::inputs::{Entries, Input, Truth};
use smallvec::SmallVec;

/// Whether R01 to R04 speak of the past alone: the patient is treated, and not in the 90 days after a resection that
/// began the treatment (ours: tumours are excised before anyone knows what they are).
fn is_past(case: &Case<'_>, facts: &PlasmacytomaFacts<'_>, why: &Why) -> bool {
    let timeline = facts.timeline.tell(why);
    let just_resected = timeline.began_with_resection
        && timeline.anchors.treatment_start.is_some_and(|start| case.as_of.days_since(start) <= AFTER_RESECTION_DAYS);
    timeline.treated && !just_resected
}

/// Recommended with these actions; of a treated patient not applicable: it is not in the record, and R18 alone repeats
/// a work-up.
fn to_do<'i>(id: RecommendationId, past: bool, actions: impl IntoIterator<Item = Action>) -> Recommendation<'i> {
    if past {
        return Recommendation::not_applicable(id).note(NoteCode::TreatedNotFound);
    }
    actions.into_iter().fold(Recommendation::new(id, Status::Recommended), Recommendation::with)
}

/// The stains that show clonal plasma cells together.
const CLONAL_STAINS: [Input; 3] =
    [Input::TumourBiopsyLightChainRestriction, Input::TumourBiopsyCd138, Input::TumourBiopsyCd38];

/// R01 (A, must): the diagnosis is made by a tumour biopsy that shows clonal plasma cells.
pub(super) fn r01<'i>(case: &Case<'i>, facts: &PlasmacytomaFacts<'i>, why: &Why) -> Recommendation<'i> {
    let id = RecommendationId::R01;
    let timeline = facts.timeline.tell(why);
    let biopsies = timeline.baseline(case, Input::TumourBiopsyClonalPlasmaCells);
    match facts.biopsy.tell(why).truth {
        Truth::True if biopsies.is_empty() => {
            let stains = CLONAL_STAINS.into_iter().flat_map(|stain| timeline.baseline(case, stain));
            Recommendation::new(id, Status::Fulfilled).shown(stains)
        }
        Truth::True => Recommendation::new(id, Status::Fulfilled).shown(biopsies),
        Truth::False => Recommendation::new(id, Status::Deviates).shown(biopsies).note(NoteCode::ThinkOfOtherDiagnoses),
        Truth::Unknown => to_do(id, is_past(case, facts, why), [Action::new(ActionCode::TumourBiopsy)]),
    }
}

/// R02 (A, must): whole-body MRI, PET/CT or both rule out further lesions; MRI of spine and pelvis is the minimum.
pub(super) fn r02<'i>(case: &Case<'i>, facts: &PlasmacytomaFacts<'i>, why: &Why) -> Recommendation<'i> {
    let id = RecommendationId::R02;
    let imaging = facts.imaging.tell(why);
    let compartment = facts.compartment.tell(why).compartment;
    // A regional lymph node may be among the lesions that the report counts.
    let of_head_and_neck = facts.compartment.tell(why).site == Some(Site::HeadNeck);
    let node_counted = of_head_and_neck && facts.lesions.tell(why).several().is_true();
    let fulfilled = |modalities: &[Modality]| {
        let entries = modalities.iter().flat_map(|modality| imaging.by(*modality));
        Recommendation::new(id, Status::Fulfilled).cite_if(node_counted, Ambiguity::A18).shown(entries)
    };
    if imaging.has(Modality::WholeBodyMri) || imaging.has(Modality::PetCt) {
        let no_mri = !imaging.entries.iter().any(|(_, done)| done.is_mri());
        return fulfilled(&[Modality::WholeBodyMri, Modality::PetCt])
            .note_if(no_mri && compartment == Compartment::Bone, NoteCode::MriPreferred)
            .cite_if(facts.signal.tell(why).by_pet_ct, Ambiguity::A12);
    }
    if imaging.has(Modality::MriSpinePelvis) {
        return fulfilled(&[Modality::MriSpinePelvis]).note(NoteCode::MriMinimum);
    }
    let action = match compartment {
        Compartment::Bone => ActionCode::WholeBodyMri,
        Compartment::Extramedullary => ActionCode::PetCt,
        Compartment::Unknown => ActionCode::WholeBodyImaging,
    };
    to_do(id, is_past(case, facts, why), [Action::new(action)])
}

/// R03 (A, must): aspirate and biopsy of the marrow, with morphology and flow cytometry (A5).
pub(super) fn r03<'i>(case: &Case<'i>, facts: &PlasmacytomaFacts<'i>, why: &Why) -> Recommendation<'i> {
    let id = RecommendationId::R03;
    let timeline = facts.timeline.tell(why);
    let marrow = facts.marrow.tell(why);
    let done = |input: Input| {
        case.test_closed(input);
        let entries = timeline.baseline(case, input);
        entries.iter().for_each(|entry| case.log.recorded(entry));
        entries
    };
    let aspirates = done(Input::MarrowAspirate);
    let biopsies = done(Input::MarrowBiopsy);
    let percent_needed = percent_is_needed(marrow.flow, marrow.plain_below_10);
    let missing = [
        (aspirates.is_empty(), ActionCode::MarrowAspirate),
        (biopsies.is_empty(), ActionCode::MarrowBiopsy),
        (marrow.flow.is_none(), ActionCode::MarrowFlow),
        (!marrow.has_percent && percent_needed, ActionCode::MarrowClonalPercent),
    ];
    let actions: SmallVec<[Action; 4]> =
        missing.into_iter().filter(|(missing, _)| *missing).map(|(_, code)| Action::new(code)).collect();
    let past = is_past(case, facts, why);
    let asks_for_flow = !past && actions.iter().any(|action| action.code == ActionCode::MarrowFlow);
    let outcome = if actions.is_empty() {
        Recommendation::new(id, Status::Fulfilled).shown(aspirates.into_iter().chain(biopsies))
    } else {
        to_do(id, past, actions)
    };
    let involved = matches!(marrow.marrow, Marrow::Minimal | Marrow::Involved10) || marrow.flow == Some(Truth::True);
    let fish = done(Input::Fish);
    let outcome = outcome.cite_if(asks_for_flow, Ambiguity::A5);
    if involved && fish.is_empty() && !past {
        let strength = Some(Strength::Should);
        return outcome.with(Action { strength, ..Action::new(ActionCode::FishMarrow) });
    }
    outcome
}

/// Whether a percentage of clonal cells is needed: not beside a negative flow, or a positive one with a plain percentage
/// below 10.
pub(super) fn percent_is_needed(flow: Option<Truth>, plain_below_10: bool) -> bool {
    match flow {
        Some(Truth::False) => false,
        Some(Truth::True) => !plain_below_10,
        _ => true,
    }
}

/// The inputs of the blood screen that `entries` does not find: haemoglobin, any calcium, creatinine or a clearance.
pub(super) fn missing_of_screen<'i>(case: &Case<'i>, entries: impl Fn(Input) -> Entries<'i>) -> SmallVec<[Input; 8]> {
    use Input::*;
    let groups: [&[Input]; 3] =
        [&[Haemoglobin], &[CalciumIonised, CalciumTotal, CalciumCorrected], &[Creatinine, CreatinineClearance]];
    missing_of(case, &groups, entries)
}

/// The first of each group of which `entries` finds none.
pub(super) fn missing_of<'i>(
    case: &Case<'i>,
    groups: &[&[Input]],
    entries: impl Fn(Input) -> Entries<'i>,
) -> SmallVec<[Input; 8]> {
    let is_there = |input: &Input| is_there(case, *input, &entries(*input));
    // Every input of a group is looked for, so that the reasons name all that there is.
    let absent = groups.iter().filter(|group| group.iter().filter(|input| is_there(input)).count() == 0);
    absent.filter_map(|group| group.first().copied()).collect()
}

/// Whether there is any of these entries; each of them is noted.
pub(super) fn is_there<'i>(case: &Case<'i>, input: Input, entries: &Entries<'i>) -> bool {
    if entries.is_empty() {
        case.log.absent(input);
    }
    entries.iter().for_each(|entry| case.log.recorded(entry));
    !entries.is_empty()
}

/// Whether the light chains are there: the ratio, or both chains.
pub(super) fn has_light_chains<'i>(case: &Case<'i>, entries: impl Fn(Input) -> Entries<'i>) -> bool {
    let has = |input| is_there(case, input, &entries(input));
    let (ratio, kappa, lambda) = (has(Input::SerumFlcRatio), has(Input::SerumFlcKappa), has(Input::SerumFlcLambda));
    ratio || (kappa && lambda)
}

/// R04 (A, must): blood tests rule out raised calcium, kidney failure and anaemia; the text adds the other blood tests.
pub(super) fn r04<'i>(case: &Case<'i>, facts: &PlasmacytomaFacts<'i>, why: &Why) -> Recommendation<'i> {
    let id = RecommendationId::R04;
    let timeline = facts.timeline.tell(why);
    let entries = |input: Input| timeline.baseline(case, input);
    let screen = missing_of_screen(case, entries);
    let past = is_past(case, facts, why);
    let outcome = if screen.is_empty() {
        let shown = [Input::Haemoglobin, Input::CalciumIonised, Input::CalciumTotal, Input::CalciumCorrected]
            .into_iter()
            .chain([Input::Creatinine, Input::CreatinineClearance])
            .flat_map(entries);
        Recommendation::new(id, Status::Fulfilled).shown(shown)
    } else {
        to_do(id, past, [Action { inputs: screen, ..Action::new(ActionCode::BloodScreen) }])
    };
    if past {
        return outcome;
    }
    let panel = Input::WORKUP_PANEL.iter().chain(&[Input::SerumMProtein, Input::UrineMProtein]);
    let mut missing: SmallVec<[Input; 8]> =
        panel.copied().filter(|input| !is_there(case, *input, &entries(*input))).collect();
    if !has_light_chains(case, entries) {
        missing.push(Input::SerumFlcRatio);
    }
    if missing.is_empty() {
        return outcome;
    }
    outcome.with(Action { inputs: missing, ..Action::new(ActionCode::WorkupPanel) })
}
