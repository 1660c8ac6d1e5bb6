//! What is to be done about a patient's resource: what stands compared with what should stand.

use super::gate;
use crate::fhir::resources::ResourceError;
use crate::guideline::Decision;
use crate::inputs::{Day, Inputs};
use crate::plan::{self, Language, ResourceKind, fingerprint, withdrawal};
use serde_json::Value;
use std::collections::BTreeSet;

/// What is to be done.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// Nothing stands and nothing should.
    Nothing,
    /// Nothing stands: this should.
    Create(Value),
    /// What stands says something else: this should stand in its place.
    Update(Value),
    /// What stands is what should stand.
    Unchanged,
    /// What stands no longer holds: it is taken back, and says why.
    Withdraw(Value, withdrawal::Reason),
    /// Another hand has changed what stands since we wrote it: it is left as it is.
    OtherHand,
}

/// Why a resource cannot be written; the patient's plans then stay as they are.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// It could not be made.
    #[error("the {0} could not be made: {1}")]
    NotMade(&'static str, ResourceError),
    /// The gate lets nothing leave that is not as it has to be.
    #[error("the {0} did not pass the checks before writing: {1}; please report it")]
    Gate(&'static str, String),
}

/// What is to be done about a patient's resource of one kind.
///
/// A decision that comes to the same as the one that stands leaves it, with the day that it was made for; so running
/// again writes nothing.
///
/// # Errors
/// Where the resource cannot be made, or must not leave.
pub fn reconcile(
    kind: ResourceKind,
    decision: &Decision<'_>,
    inputs: &Inputs,
    standing: Option<&Value>,
    language: Language,
) -> Result<Change, Refused> {
    let made =
        |day| plan::resource(kind, decision, language, day).map_err(|error| Refused::NotMade(kind.name(), error));
    let read: BTreeSet<&str> = inputs.entries().iter().filter_map(|entry| entry.source.as_deref()).collect();
    let Some(standing) = standing else {
        return match made(decision.as_of)? {
            None => Ok(Change::Nothing),
            Some(wanted) => passed(kind, wanted, decision.patient, &read).map(Change::Create),
        };
    };
    if !fingerprint::is_intact(standing) {
        return Ok(Change::OtherHand);
    }
    let Some(wanted) = made(decision.as_of)? else {
        if withdrawal::is_withdrawn(kind, standing) {
            return Ok(Change::Unchanged);
        }
        let reason = match decision.outcome {
            Some(_) => withdrawal::Reason::NoPrognosis,
            None => withdrawal::why_no_outcome(decision),
        };
        let withdrawn = withdrawal::withdrawn(kind, standing, reason, language, decision.as_of);
        let read = gate::references(standing).into_iter().collect();
        return passed(kind, withdrawn, decision.patient, &read).map(|withdrawn| Change::Withdraw(withdrawn, reason));
    };
    let as_standing = match decided_on(kind, standing).filter(|day| *day != decision.as_of) {
        Some(day) => made(day)?,
        None => None,
    };
    let same = fingerprint::same(as_standing.as_ref().unwrap_or(&wanted), standing);
    if same { Ok(Change::Unchanged) } else { passed(kind, wanted, decision.patient, &read).map(Change::Update) }
}

/// The day that a standing resource was decided for.
fn decided_on(kind: ResourceKind, standing: &Value) -> Option<Day> {
    let field = match kind {
        ResourceKind::CarePlan => "created",
        ResourceKind::RiskAssessment => "occurrenceDateTime",
    };
    standing.get(field).and_then(Value::as_str).and_then(Day::parse)
}

fn passed(kind: ResourceKind, resource: Value, patient: &str, read: &BTreeSet<&str>) -> Result<Value, Refused> {
    let objections = gate::objections(&resource, patient, read);
    if objections.is_empty() { Ok(resource) } else { Err(Refused::Gate(kind.name(), objections.join("; "))) }
}
