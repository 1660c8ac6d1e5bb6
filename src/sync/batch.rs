//! Some patients together: read, decided and written; whoever meets another's change is done once more, alone.

use super::patients::{Done, Known, Outcome};
use super::report::Report;
use super::server::ServerRun;
use crate::pull::server::PATIENTS_IN_A_ROW;
use crate::server::ServerError;
use crate::write::server::{Written, has_ranges, has_writes, send, transaction};
use std::sync::atomic::Ordering;

/// Patients whose changes go into one transaction.
const PATIENTS_A_TRANSACTION: usize = 50;

/// Patients whose writes did not succeed.
#[derive(Default)]
struct Unwritten {
    /// Each to be looked at alone (ids), and why.
    alone: Vec<(String, ServerError)>,
    /// To be written in another shape: their ids.
    anew: Vec<String>,
}

impl ServerRun<'_> {
    /// Reads, decides and writes these patients (ids) together; whoever meets another's change is done once more, alone.
    pub(super) async fn batch(
        &self,
        ids: &[String],
        known: &Known<'_>,
        report: &mut Report,
    ) -> Result<Outcome, ServerError> {
        let batch = match known.export {
            Some(export) => self.pull.exported(export, ids).await?,
            None => self.pull.batch(ids).await?,
        };
        let mut outcome = self.decided(&batch, known, report).await?;
        drop(batch);
        if self.run.dry {
            outcome.done.iter().for_each(|done| note(done, report));
            return Ok(outcome);
        }
        let Unwritten { alone, anew } = self.written(&mut outcome, report).await?;
        let known = known.anew();
        if !anew.is_empty() {
            outcome.leave_out(&anew);
            let of_these = Box::pin(self.batch(&anew, &known, report)).await?;
            outcome.done.extend(of_these.done);
            outcome.failed.extend(of_these.failed);
            outcome.written.extend(of_these.written);
        }
        let mut in_a_row = 0;
        for (id, error) in alone {
            tracing::warn!(patient = %format_args!("Patient/{id}"), %error, "not written; looked at again");
            match self.once_more(&id, &known, &mut outcome, report).await? {
                Some(error) if error.is_fatal() => in_a_row += 1,
                _ => in_a_row = 0,
            }
            if in_a_row >= PATIENTS_IN_A_ROW {
                return Err(error);
            }
        }
        Ok(outcome)
    }

    /// Writes in transactions what the patients' decisions come to; of one that is refused the halves.
    async fn written(&self, outcome: &mut Outcome, report: &mut Report) -> Result<Unwritten, ServerError> {
        outcome.done.sort_by_key(|done| !has_writes(&done.writes));
        let writing = outcome.done.partition_point(|done| has_writes(&done.writes));
        let (writing, unchanged) = outcome.done.split_at(writing);
        unchanged.iter().for_each(|done| note(done, report));
        let mut parts: Vec<&[Done]> = writing.chunks(PATIENTS_A_TRANSACTION).rev().collect();
        let mut unwritten = Unwritten::default();
        while let Some(part) = parts.pop() {
            match self.sent(part).await? {
                Written::Done(versions) => {
                    part.iter().for_each(|done| note(done, report));
                    outcome.written.extend(versions);
                }
                // One patient's write was refused, and with it everyone's: halves find out whose.
                Written::Refused(error) if part.len() > 1 => {
                    tracing::warn!(patients = part.len(), %error, "a transaction was refused; its halves are sent");
                    let (one, other) = part.split_at(part.len() / 2);
                    parts.extend([other, one]);
                }
                Written::LookAgain(error) if self.may_be_ranges(&error, part) => {
                    tracing::warn!(%error, "if this is for a range of probabilities, an extension can hold it");
                    unwritten.anew.extend(part.iter().map(|done| done.came.id.clone()));
                }
                Written::Refused(error) | Written::LookAgain(error) => {
                    unwritten.alone.extend(part.iter().map(|done| (done.came.id.clone(), error.clone())));
                }
            }
        }
        Ok(unwritten)
    }

    /// Reads, decides and writes one patient again, after a conflict or a lost answer; then quarantine, and why.
    async fn once_more(
        &self,
        id: &String,
        known: &Known<'_>,
        outcome: &mut Outcome,
        report: &mut Report,
    ) -> Result<Option<ServerError>, ServerError> {
        outcome.leave_out(std::slice::from_ref(id));
        let batch = self.pull.batch(std::slice::from_ref(id)).await?;
        let again = self.decided(&batch, known, report).await?;
        drop(batch);
        outcome.failed.extend(again.failed);
        let mut failed = None;
        for done in again.done {
            match self.sent(std::slice::from_ref(&done)).await? {
                Written::Done(versions) => {
                    note(&done, report);
                    outcome.done.push(done);
                    outcome.written.extend(versions);
                }
                Written::Refused(error) | Written::LookAgain(error) => {
                    let why = error.to_string();
                    report.not_evaluated(std::slice::from_ref(&done.writes.patient), &why);
                    outcome.failed.push((id.clone(), why));
                    failed = Some(error);
                }
            }
        }
        Ok(failed)
    }

    /// Whether a write may have failed for its ranges of probabilities; from now on these go into extensions.
    fn may_be_ranges(&self, error: &ServerError, part: &[Done]) -> bool {
        let concerned = error.status() == Some(500) && part.iter().any(|done| has_ranges(&done.writes));
        concerned && !self.ranges_in_extensions.swap(true, Ordering::Relaxed)
    }

    async fn sent(&self, some: &[Done]) -> Result<Written, ServerError> {
        let writes = some.iter().map(|done| &done.writes);
        let in_extensions = self.ranges_in_extensions.load(Ordering::Relaxed);
        match transaction(self.server().base(), writes, &self.provenance, in_extensions) {
            Some(transaction) => send(self.server(), &transaction).await,
            None => Ok(Written::Done(Vec::new())),
        }
    }
}

/// Notes in the report what was done, or would be, for a patient.
fn note(done: &Done, report: &mut Report) {
    report.done_in_hand.insert(done.came.id.clone());
    report.patient(done.came.changes.clone());
    if report.summary.dry_run {
        report.would_write.extend(done.writes.changes.iter().filter_map(|(_, change)| change.resource()).cloned());
    }
}
