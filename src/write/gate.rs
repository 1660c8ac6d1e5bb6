//! The gate: what every resource has to pass before it leaves the program.

use crate::fhir::reference::Address;
use crate::fhir::schema;
use serde_json::Value;
use std::collections::BTreeSet;

/// What the schema and our own rules have against a resource; empty if it may leave.
///
/// Our own rules, beyond HL7's JSON Schema (which knows neither required elements nor what a reference may name):
/// the subject is a Patient and the one whose record was read; every other reference names a resource that was read;
/// a plan is a draft proposal (or revoked) with one activity a recommendation, each with code, status and description;
/// advice against says `doNotPerform`; the narrative is there; a probability is a percentage.
pub fn objections(resource: &Value, patient: &str, read: &BTreeSet<&str>) -> Vec<String> {
    let mut found = schema::objections(resource);
    if at(resource, "/subject/reference") != Some(patient) {
        found.push(format!("the subject is not `{patient}`"));
    }
    if !is_patient(patient) {
        found.push(format!("`{patient}` is not the reference of a Patient"));
    }
    for needed in ["/id", "/language", "/text/div", "/status", "/identifier/0/system", "/identifier/0/value"] {
        if at(resource, needed).is_none_or(str::is_empty) {
            found.push(format!("`{needed}` is missing"));
        }
    }
    for reference in references(resource) {
        if reference != patient && !read.contains(reference) {
            found.push(format!("`{reference}` was not read"));
        }
    }
    match at(resource, "/resourceType") {
        Some("CarePlan") => plan(resource, &mut found),
        Some("RiskAssessment") => assessment(resource, &mut found),
        _ => {}
    }
    found
}

fn at<'v>(value: &'v Value, pointer: &str) -> Option<&'v str> {
    value.pointer(pointer).and_then(Value::as_str)
}

fn items<'v>(value: &'v Value, name: &str) -> impl Iterator<Item = &'v Value> {
    value.get(name).and_then(Value::as_array).into_iter().flatten()
}

/// A Patient by its address; a name (`urn:uuid:…`) does not say the type, and is taken as the record gives it.
fn is_patient(reference: &str) -> bool {
    match Address::of(reference) {
        Address::Server { kind, .. } => kind == "Patient",
        Address::Name(_) => true,
        Address::Contained(_) | Address::Malformed => false,
    }
}

/// Every reference that a resource makes.
pub fn references(resource: &Value) -> Vec<&str> {
    let mut found = Vec::new();
    collect_references(resource, &mut found);
    found
}

fn collect_references<'v>(value: &'v Value, found: &mut Vec<&'v str>) {
    match value {
        Value::Object(fields) => {
            found.extend(fields.get("reference").and_then(Value::as_str));
            fields.values().for_each(|it| collect_references(it, found));
        }
        Value::Array(items) => items.iter().for_each(|it| collect_references(it, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn plan(resource: &Value, found: &mut Vec<String>) {
    if !matches!(at(resource, "/status"), Some("draft" | "revoked")) || at(resource, "/intent") != Some("proposal") {
        found.push("a plan is a draft, or revoked, and a proposal".to_owned());
    }
    let mut seen = BTreeSet::new();
    for activity in items(resource, "activity") {
        let Some(code) = at(activity, "/detail/code/coding/0/code") else {
            found.push("an activity has no code".to_owned());
            continue;
        };
        if !seen.insert(code) {
            found.push(format!("{code} has two activities"));
        }
        if at(activity, "/detail/status").is_none() || at(activity, "/detail/description").is_none_or(str::is_empty) {
            found.push(format!("{code} has no status or no description"));
        }
        for reason in items(activity.get("detail").unwrap_or(&Value::Null), "reasonReference") {
            if at(reason, "/reference").is_some_and(|it| !may_be_reason(it)) {
                found.push(format!("{code}: FHIR does not take such a resource as a reason"));
            }
        }
        let advised_against = items(activity.get("detail").unwrap_or(&Value::Null), "extension")
            .any(|it| at(it, "/valueCode") == Some("advise_against"));
        let forbids = activity.pointer("/detail/doNotPerform").and_then(Value::as_bool) == Some(true);
        if advised_against != forbids {
            found.push(format!("{code}: `doNotPerform` and our status disagree"));
        }
    }
}

/// The types that FHIR takes; a name (`urn:uuid:…`) does not say its type and is not taken.
fn may_be_reason(reference: &str) -> bool {
    let Address::Server { kind, .. } = Address::of(reference) else { return false };
    matches!(kind, "Condition" | "Observation" | "DiagnosticReport" | "DocumentReference")
}

fn assessment(resource: &Value, found: &mut Vec<String>) {
    for prediction in items(resource, "prediction") {
        let id = at(prediction, "/id").unwrap_or_default();
        if at(prediction, "/outcome/coding/0/code").is_none() || at(prediction, "/rationale").is_none() {
            found.push(format!("prediction `{id}` has no outcome or no rationale"));
        }
        let percent = prediction.get("probabilityDecimal").and_then(Value::as_f64);
        if percent.is_some_and(|it| !(1.0..=100.0).contains(&it)) {
            found.push(format!("prediction `{id}`: the probability is not a percentage"));
        }
    }
}
