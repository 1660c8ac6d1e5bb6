//! What comes of each patient of a batch: what is decided, what is to be written, and what is to be remembered of it.

use super::Work;
use super::next_look::next_look;
use super::reading::Reading;
use super::report::{Changed, Report};
use super::server::ServerRun;
use super::state::{Came, Decided};
use super::why::{self, LastDecision, Now};
use crate::digest::Digest;
use crate::fhir::Record;
use crate::guideline::decide;
use crate::plan::{self, ResourceKind, ranges, withdrawal};
use crate::pull::server::{Batch, Export};
use crate::server::ServerError;
use crate::write::reconcile::Change;
use crate::write::server::{PatientWrites, StandingByPatient, standing};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::Ordering;

/// What came of some patients.
#[derive(Default)]
pub(super) struct Outcome {
    pub(super) done: Vec<Done>,
    /// Who was not decided, and why.
    pub(super) failed: Vec<(String, String)>,
    /// What was written, in the versions that the server says.
    pub(super) written: Vec<String>,
}

impl Outcome {
    /// Without these patients, who are looked at again.
    pub(super) fn leave_out(&mut self, ids: &[String]) {
        self.done.retain(|done| !ids.contains(&done.came.id));
    }
}

/// A patient who was decided, or whose record is gone: what is to be written, and what to be remembered.
pub(super) struct Done {
    pub(super) writes: PatientWrites,
    pub(super) came: Came,
}

/// The last decision about each patient, by id.
pub(super) type LastDecisions = BTreeMap<String, LastDecision>;

/// What is known of patients before they are read.
#[derive(Clone, Copy)]
pub(super) struct Known<'k> {
    pub(super) last: &'k LastDecisions,
    /// Those for whom something of ours stands, where that was asked. A plan that this does not know of yet is met by
    /// its conditional create.
    pub(super) with_plans: Option<&'k BTreeSet<String>>,
    /// The export that has their records, where it is not searched for them.
    pub(super) export: Option<&'k Export>,
}

impl Known<'_> {
    /// For those who are looked at again: anyone may have a plan by now, and another record than was exported.
    pub(super) const fn anew(self) -> Self {
        Known { with_plans: None, export: None, ..self }
    }
}

impl ServerRun<'_> {
    /// Decides the patients of a batch and works out what is to be written for each.
    pub(super) async fn decided(
        &self,
        batch: &Batch,
        known: &Known<'_>,
        report: &mut Report,
    ) -> Result<Outcome, ServerError> {
        let mut outcome = Outcome::default();
        let fail = |report: &mut Report, outcome: &mut Outcome, patient: &str, why: String| {
            report.not_evaluated(&[patient.to_owned()], &why);
            outcome.failed.push((bare_id(patient).to_owned(), why));
        };
        for (id, error) in &batch.incomplete {
            fail(report, &mut outcome, &format!("Patient/{id}"), error.to_string());
        }
        let records = batch.records();
        let left = batch.gone.iter().map(|id| (id, withdrawal::Reason::Deleted));
        let left: Vec<_> = left.chain(batch.merged.iter().map(|id| (id, withdrawal::Reason::Merged))).collect();
        let of_records = records.iter().map(|(patient, _)| patient.clone());
        let patients = of_records.chain(left.iter().map(|(id, _)| format!("Patient/{id}")));
        let may_have_plan = |patient: &String| known.with_plans.is_none_or(|ids| ids.contains(bare_id(patient)));
        let patients: Vec<String> = patients.filter(may_have_plan).collect();
        let stands = standing(self.pull, &patients).await?;
        if stands.values().flatten().any(ranges::has_extension) {
            self.ranges_in_extensions.store(true, Ordering::Relaxed);
        }
        for (patient, record) in &records {
            match record.as_ref().map_err(Clone::clone).and_then(|record| self.patient(record, known.last, &stands)) {
                Ok(done) => outcome.done.push(done),
                Err(why) => fail(report, &mut outcome, patient, why),
            }
        }
        for (id, reason) in left {
            match self.withdrawn(&format!("Patient/{id}"), reason, &stands) {
                Ok(done) => outcome.done.push(done),
                Err(why) => fail(report, &mut outcome, &format!("Patient/{id}"), why),
            }
        }
        Ok(outcome)
    }

    fn patient(&self, record: &Record<'_>, last: &LastDecisions, stands: &StandingByPatient) -> Result<Done, String> {
        let (inputs, _) = self.run.mappings.map(record);
        let decision = decide(&inputs, self.run.as_of);
        let id = bare_id(decision.patient).to_owned();
        let last = last.get(&id);
        let reading = Reading::of(record);
        let standing = ResourceKind::ALL.map(|kind| (kind, of(stands, decision.patient, kind)));
        let now = Now { as_of: self.run.as_of, decided_by: &self.decided_by, reading: &reading };
        let since = why::since_last(last, now, standing.iter().any(|(_, standing)| !standing.is_empty()));
        let work = self.run.work(&decision, &inputs, &standing, last, &since).map_err(|refused| refused.to_string())?;
        let json = serde_json::to_vec(&decision).map_err(|error| error.to_string())?;
        let stands = work.iter().filter(|work| work.change != Change::Nothing).map(|work| work.kind).collect();
        let decided = Decided { next_look: next_look(&inputs, &decision), reading, digest: Digest::of(&json), stands };
        Ok(self.done(decision.patient, work, plan::sources(&decision), Some(decided)))
    }

    /// Takes back all that stands of ours for a patient whose record is gone.
    fn withdrawn(&self, patient: &str, reason: withdrawal::Reason, stands: &StandingByPatient) -> Result<Done, String> {
        let standing = ResourceKind::ALL.map(|kind| (kind, of(stands, patient, kind)));
        let work = self.run.taken_back(patient, reason, &standing).map_err(|refused| refused.to_string())?;
        // A server may refuse a reference to a patient whom it has deleted.
        let sources = match reason {
            withdrawal::Reason::Merged => vec![patient.to_owned()],
            _ => Vec::new(),
        };
        Ok(self.done(patient, work, sources, None))
    }

    fn done(&self, patient: &str, work: Vec<Work>, sources: Vec<String>, decided: Option<Decided>) -> Done {
        let mut changes = Vec::with_capacity(work.len());
        let mut told = Vec::with_capacity(work.len());
        for Work { kind, change, why } in work {
            let id = change.resource().filter(|_| !matches!(change, Change::Create(_)));
            let place = id.and_then(|it| Some(format!("{}/{}", kind.name(), it.get("id")?.as_str()?)));
            told.extend(Changed::of(patient, kind, place, &change, why, self.run.dry));
            changes.push((kind, change));
        }
        let id = bare_id(patient).to_owned();
        Done {
            writes: PatientWrites { patient: patient.to_owned(), changes, sources },
            came: Came { id, decided, changes: told },
        }
    }
}

/// The id in `Patient/p1`.
pub(super) fn bare_id(patient: &str) -> &str {
    patient.trim_start_matches("Patient/")
}

fn of<'s>(stands: &'s StandingByPatient, patient: &str, kind: ResourceKind) -> &'s [Value] {
    stands.get(&(patient.to_owned(), kind)).map_or(&[], Vec::as_slice)
}
