//! Myeloma-defining events, SLiM-CRAB (decision specification §4): at baseline by the worst entry, after treatment by the newest.

use super::anchors::Timeline;
use super::case::{Case, Window};
use super::decision::{Compartment, Event, EventState};
use super::findings::{Answer, CompartmentFinding, ImagingDone, Lesions, MarrowFinding, Picked};
use super::light_chains::LightChains;
use super::thresholds::*;
use crate::inputs::words::AttributedEvent;
use crate::inputs::{
    Condition, Day, Entry, Input, InputSet, Truth, When, later_time, latest_times, newer_time, newest,
};

/// The state of an event, what would settle it, and since when it is so.
#[derive(Clone, Copy, Debug)]
pub(super) struct EventFinding {
    pub state: EventState,
    pub condition: Condition,
    /// The time of the results that make it true; of several the latest.
    pub time: Option<When>,
}

impl EventFinding {
    fn of(truth: Truth, missing: InputSet, time: Option<When>) -> EventFinding {
        let state = match truth {
            Truth::True => EventState::True,
            Truth::False => EventState::False,
            Truth::Unknown => EventState::Unknown,
        };
        EventFinding { state, condition: Condition::new(truth, missing), time: time.filter(|_| truth.is_true()) }
    }

    fn settled_by(truth: Option<Truth>, input: Input, time: Option<When>) -> EventFinding {
        Self::of(truth.unwrap_or(Truth::Unknown), InputSet::one(input), time)
    }

    fn unattributed() -> EventFinding {
        let condition = Condition::settled_by(Truth::Unknown, Input::EventAttribution);
        EventFinding { state: EventState::Unattributed, condition, time: None }
    }
}

/// Which of the attributions are of the window's time.
#[derive(Clone, Copy, Debug)]
enum Era {
    /// Up to this day, and those without a time.
    UpTo(Day),
    /// After this day.
    After(Day),
}

impl Era {
    fn has(self, day: Option<Day>) -> bool {
        match (self, day) {
            (Era::UpTo(_), None) => true,
            (Era::After(_), None) => false,
            (Era::UpTo(last), Some(day)) => day <= last,
            (Era::After(last), Some(day)) => day > last,
        }
    }
}

/// The seven events that are worked out from results, in the order of [`Event::ALL`] without `mri_focal`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Events {
    pub findings: [EventFinding; 8],
}

impl Events {
    pub fn get(&self, event: Event) -> &EventFinding {
        let [first, ..] = &self.findings;
        self.findings.get(event as usize).unwrap_or(first)
    }

    pub fn states(&self) -> [EventState; 8] {
        self.findings.map(|finding| finding.state)
    }

    /// Any event that is not a count of lesions.
    pub fn others(&self) -> Condition {
        self.any(|event| !matches!(event, Event::Bone | Event::MriFocal))
    }

    /// The same without the share of plasma cells in the marrow.
    pub fn others_but_marrow(&self) -> Condition {
        self.any(|event| !matches!(event, Event::Bone | Event::MriFocal | Event::Marrow60))
    }

    /// Any event at all.
    pub fn any_event(&self) -> Condition {
        self.any(|_| true)
    }

    /// Any event that is not the count of bone lesions.
    pub fn any_but_bone(&self) -> Condition {
        self.any(|event| event != Event::Bone)
    }

    fn any(&self, wanted: impl Fn(Event) -> bool) -> Condition {
        let findings = Event::ALL.iter().zip(&self.findings).filter(|(event, _)| wanted(**event));
        findings.fold(Condition::known(false), |any, (_, finding)| any.or(finding.condition))
    }
}

/// What the events at baseline are worked out from.
pub(super) struct Baseline<'a, 'i> {
    pub timeline: &'a Timeline,
    pub compartment: &'a CompartmentFinding,
    pub lesions: &'a Lesions,
    pub imaging: &'a ImagingDone<'i>,
    pub marrow: &'a MarrowFinding<'i>,
    pub light_chains: &'a LightChains<'i>,
}

