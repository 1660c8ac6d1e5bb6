//! The resources that a decision looked at, each once, as references with the versions that were read.

use crate::fhir::reference::Address;
use crate::guideline::{Decision, Outcomes, Recommendation};
use crate::inputs::Entry;
use std::collections::BTreeSet;

/// All resources that the decision looked at, sorted.
pub fn of_decision(decision: &Decision<'_>) -> Vec<String> {
    let mut found = BTreeSet::new();
    for look in &decision.looks {
        add(&mut found, look.entry);
    }
    if let Some(outcome) = &decision.outcome {
        add_outcomes(&mut found, outcome);
    }
    found.into_iter().collect()
}

fn add_outcomes(found: &mut BTreeSet<String>, outcome: &Outcomes<'_>) {
    for diagnosis in outcome.plasmacytoma.iter().flat_map(|it| &it.diagnoses) {
        add(found, Some(diagnosis));
    }
    for recommendation in &outcome.recommendations {
        recommendation.shown_by.iter().for_each(|it| add(found, Some(it)));
        recommendation.notes.iter().flat_map(|it| &it.entries).for_each(|it| add(found, Some(it)));
    }
    outcome.notes.iter().flat_map(|it| &it.entries).for_each(|it| add(found, Some(it)));
    outcome.conflicts.iter().flat_map(|it| &it.entries).for_each(|it| add(found, Some(it)));
}

/// The resources that one recommendation's outcome rests on, sorted.
pub fn of_recommendation(decision: &Decision<'_>, recommendation: &Recommendation<'_>) -> Vec<String> {
    let mut found = BTreeSet::new();
    for look in decision.because(recommendation) {
        add(&mut found, look.entry);
    }
    recommendation.shown_by.iter().for_each(|it| add(&mut found, Some(it)));
    found.into_iter().collect()
}

/// The conditions that confirm or suspect the plasmacytoma.
pub fn conditions(outcome: &Outcomes<'_>) -> Vec<String> {
    let mut found = BTreeSet::new();
    outcome.plasmacytoma.iter().flat_map(|it| &it.diagnoses).for_each(|it| add(&mut found, Some(it)));
    found.into_iter().filter(|it| kind(it) == Some("Condition")).collect()
}

fn add(found: &mut BTreeSet<String>, entry: Option<&Entry>) {
    if let Some(source) = entry.and_then(|it| it.source.as_deref()) {
        found.insert(stored(source).to_owned());
    }
}

/// The resource that a server stores, of a source that may be contained in it: `DiagnosticReport/r1` of
/// `DiagnosticReport/r1#lesions`.
pub fn stored(source: &str) -> &str {
    source.split_once('#').map_or(source, |(around, _)| around)
}

/// The type of the resource that a reference names, where it says so.
pub fn kind(reference: &str) -> Option<&str> {
    match Address::of(reference) {
        Address::Server { kind, .. } => Some(kind),
        Address::Contained(_) | Address::Name(_) | Address::Malformed => None,
    }
}

/// Whether FHIR takes such a reference as the reason of an activity.
pub fn may_be_reason(reference: &str) -> bool {
    matches!(kind(reference), Some("Condition" | "Observation" | "DiagnosticReport" | "DocumentReference"))
}
