//! A decision as a CarePlan: a draft that proposes, one activity a recommendation that says something.

use super::codes::{self, CARE_PLAN_PROFILE, IDENTIFIER, ResourceKind, extension, part};
use super::wording::{Language, words};
use super::{fingerprint, narrative, phrases, sources};
use crate::digest::hexadecimal;
use crate::fhir::resources::{Activity, ActivityStatus, Days, Extra, Frame, Plan, PlanStatus, Said};
use crate::guideline::{Action, Amount, Decision, Due, Note, Outcomes, Recommendation, Status};
use crate::inputs::Day;
use sha2::{Digest, Sha256};

/// The CarePlan of a patient in scope, decided for a day.
pub fn care_plan(decision: &Decision<'_>, outcome: &Outcomes<'_>, language: Language, decided_on: Day) -> Plan {
    let id = codes::identifier(ResourceKind::CarePlan, decision.patient);
    let classification = outcome.plasmacytoma.as_ref().map(|it| it.classification.result.word());
    let said = outcome.recommendations.iter().filter(|it| it.status != Status::NotApplicable);
    Plan {
        frame: Frame {
            id: id.clone(),
            profile: CARE_PLAN_PROFILE,
            language: language.tag(),
            div: narrative::care_plan(outcome, language, decided_on).xhtml(),
            identifier_system: IDENTIFIER,
            identifier: id,
            subject: decision.patient.to_owned(),
            decided_on: decided_on.to_string(),
            extensions: classification.map(|it| extension("classification", Said::Code(it))).into_iter().collect(),
            notes: outcome.notes.iter().map(|it| note(it, language)).collect(),
        },
        instantiates: codes::guideline(),
        status: PlanStatus::Draft,
        title: words("Guideline advice: solitary plasmacytoma", "Retningslinjens anbefalinger: solitært plasmacytom")
            .in_language(language)
            .to_owned(),
        description: narrative::headline(outcome, language),
        author: "plasmabridge".to_owned(),
        addresses: sources::conditions(outcome),
        supporting: sources::of_decision(decision),
        activities: said.map(|it| activity(decision, it, language)).collect(),
    }
}

fn note(note: &Note<'_>, language: Language) -> (String, Vec<Extra>) {
    (phrases::note(note, language), vec![extension("note", Said::Code(note.code.word()))])
}

fn activity(decision: &Decision<'_>, recommendation: &Recommendation<'_>, language: Language) -> Activity {
    let read = sources::of_recommendation(decision, recommendation);
    let (reasons, others): (Vec<_>, Vec<_>) = read.into_iter().partition(|it| sources::may_be_reason(it));
    Activity {
        id: recommendation.id.word().to_owned(),
        code: codes::recommendation(recommendation.id, language),
        status: activity_status(recommendation),
        status_reason: status_reason(recommendation, language),
        do_not_perform: recommendation.status == Status::AdviseAgainst,
        due: recommendation.actions.iter().filter_map(|it| it.due).min_by_key(|it| (it.end, it.start)).map(period),
        description: phrases::recommendation(recommendation, language),
        reasons,
        extensions: activity_extensions(decision, recommendation, others, language),
    }
}

/// FHIR's word for how an activity stands.
///
/// | ours | FHIR's |
/// |---|---|
/// | `recommended`, `consider` | `not-started` |
/// | `advise_against` | `not-started`, with `doNotPerform` |
/// | `fulfilled` | `completed`; `in-progress` while what fulfils it is under way, or a rest of it is still to be done |
/// | `deviates` | `completed` if something was done, though not as recommended; `cancelled` if nothing was and its time has passed |
/// | `undetermined`, `not_applicable` (never written) | `unknown` |
pub fn activity_status(recommendation: &Recommendation<'_>) -> ActivityStatus {
    match recommendation.status {
        Status::Recommended | Status::Consider | Status::AdviseAgainst => ActivityStatus::NotStarted,
        Status::Fulfilled if recommendation.under_way || !recommendation.actions.is_empty() => {
            ActivityStatus::InProgress
        }
        Status::Fulfilled => ActivityStatus::Completed,
        Status::Deviates if recommendation.shown_by.is_empty() => ActivityStatus::Cancelled,
        Status::Deviates => ActivityStatus::Completed,
        Status::Undetermined | Status::NotApplicable => ActivityStatus::Unknown,
    }
}

