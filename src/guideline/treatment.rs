//! R06 to R10, treatment of the solitary plasmacytoma: radiotherapy, two lesions, surgery, no adjuvant therapy.

use super::anchors::plasmacytomas;
use super::case::{Case, Fact, Why};
use super::complications::{Complication, bears_weight};
use super::courses::{Course, Operation};
use super::decision::*;
use super::dose::{DoseJudgement, DoseRanges, fraction_is_outside, target};
use super::facts::{Facts, PlasmacytomaFacts};
use super::standing::agreed;
use super::thresholds::*;
use crate::inputs::words::{ClinicalStatus, Margin, Relapse, Site};
use crate::inputs::{Entry, Input, InputSet, Truth};
use smallvec::SmallVec;

/// The doses that the tumour's compartment and size leave open.
pub(super) fn ranges<'i>(case: &Case<'i>, facts: &PlasmacytomaFacts<'i>, why: &Why) -> DoseRanges {
    let size = facts.timeline.tell(why).newest_baseline(case, Input::TumourLargestDimension);
    DoseRanges::of(case, facts.compartment.tell(why).compartment, size.as_ref())
}

fn is_well_defined<'i>(case: &Case<'i>, facts: &PlasmacytomaFacts<'i>, why: &Why) -> bool {
    case.test_closed(Input::TumourWellDefined);
    let reading = facts.timeline.tell(why).newest_baseline(case, Input::TumourWellDefined);
    reading.is_some_and(|it| it.entries.iter().any(|entry| case.log.flag(entry) == Some(true)))
}

/// The course of these that began last; of several that began together the worst by its dose.
fn newest_course<'a, 'i>(
    courses: impl Iterator<Item = &'a Course<'i>>,
    ranges: &DoseRanges,
    as_of: crate::inputs::Day,
) -> Option<&'a Course<'i>> {
    let badness = |course: &Course<'i>| match ranges.judge(course.dose_gy) {
        _ if course.under_way(as_of) => 0,
        DoseJudgement::InAll => 1,
        DoseJudgement::InSome => 2,
        DoseJudgement::NotSaid => 3,
        DoseJudgement::InNone => 4,
    };
    courses.max_by_key(|course| (course.start(), badness(course)))
}

/// What a curative course comes to: under way, in the doses or not.
fn judge_course<'i>(
    id: RecommendationId,
    case: &Case<'i>,
    ranges: &DoseRanges,
    course: &Course<'i>,
) -> Recommendation<'i> {
    let entries = || course.entries.iter().copied();
    if course.under_way(case.as_of) {
        return Recommendation { under_way: true, ..Recommendation::new(id, Status::Fulfilled) }.shown(entries());
    }
    let outcome = match ranges.judge(course.dose_gy) {
        DoseJudgement::InAll => Recommendation::new(id, Status::Fulfilled),
        DoseJudgement::InSome => {
            Recommendation::new(id, Status::Fulfilled).noting(Note::about(NoteCode::DoseNotInAllRanges, entries()))
        }
        DoseJudgement::InNone => {
            Recommendation::new(id, Status::Deviates).noting(Note::about(NoteCode::DoseOutside, entries()))
        }
        DoseJudgement::NotSaid => Recommendation::undetermined(id, InputSet::one(Input::Radiotherapy)),
    };
    let outcome = if fraction_is_outside(course) {
        outcome.noting(Note::about(NoteCode::FractionOutside, entries()))
    } else {
        outcome
    };
    outcome.cite_if(ranges.five_cm(), Ambiguity::A1).shown(entries())
}

/// Radiotherapy of the tumour (R06, R07, R09, R19) while it is not known whether a treatment of the record was to it
/// (ours): what would else be advised is left open, since it may have been irradiated or removed already.
pub(super) fn left_open<'i>(all: &Facts<'i>, outcome: Recommendation<'i>, why: &Why) -> Recommendation<'i> {
    let unplaced = &all.treatments.tell(why).unplaced;
    let advises = matches!(outcome.status, Status::Recommended | Status::Consider | Status::Undetermined);
    if unplaced.is_empty() || !advises {
        return outcome;
    }
    let asked_for = unplaced.iter().fold(outcome.missing, |missing, entry| missing.and(InputSet::one(entry.input)));
    Recommendation { status: Status::Undetermined, missing: asked_for, ..outcome }
        .noting(Note::about(NoteCode::TreatmentUnplaced, unplaced.iter().copied()))
}