impl<'i> Baseline<'_, 'i> {
    pub fn events(&self, case: &Case<'i>) -> Events {
        let each = |input| Picked::Each(self.timeline.baseline(case, input));
        let last = match self.timeline.treated_on().or(self.timeline.anchors.treatment_end) {
            Some(end) if self.timeline.treated => end.max(self.timeline.baseline_end),
            _ => case.as_of,
        };
        let era = Era::UpTo(last);
        let calcium =
            calcium(case, each(Input::CalciumTotal), &each(Input::CalciumCorrected), &each(Input::CalciumIonised));
        let renal = renal(case, &each(Input::Creatinine), &each(Input::CreatinineClearance));
        let anaemia = anaemia(case, &each(Input::Haemoglobin));
        let (light_chain, time) = self.light_chains.event(case, &self.light_chains.ratios);
        let urine = Picked::Each(self.timeline.baseline(case, Input::UrineMProtein));
        let several = self.lesions.several();
        Events {
            findings: [
                attributed(case, AttributedEvent::Hypercalcaemia, calcium, era, Input::CalciumIonised),
                attributed(case, AttributedEvent::Renal, renal, era, Input::Creatinine),
                attributed(case, AttributedEvent::Anaemia, anaemia, era, Input::Haemoglobin),
                self.bone(several),
                EventFinding::of(self.marrow.marrow_60.truth, self.marrow.marrow_60.missing, None),
                EventFinding::settled_by(light_chain, Input::SerumFlcRatio, time),
                urine_m_protein(case, urine),
                self.mri_focal(several),
            ],
        }
    }

    fn bone(&self, several: Condition) -> EventFinding {
        let compartment = self.compartment.compartment;
        let (truth, missing) = match (self.lesions.lytic_above_none, self.lesions.lytic_above_one) {
            (Some(above_none), Some(above_one)) => match compartment {
                Compartment::Bone => (above_one, InputSet::one(Input::LyticLesionCount)),
                Compartment::Extramedullary => (above_none, InputSet::one(Input::LyticLesionCount)),
                Compartment::Unknown => {
                    let truth = if above_one.is_true() {
                        Truth::True
                    } else if above_none.is_false() {
                        Truth::False
                    } else {
                        Truth::Unknown
                    };
                    // One lytic lesion is the index tumour itself, if that is in bone.
                    let known = above_none.is_true() && above_one.is_false();
                    let by_site = self.compartment.is_bone().missing;
                    (truth, if known { by_site } else { InputSet::one(Input::LyticLesionCount) })
                }
            },
            _ if several.is_false() => (Truth::False, InputSet::EMPTY),
            _ if several.is_true() && compartment == Compartment::Bone => (Truth::True, InputSet::EMPTY),
            _ if several.is_true() => (Truth::Unknown, InputSet::one(Input::LyticLesionCount)),
            _ => (Truth::Unknown, several.missing),
        };
        EventFinding::of(truth, missing, None)
    }

    fn mri_focal(&self, several: Condition) -> EventFinding {
        let by_lesions = self.imaging.has_guideline_technique();
        let (truth, missing) = match self.lesions.mri_above_one {
            Some(truth) => (truth, InputSet::one(Input::MriFocalLesionCount)),
            None if several.is_false() && by_lesions => (Truth::False, InputSet::EMPTY),
            None if several.is_unknown() && by_lesions => (Truth::Unknown, several.missing),
            None => (Truth::Unknown, InputSet::one(Input::MriFocalLesionCount)),
        };
        EventFinding::of(truth, missing, None)
    }
}