fn status_reason(
    recommendation: &Recommendation<'_>,
    language: Language,
) -> Option<(Vec<crate::fhir::resources::Code>, String)> {
    if recommendation.status != Status::Undetermined {
        return None;
    }
    let codes = recommendation.missing.iter().map(codes::input).collect();
    Some((codes, phrases::sentence(&phrases::missing(recommendation, language))))
}

fn activity_extensions(
    decision: &Decision<'_>,
    recommendation: &Recommendation<'_>,
    others: Vec<String>,
    language: Language,
) -> Vec<Extra> {
    let mut extensions = vec![extension("recommendation-status", Said::Code(recommendation.status.word()))];
    extensions.extend(recommendation.id.grade().map(|it| extension("grade", Said::Code(it.word()))));
    extensions.extend(recommendation.id.strength().map(|it| extension("strength", Said::Code(it.word()))));
    extensions.extend(recommendation.ambiguities.iter().map(|it| extension("ambiguity", Said::Code(it.word()))));
    extensions.extend(recommendation.factors.iter().map(|it| extension("risk-factor", Said::Code(it.word()))));
    extensions.extend(recommendation.actions.iter().map(|it| extension("action", Said::Parts(action(it, language)))));
    extensions.extend(others.into_iter().map(|it| extension("evidence", Said::Reference(it))));
    extensions.push(extension(fingerprint::BASIS, Said::Text(basis(decision, recommendation))));
    extensions
}

/// SHA-256 of all that a recommendation was worked out from: inputs, values and times. While it stays the same, an
/// activity that a clinician has rejected is not proposed again.
fn basis(decision: &Decision<'_>, recommendation: &Recommendation<'_>) -> String {
    let mut hash = Sha256::new();
    for look in decision.because(recommendation) {
        let time = look.entry.and_then(|it| it.time).map(|it| it.to_string()).unwrap_or_default();
        hash.update(format!("{}|{}|{time};", look.input.word(), look.value()));
    }
    hexadecimal(&hash.finalize())
}

/// An action in parts, so that a program need not read its sentence.
fn action(action: &Action, language: Language) -> Vec<Extra> {
    let mut parts =
        vec![part("code", Said::Code(action.code.word())), part("text", Said::Text(phrases::action(action, language)))];
    parts.extend(action.due.map(|it| part("due", Said::Period(period(it)))));
    parts.extend(action.overdue.then(|| part("overdue", Said::Flag(true))));
    parts.extend(action.urgent.then(|| part("urgent", Said::Flag(true))));
    parts.extend(action.if_confirmed.then(|| part("ifConfirmed", Said::Flag(true))));
    parts.extend(action.strength.map(|it| part("strength", Said::Code(it.word()))));
    parts.extend(action.inputs.iter().map(|it| part("input", Said::Coding(codes::input(*it)))));
    parts.extend(action.modalities.iter().map(|it| part("modality", Said::Coding(codes::modality(*it)))));
    parts.extend(action.target.map(|it| part("target", Said::Code(it.word()))));
    parts.extend(action.dose_gy.map(|it| part("dose", gray(it))));
    parts.extend(action.fraction_gy.then(|| part("fractionDose", Said::Range(1.8, 2.0, "Gy"))));
    parts.extend(action.schedules.iter().map(|it| {
        let schedule = vec![part("dose", gray(it.dose_gy)), part("fractions", number(it.fractions))];
        part("schedule", Said::Parts(schedule))
    }));
    parts
}

fn gray(amount: Amount) -> Said {
    let (low, high) = amount.bounds();
    Said::Range(f64::from(low), f64::from(high), "Gy")
}

fn number(amount: Amount) -> Said {
    let (low, high) = amount.bounds();
    Said::Range(f64::from(low), f64::from(high), "1")
}

/// Days as FHIR writes them.
pub fn period(due: Due) -> Days {
    Days { start: due.start.to_string(), end: due.end.to_string() }
}
