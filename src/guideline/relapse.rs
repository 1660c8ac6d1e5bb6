//! R18 to R21, relapse and progression: work-up, a new site, a local relapse, myeloma.

use super::case::{Case, Fact, Why, Window};
use super::courses::Course;
use super::decision::*;
use super::diagnosis::{is_there, missing_of_screen, percent_is_needed};
use super::dose::{DoseRanges, target};
use super::facts::{Facts, PlasmacytomaFacts};
use super::findings::{CompartmentFinding, MarrowFinding, clonal_biopsy};
use super::standing::agreed;
use super::thresholds::*;
use crate::inputs::words::{LifeExpectancy, Relapse, Site};
use crate::inputs::{Agreement, Day, Entry, Input, InputSet, Truth};
use smallvec::SmallVec;
use std::collections::BTreeMap;

/// The window in which a relapse is worked up: from 90 days before it, but not before the day after treatment.
fn work_up_window<'i>(case: &Case<'i>, facts: &PlasmacytomaFacts<'i>, why: &Why) -> Option<Window> {
    let end = facts.timeline.tell(why).treated_on()?;
    let date = facts.relapse.tell(why).state.date?;
    let from = date.plus_days(-RELAPSE_WORKUP_DAYS).max(end.plus_days(1));
    Some(Window { from: Some(from), to: case.as_of, undated: false })
}

/// R18 (A, must): a suspected relapse is worked up as at diagnosis.
pub(super) fn r18<'i>(
    case: &Case<'i>,
    all: &Facts<'i>,
    facts: &PlasmacytomaFacts<'i>,
    why: &Why,
) -> Recommendation<'i> {
    let id = RecommendationId::R18;
    let relapse = facts.relapse.tell(why).state.value;
    let relapsed = matches!(relapse, Relapse::Suspected | Relapse::Local | Relapse::NewSite);
    let Some(window) = work_up_window(case, facts, why).filter(|_| relapsed && !*all.active_myeloma.tell(why)) else {
        return Recommendation::not_applicable(id);
    };
    let entries = |input: Input| case.window(input, window);
    let has = |input: Input| is_there(case, input, &entries(input));
    let stated = entries(Input::TumourBiopsyClonalPlasmaCells);
    let (biopsy, _) = clonal_biopsy(case, &stated, |input| case.newest(input, window));
    let marrow = MarrowFinding::in_window(case, window);
    let imaged = entries(Input::Imaging)
        .iter()
        .filter(|entry| case.log.modality(entry).is_some_and(|modality| modality.is_guideline_technique()))
        .count()
        > 0;
    let needs = [
        (!biopsy.is_unknown(), Input::TumourBiopsyClonalPlasmaCells),
        (imaged, Input::Imaging),
        (has(Input::MarrowAspirate), Input::MarrowAspirate),
        (has(Input::MarrowBiopsy), Input::MarrowBiopsy),
        (marrow.flow.is_some(), Input::MarrowFlowClonalPlasmaCells),
        (
            marrow.has_percent || !percent_is_needed(marrow.flow, marrow.plain_below_10),
            Input::MarrowClonalPlasmaCellPercent,
        ),
    ];
    let mut missing: SmallVec<[Input; 8]> = needs.iter().filter(|(has, _)| !has).map(|(_, input)| *input).collect();
    missing.extend(missing_of_screen(case, entries));
    if missing.is_empty() {
        let shown = [Input::TumourBiopsyClonalPlasmaCells, Input::Imaging, Input::MarrowAspirate, Input::MarrowBiopsy];
        return Recommendation::new(id, Status::Fulfilled).shown(shown.into_iter().flat_map(entries));
    }
    let short = agreed(case.latest(Input::LifeExpectancy), |entry| case.log.life_expectancy(entry))
        == Some(LifeExpectancy::Short);
    Recommendation::new(id, Status::Recommended)
        .with(Action {
            inputs: missing,
            strength: short.then_some(Strength::May),
            ..Action::new(ActionCode::RepeatWorkup)
        })
        .note_if(short, NoteCode::ShortLifeExpectancy)
}

/// The site of the relapse: as recorded in the window, else of the further plasmacytomas; nothing if they disagree.
fn new_site<'i>(case: &Case<'i>, facts: &PlasmacytomaFacts<'i>, window: Window, why: &Why) -> Option<Site> {
    if let Some(reading) = case.newest(Input::TumourSite, window) {
        return super::anchors::site_of(case, &reading);
    }
    let in_window = |day: &Day| window.has(Some(*day));
    let further = &facts.relapse.tell(why).further;
    let mut sites = further.iter().filter(|(day, _)| in_window(day)).filter_map(|(_, site)| *site);
    let first = sites.next()?;
    sites.all(|site| site == first).then_some(first)
}