/// R06 (B, should): radiotherapy with curative intent, its dose by compartment and size.
pub(super) fn r06<'i>(
    case: &Case<'i>,
    all: &Facts<'i>,
    facts: &PlasmacytomaFacts<'i>,
    why: &Why,
) -> Recommendation<'i> {
    let id = RecommendationId::R06;
    let standing = facts.standing.tell(why);
    let treatments = all.treatments.tell(why);
    let local = facts.relapse.tell(why).state.value == Relapse::Local;
    let resected = facts.resections(treatments, why).next().is_some();
    if standing.solitary.is_false() || (resected && !local) {
        return Recommendation::not_applicable(id);
    }
    let ranges = ranges(case, facts, why);
    let to_site = |course: &&Course<'i>| facts.course_to_site(course, why);
    let curative = treatments.counted().filter(|course| course.is_curative()).filter(to_site);
    if let Some(course) = newest_course(curative, &ranges, case.as_of) {
        return judge_course(id, case, &ranges, course);
    }
    let missing_course = InputSet::one(Input::Radiotherapy);
    let before = treated_before(all, facts, why);
    if !before.is_empty() {
        return Recommendation::undetermined(id, missing_course)
            .noting(Note::about(NoteCode::TreatedBefore, before.iter().copied()))
            .shown(before);
    }
    let action = || ranges.action(ActionCode::CurativeRadiotherapy, target(facts.compartment.tell(why).site));
    if local {
        return with_dose_words(Recommendation::undetermined(id, InputSet::EMPTY), case, facts, &ranges, why)
            .with(Action { if_confirmed: true, ..action() })
            .note(NoteCode::RelapseWorkupFirst);
    }
    let timeline = facts.timeline.tell(why);
    let under_way_elsewhere = treatments.counted().any(|course| course.is_curative() && course.under_way(case.as_of));
    if timeline.treated || under_way_elsewhere {
        return Recommendation::undetermined(id, missing_course);
    }
    if says_treated_before(case, all, why) {
        return Recommendation::undetermined(id, missing_course).note(NoteCode::TreatedBeforeNotInRecord);
    }
    let outcome = match standing.solitary {
        Truth::True if ranges.several() => {
            Recommendation::undetermined(id, InputSet::one(Input::TumourLargestDimension)).with(action())
        }
        Truth::True => Recommendation::new(id, Status::Recommended).with(action()),
        _ => {
            let row = facts.row.tell(why);
            let mut missing = row.missing_for_solitary();
            if standing.myeloma_suspected && !row.site_settles {
                missing.insert(Input::Diagnosis);
            }
            // A solitary tumour in bone of unknown size would still leave the dose open.
            if ranges.size_is_open() && !row.site_settles {
                missing.insert(Input::TumourLargestDimension);
            }
            let outcome = Recommendation::undetermined(id, missing);
            if standing.working_diagnosis.value == WorkingDiagnosisValue::None {
                return outcome;
            }
            outcome.with(Action { if_confirmed: true, ..action() })
        }
    };
    let begun = treatments.systemic.iter().filter(|therapy| therapy.counts).map(|therapy| therapy.entry);
    let outcome = with_dose_words(outcome, case, facts, &ranges, why);
    let begun: SmallVec<[&Entry; 1]> = begun.collect();
    if begun.is_empty() { outcome } else { outcome.noting(Note::about(NoteCode::SystemicTherapyBegun, begun)) }
}

/// What is said with the dose: ambiguities, 40 Gy in soft tissue, lymph nodes, surgery first.
fn with_dose_words<'i>(
    outcome: Recommendation<'i>,
    case: &Case<'i>,
    facts: &PlasmacytomaFacts<'i>,
    ranges: &DoseRanges,
    why: &Why,
) -> Recommendation<'i> {
    let compartment = facts.compartment.tell(why);
    let extramedullary = compartment.compartment == Compartment::Extramedullary;
    let well_defined = extramedullary && is_well_defined(case, facts, why);
    outcome
        .cite_if(ranges.five_cm(), Ambiguity::A1)
        .cite_if(compartment.compartment != Compartment::Bone, Ambiguity::A7)
        .cite_if(extramedullary, Ambiguity::A8)
        .note_if(well_defined, NoteCode::FortyGyAcceptable)
        .note_if(compartment.site == Some(Site::HeadNeck), NoteCode::ElectiveNodesAtHighRisk)
}

