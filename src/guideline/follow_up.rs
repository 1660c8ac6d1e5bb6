//! R15 to R17, after treatment: imaging of the response, follow-up, rehabilitation.

use super::case::{Case, Fact, Why, Window};
use super::decision::*;
use super::diagnosis::missing_of;
use super::facts::{Facts, PlasmacytomaFacts};
use super::prognosis::Factors;
use super::thresholds::*;
use crate::inputs::words::{Modality, Relapse};
use crate::inputs::{Day, Entry, Input, InputSet};
use smallvec::SmallVec;

/// A follow-up scan: MRI, PET/CT, or other imaging with a response from its day to 60 days after it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scan<'i> {
    pub day: Day,
    modality: Modality,
    entry: &'i Entry,
}

/// The follow-up scans from a day on, the earliest first.
fn scans<'i>(case: &Case<'i>, from: Day) -> SmallVec<[Scan<'i>; 4]> {
    let window = Window { from: Some(from), to: case.as_of, undated: false };
    let responses = case.window(Input::Response, window);
    responses.iter().for_each(|entry| case.log.recorded(entry));
    let imaging = case.window(Input::Imaging, window);
    let scans = imaging.iter().filter_map(|entry| {
        let (day, modality) = (entry.day()?, case.log.modality(entry)?);
        let is_of_it = |it: Day| (0..=RESPONSE_AFTER_SCAN_DAYS).contains(&it.days_since(day));
        let reported = || responses.iter().filter_map(|it| it.day()).any(is_of_it);
        (modality.is_guideline_technique() || reported()).then_some(Scan { day, modality, entry })
    });
    scans.collect()
}

/// The scan that fulfils R15: the earliest from 2 to 8 months after treatment (ours).
pub(super) fn response_scan<'i>(case: &Case<'i>, facts: &PlasmacytomaFacts<'i>, why: &Why) -> Option<Scan<'i>> {
    let end = facts.timeline.tell(why).treated_on()?;
    let (first, last) = RESPONSE_DONE_MONTHS;
    let last = end.plus_months(last);
    scans(case, end.plus_months(first)).into_iter().find(|scan| scan.day <= last)
}

/// The end of treatment of a treated patient whose disease has not become myeloma.
fn followed<'i>(facts: &PlasmacytomaFacts<'i>, is_myeloma: &Fact<bool>, why: &Why) -> Option<Day> {
    facts.timeline.tell(why).treated_on().filter(|_| !is_myeloma.tell(why))
}

/// R15 (A, must): imaging 3 to 4 months after treatment shows the response.
pub(super) fn r15<'i>(
    case: &Case<'i>,
    all: &Facts<'i>,
    facts: &PlasmacytomaFacts<'i>,
    is_myeloma: &Fact<bool>,
    why: &Why,
) -> Recommendation<'i> {
    let id = RecommendationId::R15;
    let Some(end) = followed(facts, is_myeloma, why) else { return Recommendation::not_applicable(id) };
    let techniques = techniques(facts, why);
    let treatments = all.treatments.tell(why);
    let irradiated = treatments.counted().any(|course| !course.is_palliative());
    let resected_alone = !irradiated && treatments.resections().next().is_some();
    let outcome = if let Some(scan) = response_scan(case, facts, why) {
        let other = !techniques.is_empty() && !techniques.contains(&scan.modality);
        Recommendation::new(id, Status::Fulfilled)
            .shown([scan.entry])
            .note_if(other || !scan.modality.is_guideline_technique(), NoteCode::OtherTechnique)
    } else {
        let (first, last) = RESPONSE_DUE_MONTHS;
        let due = Due { start: end.plus_months(first), end: end.plus_months(last) };
        let (_, done) = RESPONSE_DONE_MONTHS;
        let late = scans(case, end.plus_months(done).plus_days(1));
        if let Some(late) = late.first() {
            Recommendation::new(id, Status::Deviates).shown([late.entry]).note(NoteCode::LateScan)
        } else if case.as_of > end.plus_months(RESPONSE_GIVEN_UP_MONTHS) {
            Recommendation::new(id, Status::Deviates)
        } else {
            Recommendation::new(id, Status::Recommended).with(Action {
                due: Some(due),
                overdue: case.as_of > due.end,
                modalities: techniques,
                ..Action::new(ActionCode::ResponseImaging)
            })
        }
    };
    outcome.note_if(resected_alone, NoteCode::TextAfterResection).note(NoteCode::OurTolerance)
}

/// The guideline's techniques that were used at baseline, each once.
fn techniques<'i>(facts: &PlasmacytomaFacts<'i>, why: &Why) -> SmallVec<[Modality; 3]> {
    let imaging = facts.imaging.tell(why);
    let used = |modality: &&Modality| modality.is_guideline_technique() && imaging.has(**modality);
    let mut used: SmallVec<[Modality; 3]> = Modality::ALL.iter().filter(used).copied().collect();
    used.sort_by_key(|modality| modality.word());
    used
}