/// R19 (A, may): disease that is still localised and at a new site may be irradiated with curative intent again.
pub(super) fn r19<'i>(
    case: &Case<'i>,
    all: &Facts<'i>,
    facts: &PlasmacytomaFacts<'i>,
    r18: &Fact<Recommendation<'i>>,
    is_myeloma: &Fact<bool>,
    why: &Why,
) -> Recommendation<'i> {
    let id = RecommendationId::R19;
    let relapse = facts.relapse.tell(why).state;
    let applies = relapse.value == Relapse::NewSite && !is_myeloma.tell(why) && !*all.active_myeloma.tell(why);
    let Some(window) = work_up_window(case, facts, why).filter(|_| applies) else {
        return Recommendation::not_applicable(id);
    };
    let marrow = MarrowFinding::in_window(case, window);
    let count = case.newest(Input::NewLesionCount, window);
    let ask = |limit| {
        count.as_ref().map_or(Truth::Unknown, |count| case.log.answer(count, |entry| case.log.above(entry, limit)))
    };
    let (any, several) = (ask(NO_LESION), ask(ONE_LESION));
    let clonal_ten = !marrow.positive_10.is_empty();
    if clonal_ten || several.is_true() {
        return Recommendation::not_applicable(id);
    }
    let site = new_site(case, facts, window, why);
    let irradiated = irradiated_there(all, facts, site, relapse.date, why);
    let entries = || irradiated.iter().flat_map(|course| course.entries.iter().copied());
    // Radiotherapy that was given there cannot be undone: only the conference decides. Where the one site or the other
    // is not said, it may have been elsewhere.
    let surely_there = irradiated.iter().any(|course| course.site.is_some() && site.is_some());
    let mut missing = InputSet::EMPTY;
    if surely_there {
        return Recommendation::undetermined(id, missing).noting(Note::about(NoteCode::TreatedBefore, entries()));
    }
    if !irradiated.is_empty() && site.is_none() {
        missing.insert(Input::TumourSite);
    }
    if irradiated.iter().any(|course| course.site.is_none()) {
        missing.insert(Input::Radiotherapy);
    }
    let r18 = r18.tell(why);
    if r18.status != Status::Fulfilled {
        for action in &r18.actions {
            action.inputs.iter().for_each(|input| missing.insert(*input));
        }
    }
    let events = facts.events_after.tell(why).as_ref();
    let no_event = events.is_some_and(|events| events.any_event().is_false());
    // One new lesion is no event and more than one ends this recommendation, so it does not matter whether it is lytic.
    missing = missing.and(events.map_or(InputSet::EMPTY, |events| events.any_but_bone().missing));
    let localised = any.is_true() && several.is_false();
    if !localised {
        missing.insert(Input::NewLesionCount);
    }
    let below_10 = if marrow.has_percent {
        marrow.involved_10.is_false()
    } else {
        marrow.flow == Some(Truth::False) && !marrow.plain_may_be_10
    };
    if !below_10 {
        missing = missing.and(marrow.involved_10.missing);
    }
    let compartment = CompartmentFinding::of_site(site);
    let ranges =
        DoseRanges::of(case, compartment.compartment, case.newest(Input::TumourLargestDimension, window).as_ref());
    if ranges.several() && ranges.size_is_open() {
        missing.insert(Input::TumourLargestDimension);
    }
    if ranges.several() && site.is_none() {
        missing.insert(Input::TumourSite);
    }
    if !irradiated.is_empty() {
        return Recommendation::undetermined(id, missing).noting(Note::about(NoteCode::TreatedBefore, entries()));
    }
    if r18.status != Status::Fulfilled || !no_event || !localised || !below_10 {
        return Recommendation::undetermined(id, missing);
    }
    let action = ranges.action(ActionCode::CurativeRadiotherapy, target(site));
    let outcome = if ranges.several() {
        Recommendation::undetermined(id, missing)
    } else {
        Recommendation::new(id, Status::Consider)
    };
    outcome
        .with(action)
        .cite_if(ranges.five_cm(), Ambiguity::A1)
        .cite_if(compartment.compartment != Compartment::Bone, Ambiguity::A7)
}