/// Radiotherapy to the site that is no curative course of this disease, and resections before this disease there.
fn treated_before<'i>(all: &Facts<'i>, facts: &PlasmacytomaFacts<'i>, why: &Why) -> SmallVec<[&'i Entry; 2]> {
    let treatments = all.treatments.tell(why);
    let courses = treatments
        .courses
        .iter()
        .filter(|course| !(course.counts && course.is_curative()) && facts.course_to_site(course, why));
    let resections = treatments.operations.iter().filter(|operation| {
        operation.kind == crate::inputs::words::SurgeryKind::Resection
            && !operation.counts
            && operation.day.is_some()
            && facts.operation_to_site(operation, why)
    });
    courses.flat_map(|course| course.entries.iter().copied()).chain(resections.map(|it| it.entry)).collect()
}

/// Whether a relapse is recorded, or the plasmacytoma's clinical status says that it has come back.
fn says_treated_before<'i>(case: &Case<'i>, all: &Facts<'i>, why: &Why) -> bool {
    let recorded = case.all(Input::Relapse);
    let relapsed = recorded.iter().filter(|entry| case.log.relapse(entry) != Some(Relapse::None)).count() > 0;
    let come_back = plasmacytomas(all.diagnoses.tell(why))
        .any(|(_, it)| matches!(it.clinical_status, ClinicalStatus::Recurrence | ClinicalStatus::Relapse));
    relapsed || come_back
}

/// R07 (D, may): two lytic lesions: radiotherapy of both may be considered, if the field stays small enough (A2).
pub(super) fn r07<'i>(all: &Facts<'i>, facts: &PlasmacytomaFacts<'i>, why: &Why) -> Recommendation<'i> {
    let id = RecommendationId::R07;
    if facts.treated(why) || facts.standing.tell(why).has_myeloma() {
        return Recommendation::not_applicable(id);
    }
    let row = facts.row.tell(why);
    if row.result() == ClassificationResult::TwoLesions {
        let treatments = all.treatments.tell(why);
        let irradiated: SmallVec<[&Entry; 2]> = treatments
            .courses
            .iter()
            .filter(|course| facts.course_to_site(course, why))
            .flat_map(|course| course.entries.iter().copied())
            .collect();
        let outcome = if irradiated.is_empty() {
            Recommendation::new(id, Status::Consider)
                .with_code(ActionCode::IrradiateBoth)
                .note(NoteCode::FieldNotTooLarge)
        } else {
            Recommendation::undetermined(id, InputSet::one(Input::Radiotherapy))
                .noting(Note::about(NoteCode::TreatedBefore, irradiated))
        };
        return outcome.cite(Ambiguity::A2);
    }
    if row.is_possible(ClassificationResult::TwoLesions) {
        return Recommendation::left_open(id, row.two_lesions).cite(Ambiguity::A2);
    }
    Recommendation::not_applicable(id)
}

/// Whether surgery can be offered, as said at most 7 days before the newest current cord compression.
pub(super) fn surgical_option<'i>(case: &Case<'i>, all: &Facts<'i>, why: &Why) -> Option<bool> {
    let complications = all.complications.tell(why);
    let treatments = all.treatments.tell(why);
    let cord = complications.current(Input::SpinalCordCompression, treatments).filter_map(|it| it.day).max();
    let recent = case.as_of.plus_days(-CURRENT_DAYS);
    let from = cord.map_or(recent, |cord| recent.max(cord.plus_days(-SURGICAL_OPTION_BEFORE_DAYS)));
    let window = super::case::Window { from: Some(from), to: case.as_of, undated: false };
    agreed(case.newest(Input::SurgicalOption, window), |entry| case.log.flag(entry))
}

