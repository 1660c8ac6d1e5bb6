//! The whole decision: scope, facts, the 21 in an order in which none waits for another, prognosis, notes.

use super::case::{Case, Fact, Why};
use super::decision::*;
use super::facts::{Facts, PlasmacytomaFacts};
use super::palliation::Palliation;
use super::{diagnosis, follow_up, prognosis, relapse, treatment};
use crate::inputs::words::Relapse;
use crate::inputs::{Aside, Day, Entry, Input, Inputs};
use smallvec::SmallVec;

/// Decides what the guideline says of these inputs on a day. Nothing after that day counts.
pub fn decide<'i>(inputs: &'i Inputs, as_of: Day) -> Decision<'i> {
    let case = Case::new(inputs, as_of);
    let outcome = Facts::of(&case).map(|facts| outcomes(&case, &facts));
    let (looks, spans, not_recorded) = case.finish();
    let outcome = outcome.map(|outcome| Outcomes { not_recorded, ..outcome });
    Decision { patient: inputs.patient(), as_of, outcome, looks, spans }
}

/// A recommendation with the reasons that its rule used.
fn rule<'i>(case: &Case<'i>, work: impl FnOnce(&Why) -> Recommendation<'i>) -> Recommendation<'i> {
    settled(case.fact(work))
}

/// A recommendation that others rest on, opened at last.
fn settled<'i>(outcome: Fact<Recommendation<'i>>) -> Recommendation<'i> {
    let (outcome, reasons) = outcome.into_parts();
    Recommendation { reasons, ..outcome }
}

fn outcomes<'i>(case: &Case<'i>, facts: &Facts<'i>) -> Outcomes<'i> {
    let mut prognosis = None;
    let mut recommendations = match &facts.plasmacytoma {
        Some(plasmacytoma) => {
            let (recommendations, of_it) = of_plasmacytoma(case, facts, plasmacytoma);
            prognosis = of_it;
            recommendations
        }
        None => of_myeloma_alone(),
    };
    recommendations.extend(palliation(case, facts));
    recommendations.sort_by_key(|recommendation| recommendation.id);
    Outcomes {
        plasmacytoma: facts.plasmacytoma.as_ref().map(|it| plasmacytoma(facts, it)),
        recommendations,
        prognosis,
        conflicts: relapse::conflicts(case),
        not_recorded: crate::inputs::InputSet::EMPTY,
        notes: notes(case, facts),
    }
}

/// R01 to R10 and R15 to R21 of a plasmacytoma, and its prognosis.
fn of_plasmacytoma<'i>(
    case: &Case<'i>,
    all: &Facts<'i>,
    facts: &PlasmacytomaFacts<'i>,
) -> (Vec<Recommendation<'i>>, Option<Prognosis>) {
    let r21 = case.fact(|why| relapse::r21(all, facts, why));
    let is_myeloma = &case.fact(|why| r21.tell(why).status == Status::Recommended);
    let r18 = case.fact(|why| relapse::r18(case, all, facts, why));
    let factors = case.fact(|why| prognosis::factors(case, facts, why));
    let r10 = rule(case, |why| treatment::r10(case, all, facts, r21.tell(why), why));
    let r19 = rule(case, |why| treatment::left_open(all, relapse::r19(case, all, facts, &r18, is_myeloma, why), why));
    let over = matches!(r18.printed().status, Status::Recommended | Status::Fulfilled) || *is_myeloma.printed();
    let prognosis = prognosis::prognosis(case.as_of, facts, factors.printed(), over, &Why::default());
    let mut recommendations = Vec::with_capacity(21);
    recommendations.extend([
        rule(case, |why| diagnosis::r01(case, facts, why)),
        rule(case, |why| diagnosis::r02(case, facts, why)),
        rule(case, |why| diagnosis::r03(case, facts, why)),
        rule(case, |why| diagnosis::r04(case, facts, why)),
        rule(case, |why| prognosis::r05(facts, factors.tell(why), why)),
        rule(case, |why| treatment::left_open(all, treatment::r06(case, all, facts, why), why)),
        rule(case, |why| treatment::left_open(all, treatment::r07(all, facts, why), why)),
        rule(case, |why| treatment::r08(case, all, why)),
        rule(case, |why| treatment::left_open(all, treatment::r09(case, all, facts, is_myeloma, why), why)),
        r10,
        rule(case, |why| follow_up::r15(case, all, facts, is_myeloma, why)),
        rule(case, |why| follow_up::r16(case, facts, factors.tell(why), is_myeloma, why)),
        rule(case, |why| follow_up::r17(case, all, facts, why)),
        settled(r18),
        r19,
        rule(case, |why| relapse::r20(all, facts, is_myeloma, why)),
        settled(r21),
    ]);
    (recommendations, prognosis)
}