/// Radiotherapy to the site of a relapse elsewhere; a course without a site that counts for the first tumour is not.
fn irradiated_there<'a, 'i>(
    all: &'a Facts<'i>,
    facts: &PlasmacytomaFacts<'i>,
    site: Option<Site>,
    relapsed: Option<Day>,
    why: &Why,
) -> SmallVec<[&'a Course<'i>; 2]> {
    let courses = all.treatments.tell(why).courses.iter().filter(|course| match (course.site, site) {
        (Some(course), Some(site)) => course == site,
        (Some(_), None) => true,
        (None, _) => !facts.course_to_site(course, why) && super::courses::is_to(None, course.start(), site, relapsed),
    });
    courses.collect()
}

/// R20 (D): a local relapse after curative radiotherapy cannot be irradiated so again; the alternatives.
pub(super) fn r20<'i>(
    all: &Facts<'i>,
    facts: &PlasmacytomaFacts<'i>,
    is_myeloma: &Fact<bool>,
    why: &Why,
) -> Recommendation<'i> {
    let id = RecommendationId::R20;
    let relapse = facts.relapse.tell(why).state;
    let irradiated: SmallVec<[&Entry; 2]> = all
        .treatments
        .tell(why)
        .courses
        .iter()
        .filter(|course| !course.is_palliative() && facts.course_to_site(course, why))
        .filter(|course| course.start().is_none_or(|start| relapse.date.is_some_and(|date| start < date)))
        .flat_map(|course| course.entries.iter().copied())
        .collect();
    if relapse.value != Relapse::Local || *is_myeloma.tell(why) || !facts.treated(why) || irradiated.is_empty() {
        return Recommendation::not_applicable(id);
    }
    let alternatives = [ActionCode::Surgery, ActionCode::Cryoablation, ActionCode::SystemicTherapy];
    let alternatives = alternatives.map(|code| Action { strength: Some(Strength::May), ..Action::new(code) });
    let outcome = Recommendation::new(id, Status::AdviseAgainst).with_code(ActionCode::NoRepeatCurativeRadiotherapy);
    alternatives.into_iter().fold(outcome, Recommendation::with).shown(irradiated)
}

/// R21 (A, must): progression to myeloma is treated by the guidelines for myeloma; what only the conference can settle
/// (A2, A6).
pub(super) fn r21<'i>(all: &Facts<'i>, facts: &PlasmacytomaFacts<'i>, why: &Why) -> Recommendation<'i> {
    let id = RecommendationId::R21;
    let standing = facts.standing.tell(why);
    let row = facts.row.tell(why);
    let events = facts.events.tell(why);
    let after = facts.events_after.tell(why).as_ref();
    let by_limits = |outcome: Recommendation<'i>| {
        let found = |wanted: &[Event]| {
            let states =
                wanted.iter().flat_map(|event| [Some(events), after].map(|it| it.map(|it| it.get(*event).state)));
            states.flatten().any(|state| matches!(state, EventState::True | EventState::Unattributed))
        };
        outcome
            .cite_if(found(&[Event::Hypercalcaemia, Event::Renal, Event::Anaemia]), Ambiguity::A4)
            .cite_if(found(&[Event::UrineMProtein]), Ambiguity::A10)
    };
    let event_now = events.any_event().is_true();
    let event_after = after.map_or(Truth::False, |after| after.any_event().truth);
    let treated = facts.treated(why);
    let on_therapy = treated && systemic_begun(all, facts, why);

    let myeloma = standing.active_myeloma().any(|it| !it.shared_with_smouldering || event_now || event_after.is_true());
    let by_row = row.result() == ClassificationResult::MyelomaRequiringTreatment && !on_therapy;
    if myeloma || by_row || event_after.is_true() {
        let recurrent =
            standing.active_myeloma().any(|it| it.clinical_status != crate::inputs::words::ClinicalStatus::Active);
        let was_treated = all.treatments.tell(why).systemic.iter().any(|therapy| therapy.counts);
        let outcome = Recommendation::new(id, Status::Recommended)
            .with_code(ActionCode::MyelomaGuideline)
            .note(NoteCode::CandidateOrNot)
            .note_if(recurrent || was_treated, NoteCode::ForNewlyDiagnosed)
            .shown(standing.myelomas.iter().map(|(entry, _)| *entry));
        return by_limits(outcome);
    }
    let two = !treated && row.result() == ClassificationResult::TwoLesions;
    let by_marrow = row.result() == ClassificationResult::MyelomaByMarrow && !on_therapy;
    let marrow_after = facts.marrow_after.tell(why).as_ref();
    let ten_after = marrow_after.is_some_and(|marrow| !marrow.positive_10.is_empty());
    if standing.has_myeloma() || two || by_marrow || ten_after {
        let missing = if by_marrow { row.requires_treatment.missing } else { InputSet::EMPTY };
        let mut outcome = Recommendation::undetermined(id, missing)
            .with_code(ActionCode::ConferenceDecides)
            .cite_if(two, Ambiguity::A2)
            .cite_if(by_marrow || ten_after, Ambiguity::A6)
            .shown(standing.myelomas.iter().map(|(entry, _)| *entry));
        if by_marrow && !missing.is_empty() {
            outcome = outcome.noting(Note { inputs: missing, ..Note::new(NoteCode::UnknownEvents) });
        }
        return by_limits(outcome);
    }
    let mut missing = InputSet::EMPTY;
    let unattributed = after.is_some_and(|after| after.findings.iter().any(|it| it.state == EventState::Unattributed));
    if unattributed {
        missing.insert(Input::EventAttribution);
    }
    let ten_open = marrow_after.is_some_and(|marrow| marrow.has_percent && marrow.involved_10.is_unknown());
    if ten_open {
        missing.insert(Input::MarrowClonalPlasmaCellPercent);
    }
    if standing.myeloma_suspected {
        missing.insert(Input::Diagnosis);
    }
    let row_3_open = !treated && row.is_possible(ClassificationResult::MyelomaRequiringTreatment);
    if row_3_open {
        missing = missing.and(row.requires_treatment.missing);
    }
    if unattributed || ten_open || standing.myeloma_suspected || row_3_open {
        return by_limits(Recommendation::undetermined(id, missing));
    }
    Recommendation::not_applicable(id)
}

