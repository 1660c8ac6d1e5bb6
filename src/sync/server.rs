//! A run against a server: who, read, decide, write, remember.

use super::Run;
use super::next_look::next_look;
use super::report::{Changed, Report};
use super::state::{Seen, State};
use crate::error::Failed;
use crate::fhir::Record;
use crate::guideline::decide;
use crate::inputs::Day;
use crate::plan::provenance::Provenance;
use crate::plan::{self, ResourceKind, withdrawal};
use crate::pull::server::{Batch, Cohort, Concerned, Export, Pull};
use crate::server::{Server, ServerError};
use crate::write::reconcile::{Change, Wanted, withdraw};
use crate::write::server::{PatientWrites, StandingByPatient, Written, has_writes, send, standing, transaction};
use serde_json::Value;
use std::collections::BTreeSet;
use tokio::sync::watch;

/// Changes before this many seconds of the server's clock are looked for again: clocks and indices lag.
const OVERLAP: i64 = 300;

/// Patients whose changes go into one transaction.
const PATIENTS_A_TRANSACTION: usize = 50;

/// A server that takes no write of so many patients in a row, and why is not the patients' fault, ends the run.
const PATIENTS_IN_A_ROW: usize = 3;

/// Everyone is read anew after so long (a day): a deleted result is in no answer to what has changed.
pub const FULL_EVERY: i64 = 86_400;

/// What a run against a server is to do.
pub struct ServerRun<'r> {
    /// What every run is told.
    pub run: &'r Run<'r>,
    /// Where patients come from.
    pub pull: &'r Pull<'r>,
    /// Who.
    pub cohort: &'r Cohort,
    /// Whether everyone is read, whatever is remembered.
    pub full: bool,
    /// Whether everyone is read from an export in bulk.
    pub bulk: bool,
    /// The digest of mapping files, guideline and program.
    pub digest: String,
    /// What each Provenance says alike.
    pub provenance: Provenance,
    /// Called after each batch with the patients done and in all.
    pub progress: &'r dyn Fn(usize, usize),
    /// True once the run is to end with the patients that it has in hand.
    pub stop: watch::Receiver<bool>,
}

/// What came of some patients.
#[derive(Default)]
struct Outcome {
    decided: Vec<(String, Day, Day)>,
    forgotten: Vec<String>,
    failed: Vec<(String, String)>,
    writes: Vec<PatientWrites>,
}

