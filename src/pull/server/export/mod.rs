//! Records from an export in bulk instead of searches: all of its files, or nobody is decided from it.

mod kept;
mod manifest;
mod outcomes;

use super::pages::{Found, first_page};
use super::{Batch, Cohort, Pull, owner};
use crate::server::ServerError;
use futures_util::future::try_join_all;
use kept::{Keeping, Kept};
use manifest::Manifest;
use outcomes::{Counting, Outcomes};
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeSet;
use std::sync::atomic::AtomicU64;
use tokio::sync::watch;
use url::Url;

/// How often an export is begun anew that is gone before all of it was read.
const RESTARTS: usize = 1;

/// The types of which a resource that the export lacks would be found by nothing else. (Materials and sites are fetched
/// where something refers to them, and who is not among the Patients is asked for alone.)
const MISSED_IN_SILENCE: [&str; 4] = ["Condition", "Observation", "DiagnosticReport", "Procedure"];

/// The records of a run's patients as an export brought them.
#[derive(Debug)]
pub struct Export {
    kept: Kept,
    /// Who has changed between the export and the run.
    changed: BTreeSet<String>,
    /// What it was, for the report.
    pub exported: Exported,
}

/// What an export was, in numbers.
#[derive(Clone, Debug, Serialize)]
pub struct Exported {
    /// The server's time of which it is.
    pub time: String,
    /// Its files, those about errors too.
    pub files: u64,
    /// Resources of the run's patients in them.
    pub resources: u64,
    /// Patients of the run who are in it.
    pub patients: u64,
    /// Warnings and information that the server gave with it.
    pub warnings: u64,
}