/// Whether systemic therapy has begun on or after the start of treatment.
fn systemic_begun<'i>(all: &Facts<'i>, facts: &PlasmacytomaFacts<'i>, why: &Why) -> bool {
    let start = facts.timeline.tell(why).anchors.treatment_start;
    let mut systemic = all.treatments.tell(why).systemic.iter();
    systemic.any(|therapy| therapy.start.zip(start).is_some_and(|(began, start)| began >= start))
}

/// Entries of one input and time that disagree, wherever they lie; adjudicated ones end others.
pub(super) fn conflicts<'i>(case: &Case<'i>) -> Vec<Conflict<'i>> {
    let mut conflicts = Vec::new();
    for input in Input::ALL {
        let entries = case.inputs.of(*input);
        if entries.len() > 1 {
            conflicts_of(case, *input, &mut conflicts);
        }
    }
    conflicts
}

fn conflicts_of<'i>(case: &Case<'i>, input: Input, conflicts: &mut Vec<Conflict<'i>>) {
    let comparable =
        !matches!(input.kind(), crate::inputs::Kind::Event) || matches!(input, Input::Fish | Input::EventAttribution);
    if !comparable {
        return;
    }
    let mut groups: Vec<SmallVec<[&'i Entry; 2]>> = Vec::new();
    let mut places = BTreeMap::new();
    for entry in case.all(input) {
        let place = *places.entry(entry.subject()).or_insert_with(|| {
            groups.push(SmallVec::new());
            groups.len() - 1
        });
        groups.get_mut(place).into_iter().for_each(|group| group.push(entry));
    }
    for group in groups {
        let reading = crate::inputs::Reading::of(group);
        // M-protein of 5 g/L that is also said to be present: alike, and no conflict.
        let alike = match reading.agreement {
            Agreement::Agree => true,
            Agreement::NumberAndBool if input == Input::SerumMProtein => {
                reading.number_and_bool_are_alike(|number| number.above(M_PROTEIN_PRESENT.value), Truth::True)
            }
            // 150 mg/24 h that are also said to be absent: alike too; that it is present says no amount.
            Agreement::NumberAndBool if input == Input::UrineMProtein => {
                reading.number_and_bool_are_alike(|number| number.at_least(URINE_M_PROTEIN.value), Truth::Unknown)
            }
            Agreement::NumberAndBool | Agreement::Between | Agreement::Disagree => false,
        };
        if !alike {
            conflicts.push(Conflict { input, entries: reading.entries });
        }
    }
}