/// Of myeloma without a plasmacytoma these 17 say nothing.
fn of_myeloma_alone<'i>() -> Vec<Recommendation<'i>> {
    use RecommendationId::{R11, R12, R13, R14};
    let others = RecommendationId::ALL.iter().filter(|id| !matches!(id, R11 | R12 | R13 | R14));
    others.map(|id| Recommendation::not_applicable(*id)).collect()
}

/// R11 to R14: each by itself, then with what they share.
fn palliation<'i>(case: &Case<'i>, facts: &Facts<'i>) -> [Recommendation<'i>; 4] {
    let r11 = case.fact(|why| Palliation { case, facts, why }.r11());
    let r12 = case.fact(|why| Palliation { case, facts, why }.r12());
    let r13 = case.fact(|why| Palliation { case, facts, why }.r13());
    let reirradiation = case.fact(|why| Palliation { case, facts, why }.reirradiation(r11.tell(why)));
    let r14 = case
        .fact(|why| Palliation { case, facts, why }.r14(r11.tell(why), r12.tell(why), r13.tell(why), &reirradiation));
    [r11, r12, r13, r14].map(|outcome| {
        rule(case, |why| Palliation { case, facts, why }.finish(outcome.tell(why).clone(), &reirradiation))
    })
}

fn plasmacytoma<'i>(all: &Facts<'i>, facts: &PlasmacytomaFacts<'i>) -> Plasmacytoma<'i> {
    let standing = facts.standing.printed();
    let events_after = facts.events_after.printed().as_ref().map(|events| {
        let [a, b, c, d, e, f, g, _] = events.states();
        [a, b, c, d, e, f, g]
    });
    Plasmacytoma {
        compartment: facts.compartment.printed().compartment,
        marrow: facts.marrow.printed().marrow,
        anchors: facts.timeline.printed().anchors,
        relapse: facts.relapse.printed().state,
        events: facts.events.printed().states(),
        events_after_treatment: events_after,
        classification: facts.row.printed().classification.clone(),
        solitary: standing.solitary,
        working_diagnosis: standing.working_diagnosis,
        site: facts.compartment.printed().site,
        diagnoses: super::anchors::plasmacytomas(all.diagnoses.printed()).map(|(entry, _)| entry).collect(),
    }
}