impl ServerRun<'_> {
    fn server(&self) -> &Server {
        self.pull.server()
    }

    /// Runs. What fails for a patient is in the report and in quarantine; a dead server ends the run early.
    ///
    /// # Errors
    /// Where it cannot be found out who is concerned, or the state cannot be written.
    pub async fn run(&self, state: Option<&mut State>) -> Result<Report, Failed> {
        let mut state = state;
        let mut report = Report::new(self.run.as_of, self.run.dry);
        let seen = match &state {
            Some(state) => state.seen()?,
            None => Seen::default(),
        };
        let now = jiff::Timestamp::now().as_second();
        let is_named = matches!(self.cohort, Cohort::Named(_));
        let is_old = seen.last_full.is_none_or(|last| now - last >= FULL_EVERY);
        let full = self.full || self.bulk || is_named || is_old || seen.digest.as_ref() != Some(&self.digest);
        // A run by searches that reads everyone finds out anew how lists are taken; one in bulk hardly uses any.
        self.pull.lists().recall(seen.lists.as_deref().filter(|_| !full || self.bulk));
        self.server().forget_time();
        let who = async {
            match (&state, seen.until.filter(|_| !full)) {
                (Some(state), Some(since)) => {
                    self.changed(state, since, now).await.map(|ids| Concerned { ids, with_plans: None })
                }
                _ => self.pull.cohort(self.cohort).await,
            }
        };
        let mut stop = self.stop.clone();
        let who = tokio::select! {
            who = who => who,
            // Nobody is in hand yet, and nothing of this run is remembered.
            Ok(_) = stop.wait_for(|told| *told) => return Ok(report),
        };
        let Concerned { ids, with_plans } = who.map_err(Failed::Server)?;
        // The server's own clock, since changes are asked for by it.
        let server_time = self.server().first_time().unwrap_or(now);
        let export = match self.bulk && !ids.is_empty() {
            true => match self.pull.export(self.cohort, &ids, server_time, &self.stop).await.map_err(Failed::Server)? {
                Some(export) => Some(export),
                None => {
                    report.left = ids.len() as u64;
                    report.traffic = self.server().counts();
                    return Ok(report);
                }
            },
            false => None,
        };
        report.export = export.as_ref().map(|export| export.exported.clone());
        let ids: Vec<String> = ids.into_iter().collect();
        let mut stopped: Option<ServerError> = None;
        let mut done = 0;
        for batch in ids.chunks(self.pull.searches().settings().patients.max(1)) {
            if *self.stop.borrow() {
                report.left = (ids.len() - done) as u64;
                break;
            }
            if stopped.is_none() {
                match self.batch(batch, export.as_ref(), with_plans.as_ref(), &mut report).await {
                    Ok(outcome) => {
                        if let Some(state) = state.as_deref_mut().filter(|_| !self.run.dry) {
                            state.remember(&outcome.decided, &outcome.forgotten, &outcome.failed, now)?;
                        }
                        done += batch.len();
                        (self.progress)(done, ids.len());
                        continue;
                    }
                    Err(error) => {
                        tracing::error!(%error, "the server cannot be worked with; the run ends here");
                        stopped = Some(error);
                    }
                }
            }
            let why = stopped.as_ref().map(ServerError::to_string).unwrap_or_default();
            let patients: Vec<String> = batch.iter().map(|id| format!("Patient/{id}")).collect();
            report.not_evaluated(&patients, &format!("the run ended early: {why}"));
        }
        report.server_failed = stopped.is_some();
        let is_whole = stopped.is_none() && report.left == 0;
        if let Some(state) = state.filter(|_| !self.run.dry && !is_named && is_whole) {
            let last_full = if full { Some(now) } else { seen.last_full };
            let until = Some(server_time - OVERLAP);
            let lists = self.pull.lists().remembered();
            state.see(&Seen { until, last_full, digest: Some(self.digest.clone()), lists })?;
        }
        report.traffic = self.server().counts();
        Ok(report)
    }

    /// Who has changed since, who may change with time alone, and who is to be tried again.
    async fn changed(&self, state: &State, since: i64, now: i64) -> Result<BTreeSet<String>, ServerError> {
        let since = jiff::Timestamp::from_second(since).map(|at| at.to_string()).unwrap_or_default();
        let known = state.patients().map_err(|_| ServerError::Closed)?;
        let mut ids = match self.cohort {
            Cohort::Group(_) => self.pull.cohort(self.cohort).await?.ids.difference(&known).cloned().collect(),
            _ => self.pull.diagnosed(Some(&since)).await?,
        };
        ids.extend(self.pull.changed(&known, &since).await?);
        ids.extend(self.pull.plans_changed(&since).await?);
        ids.extend(state.due(self.run.as_of).map_err(|_| ServerError::Closed)?);
        ids.extend(state.to_try_again(now).map_err(|_| ServerError::Closed)?);
        Ok(ids)
    }

    /// Reads, decides and writes some patients together; whoever meets another's change is done once more, alone.
    /// Nothing of ours stands for those who are not among `with_plans`; a plan that this does not know of yet is met
    /// by its conditional create.
    async fn batch(
        &self,
        ids: &[String],
        export: Option<&Export>,
        with_plans: Option<&BTreeSet<String>>,
        report: &mut Report,
    ) -> Result<Outcome, ServerError> {
        let batch = match export {
            Some(export) => self.pull.exported(export, ids).await?,
            None => self.pull.batch(ids).await?,
        };
        let mut outcome = self.decided(&batch, with_plans, report).await?;
        drop(batch);
        let writes = std::mem::take(&mut outcome.writes);
        let mut again: Vec<(String, ServerError)> = Vec::new();
        if self.run.dry {
            writes.iter().for_each(|patient| note(patient, report));
            return Ok(outcome);
        }
        let (writes, unchanged): (Vec<_>, Vec<_>) = writes.into_iter().partition(has_writes);
        unchanged.iter().for_each(|patient| note(patient, report));
        let mut parts: Vec<&[PatientWrites]> = writes.chunks(PATIENTS_A_TRANSACTION).rev().collect();
        while let Some(part) = parts.pop() {
            match self.sent(part).await? {
                Written::Done => part.iter().for_each(|patient| note(patient, report)),
                // One patient's write was refused, and with it everyone's: halves find out whose.
                Written::Refused(error) if part.len() > 1 => {
                    tracing::warn!(patients = part.len(), %error, "a transaction was refused; its halves are sent");
                    let (one, other) = part.split_at(part.len() / 2);
                    parts.extend([other, one]);
                }
                Written::Refused(error) | Written::LookAgain(error) => {
                    again.extend(part.iter().map(|patient| (patient.patient.clone(), error.clone())));
                }
            }
        }
        let mut in_a_row = 0;
        for (patient, error) in again {
            tracing::warn!(patient = %patient, %error, "not written; looked at again");
            match self.once_more(&patient, &mut outcome, report).await? {
                Some(error) if error.is_fatal() => in_a_row += 1,
                _ => in_a_row = 0,
            }
            if in_a_row >= PATIENTS_IN_A_ROW {
                return Err(error);
            }
        }
        Ok(outcome)
    }

    /// Reads, decides and writes one patient again, after a conflict or a lost answer; then quarantine, and why.
    async fn once_more(
        &self,
        patient: &str,
        outcome: &mut Outcome,
        report: &mut Report,
    ) -> Result<Option<ServerError>, ServerError> {
        let id = bare_id(patient).to_owned();
        outcome.decided.retain(|(other, ..)| *other != id);
        let batch = self.pull.batch(std::slice::from_ref(&id)).await?;
        let mut again = self.decided(&batch, None, report).await?;
        drop(batch);
        let mut failed = None;
        for writes in std::mem::take(&mut again.writes) {
            match self.sent(std::slice::from_ref(&writes)).await? {
                Written::Done => note(&writes, report),
                Written::Refused(error) | Written::LookAgain(error) => {
                    again.decided.clear();
                    let why = error.to_string();
                    report.not_evaluated(std::slice::from_ref(&writes.patient), &why);
                    again.failed.push((id.clone(), why));
                    failed = Some(error);
                }
            }
        }
        outcome.decided.extend(again.decided);
        outcome.forgotten.extend(again.forgotten);
        outcome.failed.extend(again.failed);
        Ok(failed)
    }

    async fn sent(&self, writes: &[PatientWrites]) -> Result<Written, ServerError> {
        match transaction(self.server().base(), writes, &self.provenance) {
            Some(transaction) => send(self.server(), &transaction).await,
            None => Ok(Written::Done),
        }
    }

    /// Decides the patients of a batch and works out what is to be written for each.
    async fn decided(
        &self,
        batch: &Batch,
        with_plans: Option<&BTreeSet<String>>,
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
        let may_have_plan = |patient: &String| with_plans.is_none_or(|known| known.contains(bare_id(patient)));
        let patients: Vec<String> = patients.filter(may_have_plan).collect();
        let stands = standing(self.pull, &patients).await?;
        for (patient, record) in &records {
            match record.as_ref().map_err(Clone::clone).and_then(|record| self.patient(record, &stands)) {
                Ok((writes, next_look)) => {
                    let id = bare_id(patient).to_owned();
                    outcome.decided.push((id, self.run.as_of, next_look));
                    outcome.writes.push(writes);
                }
                Err(why) => fail(report, &mut outcome, patient, why),
            }
        }
        for (id, reason) in left {
            match self.withdrawn(&format!("Patient/{id}"), reason, &stands) {
                Ok(writes) => {
                    outcome.forgotten.push(id.clone());
                    outcome.writes.push(writes);
                }
                Err(why) => fail(report, &mut outcome, &format!("Patient/{id}"), why),
            }
        }
        Ok(outcome)
    }

    fn patient(&self, record: &Record<'_>, stands: &StandingByPatient) -> Result<(PatientWrites, Day), String> {
        let (inputs, _) = self.run.mappings.map(record);
        let decision = decide(&inputs, self.run.as_of);
        let mut changes = Vec::new();
        for kind in ResourceKind::ALL {
            let wanted = Wanted { kind, decision: &decision, inputs: &inputs, language: self.run.language };
            let standing = of(stands, decision.patient, kind);
            let of_kind = wanted.reconcile(standing).map_err(|refused| refused.to_string())?;
            changes.extend(of_kind.into_iter().map(|change| (kind, change)));
        }
        let next_look = next_look(&inputs, &decision);
        let sources = plan::sources(&decision);
        Ok((PatientWrites { patient: decision.patient.to_owned(), changes, sources }, next_look))
    }

    /// Takes back all that stands of ours for a patient whose record is gone.
    fn withdrawn(
        &self,
        patient: &str,
        reason: withdrawal::Reason,
        stands: &StandingByPatient,
    ) -> Result<PatientWrites, String> {
        let mut changes = Vec::new();
        for kind in ResourceKind::ALL {
            let ours = of(stands, patient, kind).iter().filter(|it| plan::fingerprint::is_intact(it));
            for resource in ours.filter(|it| !withdrawal::is_withdrawn(kind, it)) {
                let change = withdraw(kind, resource, patient, reason, self.run.language, self.run.as_of);
                changes.push((kind, change.map_err(|refused| refused.to_string())?));
            }
        }
        Ok(PatientWrites { patient: patient.to_owned(), changes, sources: Vec::new() })
    }
}

/// The id in `Patient/p1`.
fn bare_id(patient: &str) -> &str {
    patient.trim_start_matches("Patient/")
}

fn of<'s>(stands: &'s StandingByPatient, patient: &str, kind: ResourceKind) -> &'s [Value] {
    stands.get(&(patient.to_owned(), kind)).map_or(&[], Vec::as_slice)
}

/// Notes in the report what was done, or would be, for a patient.
fn note(writes: &PatientWrites, report: &mut Report) {
    let changes = writes.changes.iter().filter_map(|(kind, change)| {
        let id = change.resource().filter(|_| !matches!(change, Change::Create(_)));
        let place = id.and_then(|it| Some(format!("{}/{}", kind.name(), it.get("id")?.as_str()?)));
        Changed::of(&writes.patient, *kind, place, change, report.summary.dry_run)
    });
    let changes = changes.collect();
    report.patient(changes);
    if report.summary.dry_run {
        report.would_write.extend(writes.changes.iter().filter_map(|(_, change)| change.resource()).cloned());
    }
}
