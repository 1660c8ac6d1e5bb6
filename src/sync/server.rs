//! A run against a server: who, read, decide, write, remember.

use super::Run;
use super::decided_by::DecidedBy;
use super::patients::{Known, LastDecisions};
use super::report::Report;
use super::state::{Came, Seen, State, ThisRun};
use crate::error::Failed;
use crate::plan::provenance::Provenance;
use crate::pull::server::{Cohort, Concerned, Export, Pull};
use crate::server::{Server, ServerError};
use std::collections::BTreeSet;
use std::sync::atomic::AtomicBool;
use tokio::sync::watch;

/// Changes before this many seconds of the server's clock are looked for again: clocks and indices lag.
const OVERLAP: i64 = 300;

/// Everyone is read anew after so long (a day): a deleted result is in no answer to what has changed.
pub const FULL_EVERY: i64 = SECONDS_A_DAY;

const SECONDS_A_DAY: i64 = 86_400;

/// When everyone is read from an export in bulk instead of by searches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bulk {
    /// Never.
    Never,
    /// In this run, whatever is remembered.
    Always,
    /// Where this run has to read everyone.
    WhenFull,
}

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
    /// When everyone is read from an export in bulk.
    pub bulk: Bulk,
    /// What it decides by, the records apart.
    pub decided_by: DecidedBy,
    /// How long the record of a run is kept, in days.
    pub keep_days: u32,
    /// What each Provenance says alike.
    pub provenance: Provenance,
    /// Called after each batch with the patients done and in all.
    pub progress: &'r dyn Fn(usize, usize),
    /// True once the run is to end with the patients that it has in hand.
    pub stop: watch::Receiver<bool>,
    /// Whether it is an hour in which the server may be asked: else the run ends in the same way.
    pub is_open: &'r dyn Fn() -> bool,
    /// Whether the server was seen not to store ranges of probabilities: they go into extensions then.
    pub ranges_in_extensions: AtomicBool,
}