/// R08 (C, may): surgery for a threatened spinal cord, or a threatened or actual fracture of a weight-bearing bone
/// (A11, A16).
pub(super) fn r08<'i>(case: &Case<'i>, all: &Facts<'i>, why: &Why) -> Recommendation<'i> {
    let id = RecommendationId::R08;
    let treatments = all.treatments.tell(why);
    let tumour_site = all.tumour_site(why);
    let complications = all.complications.tell(why);
    let treatment = |it: &Complication<'i>| -> SmallVec<[&'i Entry; 4]> {
        let of_other_bone = it.input == Input::Fracture && it.site.or(tumour_site) != Some(Site::Vertebra);
        let operations = treatments.operations.iter().filter(|other| it.is_operated_by(other, OPERATED_BEFORE_DAYS));
        let courses = treatments.courses.iter().filter(|course| !of_other_bone && it.is_treated_by(course));
        let of_courses = courses.flat_map(|course| course.entries.iter().copied());
        operations.map(|operation| operation.entry).chain(of_courses).collect()
    };
    let is_treated = |it: &Complication<'i>| !treatment(it).is_empty();
    let counts = |it: &&Complication<'i>| it.recent && it.input != Input::BonePain && it.present.is_true();
    let weight = |it: &Complication<'i>| match it.input {
        Input::Fracture => bears_weight(it, tumour_site),
        _ => Truth::True,
    };
    let relevant = || complications.all.iter().filter(counts);
    let untreated: SmallVec<[&Complication<'i>; 2]> =
        relevant().filter(|it| weight(it).is_true() && !is_treated(it)).collect();
    let option = surgical_option(case, all, why);
    let is_cord = |it: &&&Complication<'i>| it.input == Input::SpinalCordCompression;
    let is_spine = |it: &&&Complication<'i>| {
        it.input == Input::NeurologicalDeficit && matches!(it.site, None | Some(Site::Vertebra))
    };
    if !untreated.is_empty() {
        let urgent = untreated.iter().any(|it| it.input != Input::Fracture);
        let cord = untreated.iter().any(|it| is_cord(&it) || is_spine(&it));
        let mut actions: SmallVec<[Action; 3]> = SmallVec::new();
        if option != Some(false) {
            actions.push(Action::new(ActionCode::SurgeryAssessment));
        }
        if cord {
            actions.push(Action::new(ActionCode::ContactOncologistOnCall));
            actions
                .push(Action { strength: Some(Strength::Should), ..Action::new(ActionCode::HighDoseCorticosteroid) });
        }
        if actions.is_empty() {
            return Recommendation::not_applicable(id);
        }
        let outcome = actions
            .into_iter()
            .map(|action| Action { urgent, ..action })
            .fold(Recommendation::new(id, Status::Consider), Recommendation::with);
        return outcome
            .cite_if(untreated.iter().any(|it| it.is_established_cord()), Ambiguity::A11)
            .cite_if(untreated.iter().any(|it| it.is_threatened_fracture()), Ambiguity::A16)
            .cite_if(cord, Ambiguity::A17)
            .note_if(cord, NoteCode::AcuteCareFromMyeloma)
            .shown(untreated.iter().flat_map(|it| it.entries.iter().copied()));
    }
    let unknown = relevant().find(|it| weight(it).is_unknown() && !is_treated(it));
    if let Some(unknown) = unknown.filter(|_| option != Some(false)) {
        let missing = if unknown.site.or(tumour_site).is_none() { Input::TumourSite } else { Input::Fracture };
        return Recommendation::undetermined(id, InputSet::one(missing))
            .cite_if(unknown.is_threatened_fracture(), Ambiguity::A16)
            .shown(unknown.entries.iter().copied());
    }
    let treated = relevant().find(|it| !weight(it).is_false() && is_treated(it));
    let Some(treated) = treated else {
        // The other reading of R08 would count a threatened fracture of a bone that bears no weight.
        let other_reading = relevant().any(|it| it.is_threatened_fracture() && weight(it).is_false());
        return Recommendation::not_applicable(id).cite_if(other_reading, Ambiguity::A16);
    };
    Recommendation::new(id, Status::Fulfilled)
        .cite_if(treated.is_established_cord(), Ambiguity::A11)
        .cite_if(treated.is_threatened_fracture(), Ambiguity::A16)
        .shown(treated.entries.iter().copied().chain(treatment(treated)))
}

fn margin_rank(margin: Margin) -> u8 {
    match margin {
        Margin::R0 => 0,
        Margin::Unknown => 1,
        Margin::R1 => 2,
        Margin::R2 => 3,
    }
}