/// What a reader must know first: contradictions, rows that Table 1 does not have, events without attribution, and then
/// what was assumed or left aside.
fn notes<'i>(case: &Case<'i>, all: &Facts<'i>) -> Vec<Note<'i>> {
    let mut notes = Vec::new();
    if let Some(facts) = &all.plasmacytoma {
        let standing = facts.standing.printed();
        if standing.working_diagnosis.contradicted {
            notes.push(Note::about(NoteCode::DiagnosisContradicted, standing.myelomas.iter().map(|(entry, _)| *entry)));
        }
        let result = facts.row.printed().result();
        if matches!(result, ClassificationResult::TwoLesions | ClassificationResult::FitsNoRow) {
            notes.push(Note::new(NoteCode::NoRowInTable1));
        }
        if !standing.overtaken.is_empty() {
            notes.push(Note::about(NoteCode::WorkingCodeOvertaken, standing.overtaken.iter().copied()));
        }
        let unattributed = unattributed(facts);
        if !unattributed.is_empty() {
            notes.push(Note { events: unattributed, ..Note::new(NoteCode::EventUnattributed) });
        }
        if facts.compartment.printed().conflict {
            notes.push(Note::new(NoteCode::CompartmentConflict));
        }
        if facts.lesions.printed().contradicts {
            notes.push(Note::new(NoteCode::LesionCountContradicts));
        }
        let marrow = facts.marrow.printed();
        if marrow.plain_may_be_10 && !marrow.has_percent {
            notes.push(Note::new(NoteCode::ClonalityUnstated));
        }
        let timeline = facts.timeline.printed();
        if timeline.treated && timeline.palliative_only {
            notes.push(Note::new(NoteCode::PalliativeDoseOnly));
        }
    }
    let (unplaced, of_other): (SmallVec<[&Aside; 1]>, SmallVec<[&Aside; 1]>) =
        case.set_aside().partition(|aside| aside.may_be_of_this_disease());
    for (code, aside) in [(NoteCode::TreatmentUnplaced, unplaced), (NoteCode::OtherDiseaseTreatment, of_other)] {
        if !aside.is_empty() {
            notes.push(Note::about(code, aside.iter().map(|aside| &aside.entry)));
        }
    }
    notes.extend(treatment_notes(case, all));
    notes
}

fn unattributed(facts: &PlasmacytomaFacts<'_>) -> SmallVec<[Event; 1]> {
    let at_baseline = facts.events.printed().findings.iter();
    let after = facts.events_after.printed().as_ref().map(|events| events.findings.iter());
    let mut events = SmallVec::new();
    for findings in [Some(at_baseline), after].into_iter().flatten() {
        for (event, _) in Event::ALL.iter().zip(findings).filter(|(_, it)| it.state == EventState::Unattributed) {
            if !events.contains(event) {
                events.push(*event);
            }
        }
    }
    events
}

fn treatment_notes<'i>(case: &Case<'i>, all: &Facts<'i>) -> Vec<Note<'i>> {
    let mut notes = Vec::new();
    let treatments = all.treatments.printed();
    let earlier = treatments.courses.iter().filter(|course| !course.counts);
    let earlier = earlier.flat_map(|course| course.entries.iter().copied());
    let operations = treatments.operations.iter().filter(|it| !it.counts).map(|it| it.entry);
    let systemic = treatments.systemic.iter().filter(|it| !it.counts).map(|it| it.entry);
    let earlier: SmallVec<_> = earlier.chain(operations).chain(systemic).collect();
    if all.plasmacytoma.is_some() && !earlier.is_empty() {
        notes.push(Note { entries: earlier, ..Note::new(NoteCode::EarlierTreatment) });
    }
    for course in treatments.courses.iter().filter(|course| course.end_is_assumed(case.as_of)) {
        let note = Note::about(NoteCode::CourseCountedAsEnded, course.entries.iter().copied());
        notes.push(Note { date: course.ended(case.as_of), ..note });
    }
    for complication in all.complications.printed().not_current() {
        let note = Note::about(NoteCode::NotCurrent, complication.entries.iter().copied());
        notes.push(Note { date: complication.day, ..note });
    }
    let undated = undated(case);
    if !undated.is_empty() {
        notes.push(Note::about(NoteCode::NotCurrent, undated));
    }
    notes
}

/// What else is recorded without a date alone, so that it is never current or after treatment: a relapse, and what is
/// said of a palliative target.
fn undated<'i>(case: &Case<'i>) -> SmallVec<[&'i Entry; 1]> {
    use Input::{CriticalTissueInField, PalliativeTargetLarge, Reirradiation};
    let newest =
        |input: Input| case.latest(input).filter(|it| it.time().is_none()).map(|it| it.entries).unwrap_or_default();
    let relapses = newest(Input::Relapse).into_iter().filter(|entry| case.log.relapse(entry) != Some(Relapse::None));
    let flags = [PalliativeTargetLarge, CriticalTissueInField, Reirradiation].into_iter().flat_map(newest);
    relapses.chain(flags.filter(|entry| case.log.flag(entry) == Some(true))).collect()
}