impl Pull<'_> {
    /// Has the server export the records of a cohort, whose ids are these and were found out at a time of the server;
    /// nothing where the run is told to end before all is there.
    ///
    /// # Errors
    /// Where the export is not whole, or does not come in time.
    pub async fn export(
        &self,
        cohort: &Cohort,
        ids: &BTreeSet<String>,
        since: i64,
        stop: &watch::Receiver<bool>,
    ) -> Result<Option<Export>, ServerError> {
        for _ in 0..RESTARTS {
            match self.export_once(cohort, ids, since, stop.clone()).await {
                Err(error @ ServerError::ExportGone) => tracing::warn!(%error, "the export is begun anew"),
                other => return other,
            }
        }
        self.export_once(cohort, ids, since, stop.clone()).await
    }

    async fn export_once(
        &self,
        cohort: &Cohort,
        ids: &BTreeSet<String>,
        since: i64,
        mut stop: watch::Receiver<bool>,
    ) -> Result<Option<Export>, ServerError> {
        let path = match cohort {
            Cohort::Group(group) => format!("Group/{}/$export", group.strip_prefix("Group/").unwrap_or(group)),
            Cohort::Diagnosed | Cohort::Named(_) => "Patient/$export".to_owned(),
        };
        let parameters = [
            ("_type".to_owned(), self.searches.exported().join(",")),
            ("_outputFormat".to_owned(), "application/fhir+ndjson".to_owned()),
        ];
        let status = tokio::select! {
            begun = self.server.begin_export(&path, &parameters) => begun?,
            // Where it can be ended is in the answer that is not waited for.
            Ok(_) = stop.wait_for(|told| *told) => return Ok(None),
        };
        tracing::info!("an export is begun; it is waited for");
        let deadline = self.server.export_settings().deadline;
        let in_time = tokio::time::timeout(deadline, self.read_export(&status, ids, since));
        let export = tokio::select! {
            read = in_time => Some(read.unwrap_or_else(|_| {
                let why = format!("it has not come within {} s", deadline.as_secs());
                Err(ServerError::Export(format!("{why}; raise `deadline_seconds` under `[bulk]`, or export a Group")))
            })),
            Ok(_) = stop.wait_for(|told| *told) => None,
        };
        // Whatever came of it, the server need not keep it any longer. Many have forgotten it already.
        if let Err(error) = self.server.end_export(&status).await {
            tracing::debug!(%error, "the server does not end the export");
        }
        export.transpose()
    }

    /// Waits for the export, reads its files, and finds out what it lacks.
    async fn read_export(&self, status: &Url, ids: &BTreeSet<String>, since: i64) -> Result<Export, ServerError> {
        let gone = |error: ServerError| match error.status() {
            Some(404 | 410) => ServerError::ExportGone,
            _ => error,
        };
        let manifest = Manifest::read(&self.server.exported(status).await.map_err(gone)?)?;
        let mut files = 0;
        let outcomes = Outcomes::default();
        for file in manifest.reports() {
            self.server.export_file(&file, &Counting { outcomes: &outcomes, file }).await.map_err(gone)?;
            outcomes.done();
            files += 1;
        }
        let warnings = outcomes.harmless()?;
        let kept = Kept::new()?;
        let kinds = self.searches.exported();
        let mut here: BTreeSet<&str> = BTreeSet::new();
        let mut room = self.server.export_settings().largest;
        for file in manifest.files(&kinds) {
            let (bytes, base) = (AtomicU64::new(0), self.server.base());
            let keeping = Keeping { kept: &kept, file, ids, base, room, bytes };
            self.server.export_file(&file, &keeping).await.map_err(gone)?;
            keeping.done()?;
            room -= keeping.bytes.into_inner();
            here.insert(file.kind);
            files += 1;
        }
        let resources = kept.complete()?;
        let patients = kept.patients()?;
        for kind in MISSED_IN_SILENCE.into_iter().filter(|kind| kinds.contains(kind) && !here.contains(kind)) {
            self.not_missed(kind, &patients).await?;
        }
        // One that is older than the run, since the server makes it at night, say: what has changed since is searched for.
        let time = manifest.time.to_string();
        let changed = match manifest.time.as_second() < since {
            true => self.changed(&patients, &time).await?,
            false => BTreeSet::new(),
        };
        let exported = Exported { time, files, resources, patients: patients.len() as u64, warnings };
        Ok(Export { kept, changed, exported })
    }

    /// Makes sure that none of these patients has a resource of a type of which the export has none at all: a server may
    /// leave a type out in silence that it does not export.
    async fn not_missed(&self, kind: &str, patients: &BTreeSet<String>) -> Result<(), ServerError> {
        let a_list = if self.lists.are_refused() { 1 } else { self.searches.settings().patients.max(1) };
        let patients: Vec<&str> = patients.iter().map(String::as_str).collect();
        for some in patients.chunks(a_list) {
            let mut has_any = self.has_any(kind, some).await;
            if has_any.as_ref().is_err_and(|error| !error.is_fatal()) && some.len() > 1 {
                // The list was refused, perhaps because it is one.
                let alone = some.iter().map(|id| self.has_any(kind, std::slice::from_ref(id)));
                has_any = try_join_all(alone).await.map(|each| each.contains(&true));
            }
            if has_any? {
                let why = format!("it has no {kind}, and its patients have some, so this server does not export all");
                return Err(ServerError::Export(format!("{why}; sync without `--bulk`")));
            }
        }
        Ok(())
    }

    /// Whether one of these patients has a resource of a type.
    async fn has_any(&self, kind: &str, ids: &[&str]) -> Result<bool, ServerError> {
        let found = first_page(self.server, &self.searches.of_anyone(kind, Some(ids))).await?;
        Ok(found.resources().filter_map(|it| owner(self.server.base(), it)).any(|id| ids.contains(&id)))
    }

    /// The records of these patients (ids) from an export; whoever is not in it, or has changed since, is asked for by
    /// searching.
    ///
    /// # Errors
    /// As [`Pull::batch`].
    pub async fn exported(&self, export: &Export, ids: &[String]) -> Result<Batch, ServerError> {
        match self.read_exported(export, ids).await {
            Err(error) if !error.is_fatal() => {
                tracing::warn!(%error, "what the export refers to was not found; its patients are asked for");
                self.batch(ids).await
            }
            other => other,
        }
    }

    async fn read_exported(&self, export: &Export, ids: &[String]) -> Result<Batch, ServerError> {
        let not_json = |_| ServerError::Export("a line that was read is no JSON any more".to_owned());
        // What searches would not bring is used only where something refers to it, so that both ways read the same.
        let (mut found, mut aside) = (Found::default(), Found::default());
        for id in ids.iter().filter(|id| !export.changed.contains(*id)) {
            for text in export.kept.of_patient(id)? {
                let resource: Value = serde_json::from_str(&text).map_err(not_json)?;
                let found = if self.searches.bring(&resource) { &mut found } else { &mut aside };
                found.add_text(text, resource).map_err(not_json)?;
            }
        }
        let (here, others): (Vec<String>, Vec<String>) = ids.iter().cloned().partition(|id| found.has("Patient", id));
        let wanted: BTreeSet<&str> = here.iter().map(String::as_str).collect();
        let elsewhere = found.at_other_addresses(self.server.base(), &wanted);
        let strangers = found.remove_strangers(self.server.base(), &wanted);
        let batch = Batch { strangers, bounds: *self.server.bounds(), ..Batch::default() };
        let mut batch = self.whole(batch, &here, found, aside, elsewhere).await?;
        if !others.is_empty() {
            tracing::info!(patients = others.len(), "not in the export, or changed since; asked for");
            batch.add(self.batch(&others).await?);
        }
        Ok(batch)
    }
}