impl ServerRun<'_> {
    pub(super) fn server(&self) -> &Server {
        self.pull.server()
    }

    /// Runs. What fails for a patient is in the report and in quarantine; a dead server ends the run early.
    ///
    /// # Errors
    /// Where it cannot be found out who is concerned, or the state cannot be written.
    pub async fn run(&self, mut state: Option<&mut State>) -> Result<Report, Failed> {
        let mut report = Report::new(self.run.as_of, self.run.dry);
        report.run = Some(self.provenance.run.clone()).filter(|_| !self.run.dry);
        let seen = state.as_deref().map(State::seen).transpose()?.unwrap_or_default();
        let now = jiff::Timestamp::now().as_second();
        let full = self.reads_everyone(&seen, now);
        // A run by searches that reads everyone finds out anew how lists are taken; one in bulk hardly uses any.
        let bulk = full && self.bulk != Bulk::Never;
        self.pull.lists().recall(seen.lists.as_deref().filter(|_| !full || bulk));
        self.server().forget_time();
        let since = seen.until.filter(|_| !full);
        let mut stop = self.stop.clone();
        let concerned = tokio::select! {
            concerned = self.concerned(state.as_deref(), since, now) => concerned?,
            // Nobody is in hand yet, and nothing of this run is remembered.
            Ok(_) = stop.wait_for(|told| *told) => return Ok(report),
        };
        // The server's own clock, since changes are asked for by it.
        let server_time = self.server().first_time().unwrap_or(now);
        let mut export = None;
        if bulk && !concerned.ids.is_empty() {
            export = self.pull.export(self.cohort, &concerned.ids, server_time, &self.stop).await?;
            if export.is_none() {
                report.left = concerned.ids.len() as u64;
                report.traffic = self.server().counts();
                return Ok(report);
            }
        }
        report.export = export.as_ref().map(|export| export.exported.clone());
        let stopped = self.all(&concerned, export.as_ref(), state.as_deref_mut(), now, &mut report).await?;
        report.server_failed = stopped.is_some();
        if let Some(state) = state.filter(|_| !self.run.dry) {
            let ended = jiff::Timestamp::now().as_second();
            state.end(&self.provenance.run, ended, &report.summary.counts())?;
            if full {
                state.prune(now - i64::from(self.keep_days) * SECONDS_A_DAY)?;
            }
            if !matches!(self.cohort, Cohort::Named(_)) && stopped.is_none() && report.left == 0 {
                let last_full = if full { Some(now) } else { seen.last_full };
                let until = Some(server_time - OVERLAP);
                let lists = self.pull.lists().remembered();
                state.see(&Seen { until, last_full, digest: Some(self.decided_by.line()), lists })?;
            }
        }
        report.traffic = self.server().counts();
        Ok(report)
    }

    /// Whether what is remembered is not enough to ask for changes alone.
    fn reads_everyone(&self, seen: &Seen, now: i64) -> bool {
        let is_old = seen.last_full.is_none_or(|last| now - last >= FULL_EVERY);
        let is_named = matches!(self.cohort, Cohort::Named(_));
        let decides_otherwise = seen.digest.as_ref() != Some(&self.decided_by.line());
        self.full || self.bulk == Bulk::Always || is_named || is_old || decides_otherwise
    }

    /// Who is to be decided: everyone, or since a time of the server those who have changed.
    async fn concerned(&self, state: Option<&State>, since: Option<i64>, now: i64) -> Result<Concerned, Failed> {
        Ok(match state.zip(since) {
            Some((state, since)) => Concerned { ids: self.changed(state, since, now).await?, with_plans: None },
            None => self.pull.cohort(self.cohort).await?,
        })
    }

    /// Decides and writes, some patients at a time, and remembers each time what came of it; why the server could not be
    /// worked with any more, where that ended it.
    async fn all(
        &self,
        concerned: &Concerned,
        export: Option<&Export>,
        mut state: Option<&mut State>,
        now: i64,
        report: &mut Report,
    ) -> Result<Option<ServerError>, Failed> {
        let this_run = ThisRun {
            id: self.provenance.run.clone(),
            started: now,
            as_of: self.run.as_of,
            decided_by: self.decided_by.clone(),
        };
        let ids: Vec<String> = concerned.ids.iter().cloned().collect();
        let mut stopped: Option<ServerError> = None;
        let mut done = 0;
        for batch in ids.chunks(self.pull.searches().settings().patients.max(1)) {
            if *self.stop.borrow() || !(self.is_open)() {
                report.left = (ids.len() - done) as u64;
                break;
            }
            if stopped.is_none() {
                let last = last_decisions(state.as_deref(), batch)?;
                let known = Known { last: &last, with_plans: concerned.with_plans.as_ref(), export };
                report.done_in_hand.clear();
                match self.batch(batch, &known, report).await {
                    Ok(outcome) => {
                        if let Some(state) = state.as_deref_mut().filter(|_| !self.run.dry) {
                            let came: Vec<Came> = outcome.done.into_iter().map(|done| done.came).collect();
                            state.remember(&this_run, &came, &outcome.written, &outcome.failed, now)?;
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
            let undone = batch.iter().filter(|id| !report.done_in_hand.contains(*id));
            let patients: Vec<String> = undone.map(|id| format!("Patient/{id}")).collect();
            if !patients.is_empty() {
                report.not_evaluated(&patients, &format!("the run ended early: {why}"));
            }
        }
        Ok(stopped)
    }

    /// Who has changed since, who may change with time alone, and who is to be tried again.
    async fn changed(&self, state: &State, since: i64, now: i64) -> Result<BTreeSet<String>, Failed> {
        let since = jiff::Timestamp::from_second(since).map(|at| at.to_string()).unwrap_or_default();
        let known = state.patients()?;
        let mut ids = match self.cohort {
            Cohort::Group(_) => self.pull.cohort(self.cohort).await?.ids.difference(&known).cloned().collect(),
            _ => self.pull.diagnosed(Some(&since)).await?,
        };
        ids.extend(self.pull.changed(&known, &since).await?);
        ids.extend(self.pull.plans_changed(&since, &state.written()?).await?);
        ids.extend(state.due(self.run.as_of)?);
        ids.extend(state.to_try_again(now)?);
        Ok(ids)
    }
}

/// The last decision about each of these patients, where a state remembers it.
fn last_decisions(state: Option<&State>, ids: &[String]) -> Result<LastDecisions, Failed> {
    let mut last = LastDecisions::new();
    for id in ids {
        if let Some(decision) = state.map(|state| state.last_decision(id)).transpose()?.flatten() {
            last.insert(id.clone(), decision);
        }
    }
    Ok(last)
}