/// The events after treatment, from the newest entry of each input; `bone` by new lesions.
pub(super) fn after_treatment<'i>(case: &Case<'i>, window: Window, since: Window) -> Events {
    let reading = |input| case.newest(input, window);
    let era = Era::After(window.from.map_or(case.as_of, |from| from.plus_days(-1)));
    let (total, corrected, ionised) =
        (reading(Input::CalciumTotal), reading(Input::CalciumCorrected), reading(Input::CalciumIonised));
    let day = [&total, &corrected, &ionised].into_iter().flatten().filter_map(|it| it.time()).map(When::day).max();
    let of_day = |reading: Option<crate::inputs::Reading<'i>>, from: Option<Day>| {
        Picked::Newest(reading.filter(|it| it.time().is_some_and(|time| Some(time.day()) >= from)))
    };
    let calcium = calcium(case, of_day(total, day), &of_day(corrected, day), &of_day(ionised, day));
    let (creatinine, clearance) = (reading(Input::Creatinine), reading(Input::CreatinineClearance));
    let day = [&creatinine, &clearance].into_iter().flatten().filter_map(|it| it.time()).map(When::day).max();
    let near = day.map(|day| day.plus_days(-CLEARANCE_DAYS));
    let renal = renal(case, &of_day(creatinine, day), &of_day(clearance, near));
    let anaemia = anaemia(case, &Picked::Newest(reading(Input::Haemoglobin)));
    let marrow = MarrowFinding::in_window(case, window);
    let marrow_time = marrow.positive_60.iter().fold(None, |time, entry| later_time(time, entry.time));
    let (light_chain, light_chain_time) = LightChains::in_window(case, window).newest_event(case);
    let urine = Picked::Newest(newest_number_first(case, Input::UrineMProtein, window));
    let new = Picked::Newest(case.newest(Input::NewLesionCount, since));
    let new_lytic = Picked::Newest(case.newest(Input::NewLyticLesionCount, since));
    let bone_time =
        new.entries().iter().chain(new_lytic.entries()).fold(None, |time, entry| later_time(time, entry.time));
    let several = new.above(case, ONE_LESION).unwrap_or(Truth::Unknown);
    let lytic = new_lytic.at_least(case, ANY_NEW_LESION).unwrap_or(Truth::Unknown);
    let bone = Condition::settled_by(several, Input::NewLesionCount)
        .and(Condition::settled_by(lytic, Input::NewLyticLesionCount));
    Events {
        findings: [
            attributed(case, AttributedEvent::Hypercalcaemia, calcium, era, Input::CalciumIonised),
            attributed(case, AttributedEvent::Renal, renal, era, Input::Creatinine),
            attributed(case, AttributedEvent::Anaemia, anaemia, era, Input::Haemoglobin),
            EventFinding::of(bone.truth, bone.missing, bone_time),
            EventFinding::of(marrow.marrow_60.truth, marrow.marrow_60.missing, marrow_time),
            EventFinding::settled_by(light_chain, Input::SerumFlcRatio, light_chain_time),
            urine_m_protein(case, urine),
            EventFinding::of(Truth::False, InputSet::EMPTY, None),
        ],
    }
}

/// The newest entries, a number before a yes or no of its time.
pub(super) fn newest_number_first<'i>(
    case: &Case<'i>,
    input: Input,
    window: Window,
) -> Option<crate::inputs::Reading<'i>> {
    let reading = case.newest(input, window)?;
    let numbers: crate::inputs::Entries<'i> =
        reading.entries.iter().copied().filter(|entry| case.log.interval(entry).is_some()).collect();
    if numbers.is_empty() { Some(reading) } else { newest(&numbers) }
}

fn calcium<'i>(case: &Case<'i>, mut total: Picked<'i>, corrected: &Picked<'i>, ionised: &Picked<'i>) -> Answer<'i> {
    let corrected_days: smallvec::SmallVec<[Day; 4]> = corrected.entries().iter().filter_map(|it| it.day()).collect();
    total.retain(|entry| entry.day().is_none_or(|day| !corrected_days.contains(&day)));
    let by_limit = |entry: &'i Entry| {
        let high = case.log.above(entry, CALCIUM);
        let above_upper = case.log.above_upper_limit(entry, CALCIUM_ABOVE_UPPER);
        Some(above_upper.map_or(high, |above_upper| high.or(above_upper)))
    };
    let by_upper_limit = |entry: &'i Entry| case.log.above_upper_limit(entry, IONISED_ABOVE_UPPER);
    total.ask(case, by_limit).or(corrected.ask(case, by_limit)).or(ionised.ask(case, by_upper_limit))
}

fn renal<'i>(case: &Case<'i>, creatinine: &Picked<'i>, clearance: &Picked<'i>) -> Answer<'i> {
    let beside = |entry: &Entry| {
        clearance
            .entries()
            .iter()
            .any(|other| entry.day().zip(other.day()).is_some_and(|(a, b)| a.days_since(b).abs() <= CLEARANCE_DAYS))
    };
    let by_creatinine = |entry: &'i Entry| {
        let high = case.log.above(entry, CREATININE);
        if high.is_true() || beside(entry) {
            return Some(high);
        }
        let raised = case.log.above(entry, CREATININE_SAFE);
        Some(if raised.is_false() { Truth::False } else { Truth::Unknown })
    };
    let by_clearance = |entry: &'i Entry| Some(case.log.below(entry, CLEARANCE));
    creatinine.ask(case, by_creatinine).or(clearance.ask(case, by_clearance))
}

fn anaemia<'i>(case: &Case<'i>, haemoglobin: &Picked<'i>) -> Answer<'i> {
    haemoglobin.ask(case, |entry| {
        let low = case.log.below(entry, HAEMOGLOBIN);
        if low.is_true() {
            return Some(low);
        }
        Some(match case.log.below_lower_limit(entry, HAEMOGLOBIN_BELOW_LOWER) {
            Some(below_lower) => low.or(below_lower),
            None if case.log.below(entry, HAEMOGLOBIN_SAFE).is_false() => Truth::False,
            None => Truth::Unknown,
        })
    })
}