/// R16 (D, should): everyone is followed; visits, blood tests and yearly imaging by the text (A9).
pub(super) fn r16<'i>(
    case: &Case<'i>,
    facts: &PlasmacytomaFacts<'i>,
    factors: &Factors,
    is_myeloma: &Fact<bool>,
    why: &Why,
) -> Recommendation<'i> {
    let id = RecommendationId::R16;
    let relapse = facts.relapse.tell(why).state.value;
    let Some(end) = followed(facts, is_myeloma, why).filter(|_| !matches!(relapse, Relapse::Local | Relapse::NewSite))
    else {
        return Recommendation::not_applicable(id);
    };
    let mut outcome = Recommendation::new(id, Status::Recommended);
    let visit = next_visit(end, case.as_of);
    outcome = outcome.with(Action { due: Some(visit), ..Action::new(ActionCode::FollowUpVisit) });
    let bloods = missing_bloods(case, visit.start);
    if !bloods.is_empty() {
        let bloods = Action { due: Some(visit), inputs: bloods, ..Action::new(ActionCode::FollowUpBloods) };
        outcome = outcome.with(bloods);
    }
    let (_, last) = RESPONSE_DUE_MONTHS;
    let first_scan = response_scan(case, facts, why).map_or_else(|| end.plus_months(last), |scan| scan.day);
    outcome = yearly_imaging(case, end, first_scan).into_iter().fold(outcome, Recommendation::with);
    outcome.factors = factors.of_follow_up();
    let closer = !outcome.factors.is_empty();
    outcome.note_if(closer, NoteCode::CloserFollowUp).cite_if(closer, Ambiguity::A9).note(NoteCode::OurTolerance)
}

/// The first visit whose time is not over: 4–6 and 8–12 months after treatment, then yearly ± 1 month.
fn next_visit(end: Day, as_of: Day) -> Due {
    for (first, last) in FIRST_VISITS_MONTHS {
        let due = Due { start: end.plus_months(first), end: end.plus_months(last) };
        if due.end >= as_of {
            return due;
        }
    }
    let mut year = 2;
    loop {
        let due = around(end.plus_months(12 * year), YEARLY_DUE_MONTHS);
        if due.end >= as_of || year > 200 {
            return due;
        }
        year += 1;
    }
}

fn around(day: Day, months: i32) -> Due {
    Due { start: day.plus_months(-months), end: day.plus_months(months) }
}

/// The blood tests of a visit that have no value from one month before its start on.
fn missing_bloods(case: &Case<'_>, start: Day) -> SmallVec<[Input; 8]> {
    use Input::*;
    let from = start.plus_months(-BLOODS_BEFORE_VISIT_MONTHS);
    let window = Window { from: Some(from), to: case.as_of, undated: false };
    let groups: [&[Input]; 4] = [&[SerumMProtein], &[Haemoglobin], &[Leukocytes], &[Platelets]];
    let mut missing = missing_of(case, &groups, |input| case.window(input, window));
    if !super::diagnosis::has_light_chains(case, |input| case.window(input, window)) {
        missing.push(SerumFlcRatio);
    }
    let groups: [&[Input]; 2] = [&[Creatinine, CreatinineClearance], &[CalciumIonised, CalciumTotal, CalciumCorrected]];
    missing.extend(missing_of(case, &groups, |input| case.window(input, window)));
    missing
}

/// Yearly imaging for 5 years: the latest that was missed, while it is shown, and the first not done that is not over.
fn yearly_imaging(case: &Case<'_>, end: Day, first_scan: Day) -> SmallVec<[Action; 2]> {
    let scans = scans(case, end.plus_days(1));
    let years: SmallVec<[Day; 5]> = (1..=IMAGING_YEARS).map(|year| first_scan.plus_months(12 * year)).collect();
    let is_done = |year: &Day| {
        let done = around(*year, YEARLY_DONE_MONTHS);
        scans.iter().any(|scan| scan.day >= done.start && scan.day <= done.end)
    };
    let is_over = |year: &Day| case.as_of > year.plus_months(YEARLY_DONE_MONTHS);
    let action = |year: Day, overdue: bool| Action {
        due: Some(around(year, YEARLY_DUE_MONTHS)),
        overdue,
        ..Action::new(ActionCode::FollowUpImaging)
    };
    let next = years.iter().find(|year| !is_done(year) && !is_over(year)).map(|year| action(*year, false));
    let last_shown = years.last().map(|year| year.plus_months(YEARLY_DONE_MONTHS));
    let is_shown = |year: &&Day| {
        case.as_of <= year.plus_months(MISSED_SHOWN_MONTHS) && last_shown.is_some_and(|last| case.as_of <= last)
    };
    let missed = years.iter().rfind(|year| !is_done(year) && is_over(year)).filter(is_shown);
    next.into_iter().chain(missed.map(|year| action(*year, true))).collect()
}

/// R17 (D, may): rehabilitation for everyone, a pain team for lasting pain.
pub(super) fn r17<'i>(
    case: &Case<'i>,
    all: &Facts<'i>,
    facts: &PlasmacytomaFacts<'i>,
    why: &Why,
) -> Recommendation<'i> {
    let id = RecommendationId::R17;
    let Some(end) = facts.timeline.tell(why).treated_on() else { return Recommendation::not_applicable(id) };
    let treatments = all.treatments.tell(why);
    let lasting = end.plus_months(LASTING_PAIN_MONTHS);
    let pains: SmallVec<[_; 2]> = all
        .complications
        .tell(why)
        .current(Input::BonePain, treatments)
        .filter(|pain| pain.day.is_some_and(|day| day >= lasting))
        .collect();
    let in_pain = pains.iter().any(|pain| pain.present.is_true());
    let rehabilitation = case.as_of <= end.plus_months(REHABILITATION_MONTHS);
    let mut actions: SmallVec<[Action; 2]> = SmallVec::new();
    if rehabilitation {
        actions.push(Action::new(ActionCode::Rehabilitation));
    }
    if in_pain {
        actions.push(Action::new(ActionCode::PainTeam));
    }
    if actions.is_empty() {
        if pains.is_empty() {
            return Recommendation::not_applicable(id);
        }
        return Recommendation::undetermined(id, InputSet::one(Input::BonePain));
    }
    let outcome = actions.into_iter().fold(Recommendation::new(id, Status::Consider), Recommendation::with);
    outcome.note(NoteCode::OurTolerance)
}
