//! What is to be done about a patient's resource: what stands compared with what should stand.

use super::gate;
use super::standing::{Standing, advises_the_same, beside, reference};
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
    /// This should stand, under an identifier that nothing has yet.
    Create(Value),
    /// What stands says something else: this should stand in its place, under the id that it has.
    Update {
        /// What stands.
        from: Value,
        /// What should stand.
        to: Value,
    },
    /// What stands is what should stand.
    Unchanged,
    /// What stands no longer holds: it is taken back, and says why.
    Withdraw(Value, withdrawal::Reason),
    /// Another hand has changed what stands since we wrote it, and there is nothing new to say: it is left as it is.
    OtherHand,
}

impl Change {
    /// The resource that is to be written.
    pub const fn resource(&self) -> Option<&Value> {
        match self {
            Change::Create(resource) | Change::Update { to: resource, .. } | Change::Withdraw(resource, _) => {
                Some(resource)
            }
            Change::Nothing | Change::Unchanged | Change::OtherHand => None,
        }
    }
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

/// What a patient's resources are made from.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'w, 'i> {
    /// The kind of resource.
    pub kind: ResourceKind,
    /// What was decided.
    pub decision: &'w Decision<'i>,
    /// What it was decided from.
    pub inputs: &'w Inputs,
    /// The language of what a person reads.
    pub language: Language,
}

impl Wanted<'_, '_> {
    /// What is to be done about all that stands of this kind for the patient: the change itself first, then copies from
    /// a race in the past that are taken back.
    ///
    /// A decision that comes to the same as the one that stands leaves it, with the day that it was made for; so running
    /// again writes nothing. What a clinician has changed is theirs: advice that is new goes into a draft of its own.
    ///
    /// # Errors
    /// Where a resource cannot be made, or must not leave.
    pub fn reconcile(&self, standing: &[Value]) -> Result<Vec<Change>, Refused> {
        let standing = Standing::of(self.kind, standing);
        let change = match (standing.own, standing.theirs.last()) {
            (Some(own), _) => self.against(own, &standing.theirs)?,
            (None, Some(theirs)) => self.after_another_hand(theirs, &standing.theirs)?,
            (None, None) => match self.made(self.decision.as_of, &[])? {
                None => Change::Nothing,
                Some(wanted) => Change::Create(self.passed(wanted, &[])?),
            },
        };
        let mut changes = vec![change];
        for copy in standing.copies.into_iter().filter(|copy| !withdrawal::is_withdrawn(self.kind, copy)) {
            changes.push(self.withdrawal(copy, withdrawal::Reason::Copy)?);
        }
        Ok(changes)
    }

    /// Against what stands of ours.
    fn against(&self, own: &Value, theirs: &[&Value]) -> Result<Change, Refused> {
        let Some(wanted) = self.made(self.decision.as_of, theirs)? else {
            if withdrawal::is_withdrawn(self.kind, own) {
                return Ok(Change::Unchanged);
            }
            let reason = match self.decision.outcome {
                Some(_) => withdrawal::Reason::NoPrognosis,
                None => withdrawal::why_no_outcome(self.decision),
            };
            return self.withdrawal(own, reason);
        };
        if self.says_the_same(own, theirs, |wanted| fingerprint::same(wanted, own))? {
            return Ok(Change::Unchanged);
        }
        let mut wanted = self.passed(wanted, theirs)?;
        if let Some(fields) = wanted.as_object_mut() {
            fields.insert("id".to_owned(), own.get("id").cloned().unwrap_or_default());
            let version = own.pointer("/meta/versionId").cloned();
            if let (Some(meta), Some(version)) = (fields.get_mut("meta").and_then(Value::as_object_mut), version) {
                meta.insert("versionId".to_owned(), version);
            }
        }
        Ok(Change::Update { from: own.clone(), to: wanted })
    }

    /// After another hand: new advice goes into a draft that replaces theirs; the same advice is not given again.
    fn after_another_hand(&self, last: &Value, theirs: &[&Value]) -> Result<Change, Refused> {
        let Some(wanted) = self.made(self.decision.as_of, theirs)? else { return Ok(Change::OtherHand) };
        let (_, earlier) = theirs.split_last().unwrap_or((&last, &[]));
        let said = fingerprint::carried(last).map(str::to_owned);
        let as_written = self.says_the_same(last, earlier, |wanted| fingerprint::carried(wanted) == said.as_deref())?;
        if as_written || (self.kind == ResourceKind::CarePlan && advises_the_same(&wanted, last)) {
            return Ok(Change::OtherHand);
        }
        self.passed(wanted, theirs).map(Change::Create)
    }

    /// Whether what should stand is what stands, but for the day that it was decided for.
    fn says_the_same(
        &self,
        standing: &Value,
        theirs: &[&Value],
        same: impl Fn(&Value) -> bool,
    ) -> Result<bool, Refused> {
        let day = decided_on(self.kind, standing).unwrap_or(self.decision.as_of);
        Ok(self.made(day, theirs)?.as_ref().is_some_and(same))
    }

    fn made(&self, day: Day, theirs: &[&Value]) -> Result<Option<Value>, Refused> {
        let made = plan::resource(self.kind, self.decision, self.language, day)
            .map_err(|error| Refused::NotMade(self.kind.name(), error))?;
        Ok(made.map(|wanted| beside(wanted, self.kind, self.decision.patient, theirs)))
    }

    fn passed(&self, resource: Value, theirs: &[&Value]) -> Result<Value, Refused> {
        let replaced: Vec<String> = theirs.iter().filter_map(|it| reference(self.kind, it)).collect();
        let read = self.inputs.sources().map(plan::stored);
        let read: BTreeSet<&str> = read.chain(replaced.iter().map(String::as_str)).collect();
        passed(self.kind, resource, self.decision.patient, &read)
    }

    fn withdrawal(&self, standing: &Value, reason: withdrawal::Reason) -> Result<Change, Refused> {
        withdraw(self.kind, standing, self.decision.patient, reason, self.language, self.decision.as_of)
    }
}

/// A standing resource taken back, for a patient of whom nothing is decided (any more).
///
/// # Errors
/// Where it must not leave.
pub fn withdraw(
    kind: ResourceKind,
    standing: &Value,
    patient: &str,
    reason: withdrawal::Reason,
    language: Language,
    on: Day,
) -> Result<Change, Refused> {
    let withdrawn = withdrawal::withdrawn(kind, standing, reason, language, on);
    let read = gate::references(standing).into_iter().collect();
    passed(kind, withdrawn, patient, &read).map(|withdrawn| Change::Withdraw(withdrawn, reason))
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