/// R09 (D, may): radiotherapy after incomplete removal (A15).
pub(super) fn r09<'i>(
    case: &Case<'i>,
    all: &Facts<'i>,
    facts: &PlasmacytomaFacts<'i>,
    is_myeloma: &Fact<bool>,
    why: &Why,
) -> Recommendation<'i> {
    let id = RecommendationId::R09;
    let standing = facts.standing.tell(why);
    let treatments = all.treatments.tell(why);
    let relapsed = !matches!(facts.relapse.tell(why).state.value, Relapse::None | Relapse::Treated);
    let newest = facts.resections(treatments, why).max_by_key(|it| (it.day, margin_rank(it.margin)));
    let Some(resection) = newest.filter(|_| !standing.solitary.is_false() && !is_myeloma.tell(why) && !relapsed) else {
        return Recommendation::not_applicable(id);
    };
    let ranges = ranges(case, facts, why);
    let after = |course: &&Course<'i>| resection.day.is_none_or(|day| course.starts.iter().any(|start| *start >= day));
    let to_site = |course: &&Course<'i>| facts.course_to_site(course, why);
    let is_curative = |course: &&Course<'i>| course.is_curative() && course.counts;
    let curative = treatments.courses.iter().filter(is_curative).filter(after).filter(to_site);
    if let Some(course) = newest_course(curative, &ranges, case.as_of) {
        return judge_course(id, case, &ranges, course);
    }
    if resection.margin == Margin::R0 {
        return Recommendation::not_applicable(id).note(NoteCode::EvidenceLackingAfterR0);
    }
    let irradiated: SmallVec<[&Entry; 2]> =
        treatments.courses.iter().filter(to_site).flat_map(|course| course.entries.iter().copied()).collect();
    if !irradiated.is_empty() {
        return Recommendation::undetermined(id, InputSet::one(Input::Radiotherapy))
            .noting(Note::about(NoteCode::TreatedBefore, irradiated))
            .cite(Ambiguity::A15);
    }
    let in_time = |it: &Operation<'i>| it.day.is_some_and(|day| case.as_of <= day.plus_months(AFTER_RESECTION_MONTHS));
    if !in_time(resection) {
        return Recommendation::undetermined(id, InputSet::one(Input::Radiotherapy))
            .noting(Note::about(NoteCode::LongSinceResection, [resection.entry]))
            .cite(Ambiguity::A15);
    }
    let outcome = if resection.margin == Margin::Unknown {
        Recommendation::undetermined(id, InputSet::one(Input::Surgery)).note(NoteCode::MarginUnknown)
    } else {
        Recommendation::new(id, Status::Consider)
    };
    let extramedullary = facts.compartment.tell(why).compartment == Compartment::Extramedullary;
    let action = ranges.action(ActionCode::PostoperativeRadiotherapy, None);
    outcome
        .with(Action { if_confirmed: standing.solitary.is_unknown(), ..action })
        .cite(Ambiguity::A15)
        .cite_if(ranges.five_cm(), Ambiguity::A1)
        .cite_if(facts.compartment.tell(why).compartment != Compartment::Bone, Ambiguity::A7)
        .note_if(extramedullary, NoteCode::FortyGyAcceptable)
        .note(NoteCode::CoverOperatedSoftTissue)
        .note_if(resection.osteosynthesis, NoteCode::ConsiderImplants)
        .shown([resection.entry])
}

/// R10 (C): there is no evidence for adjuvant systemic therapy.
pub(super) fn r10<'i>(
    case: &Case<'i>,
    all: &Facts<'i>,
    facts: &PlasmacytomaFacts<'i>,
    r21: &Recommendation<'i>,
    why: &Why,
) -> Recommendation<'i> {
    let id = RecommendationId::R10;
    let relapsed = !matches!(facts.relapse.tell(why).state.value, Relapse::None | Relapse::Treated);
    if relapsed || r21.status == Status::Recommended {
        return Recommendation::not_applicable(id);
    }
    let standing = facts.standing.tell(why);
    let row = facts.row.tell(why);
    let timeline = facts.timeline.tell(why);
    let solitary_open = timeline.treated_on().is_none() && standing.solitary.is_unknown();
    if r21.status == Status::Undetermined || solitary_open {
        // Either alone would leave it open, so what settles the one is not enough for the other.
        let by_row = if solitary_open { row.missing_for_solitary() } else { InputSet::EMPTY };
        let missing = r21.missing.and(by_row);
        // Where the site alone makes it a myeloma that is treated, a suspected smouldering one decides nothing here.
        let only_site = solitary_open && row.site_is_myeloma() && !standing.active_myeloma_suspected;
        let missing = if only_site { missing.without(InputSet::one(Input::Diagnosis)) } else { missing };
        return Recommendation::undetermined(id, missing);
    }
    let advised = match timeline.treated_on() {
        None => standing.solitary.is_true(),
        Some(end) => case.as_of <= end.plus_months(ADJUVANT_MONTHS) && !row.is_not_solitary(),
    };
    if !advised {
        return Recommendation::not_applicable(id);
    }
    let given = all.treatments.tell(why).systemic.iter().filter(|therapy| therapy.counts).map(|therapy| therapy.entry);
    let given: SmallVec<[&Entry; 1]> = given.collect();
    let outcome = Recommendation::new(id, Status::AdviseAgainst).with_code(ActionCode::NoAdjuvantSystemicTherapy);
    if given.is_empty() { outcome } else { outcome.noting(Note::about(NoteCode::GivenAllTheSame, given)) }
}