fn urine_m_protein<'i>(case: &Case<'i>, mut urine: Picked<'i>) -> EventFinding {
    if urine.entries().iter().any(|entry| case.log.interval(entry).is_some())
        && let Picked::Each(entries) = &mut urine
    {
        entries.retain(|entry| case.log.interval(entry).is_some());
    }
    let answer = urine.ask(case, |entry| {
        if case.log.interval(entry).is_some() {
            return Some(case.log.at_least(entry, URINE_M_PROTEIN));
        }
        Some(if case.log.flag(entry)? { Truth::Unknown } else { Truth::False })
    });
    let time = answer.positive.iter().fold(None, |time, entry| later_time(time, entry.time));
    EventFinding::settled_by(answer.truth, Input::UrineMProtein, time)
}

/// Hypercalcaemia, renal failure and anaemia count only when the plasma cell disease causes them: each result that
/// makes the test true is judged by the newest attribution that covers it.
fn attributed<'i>(
    case: &Case<'i>,
    event: AttributedEvent,
    answer: Answer<'i>,
    era: Era,
    settled_by: Input,
) -> EventFinding {
    if answer.truth != Some(Truth::True) {
        return EventFinding::settled_by(answer.truth, settled_by, None);
    }
    let statements = Statements::read(case, event, era);
    let mut time = None;
    let (mut any_yes, mut all_no) = (false, true);
    for result in &answer.positive {
        let judged = statements.judge(result);
        if judged == Some(true) {
            any_yes = true;
            time = later_time(time, result.time);
        }
        all_no &= judged == Some(false);
    }
    if any_yes {
        EventFinding::of(Truth::True, InputSet::EMPTY, time)
    } else if all_no {
        EventFinding::of(Truth::False, InputSet::EMPTY, None)
    } else {
        EventFinding::unattributed()
    }
}

/// What the clinician said about the cause of an event.
struct Statements<'i> {
    statements: smallvec::SmallVec<[(&'i Entry, bool); 4]>,
    /// The times of those that say yes: whether any is of a time or newer.
    last_yes: Vec<Option<When>>,
    event: AttributedEvent,
    era: Era,
}

impl<'i> Statements<'i> {
    fn read(case: &Case<'i>, event: AttributedEvent, era: Era) -> Statements<'i> {
        let statements = case.all(Input::EventAttribution).into_iter().filter_map(|entry| {
            let attribution = case.log.attribution(entry)?;
            (attribution.event == event).then_some((entry, attribution.plasma_cell_disease))
        });
        let statements: smallvec::SmallVec<[(&'i Entry, bool); 4]> = statements.collect();
        let last_yes = latest_times(statements.iter().filter(|(_, caused)| *caused).map(|(entry, _)| entry.time));
        Statements { statements, last_yes, event, era }
    }

    /// What the newest statement that covers the result says; nothing if there is none, or they contradict each other.
    fn judge(&self, result: &Entry) -> Option<bool> {
        let covering: smallvec::SmallVec<[&(&'i Entry, bool); 4]> =
            self.statements.iter().filter(|(entry, caused)| self.covers(entry, *caused, result)).collect();
        let entries: crate::inputs::Entries<'i> = covering.iter().map(|(entry, _)| *entry).collect();
        let newest = newest(&entries)?;
        let says = |wanted: bool| {
            covering.iter().any(|(entry, caused)| {
                *caused == wanted && newest.entries.iter().any(|other| std::ptr::eq(*other, *entry))
            })
        };
        match (says(true), says(false)) {
            (true, false) => Some(true),
            (false, true) => Some(false),
            _ => None,
        }
    }

    fn covers(&self, entry: &Entry, caused: bool, result: &Entry) -> bool {
        let Some(result_day) = result.day() else { return self.era.has(entry.day()) };
        let Some(day) = entry.day() else { return self.era.has(None) };
        if self.era.has(Some(day)) && day >= result_day.plus_days(-ATTRIBUTION_BEFORE_DAYS) {
            return true;
        }
        self.event == AttributedEvent::Renal
            && !caused
            && day <= result_day
            && day >= result_day.plus_months(-RENAL_DENIAL_MONTHS)
            && !self.taken_back(entry)
    }

    /// Whether a statement of its time or newer says yes.
    fn taken_back(&self, denial: &Entry) -> bool {
        self.last_yes.iter().any(|yes| !newer_time(denial.time, *yes))
    }
}
