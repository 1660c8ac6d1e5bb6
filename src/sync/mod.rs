//! A run over all patients: each one read whole, decided, and brought into agreement with what stands.

mod report;

pub use report::{Changed, Report, Summary, What};

use crate::error::Failed;
use crate::fhir::Record;
use crate::guideline::decide;
use crate::inputs::Day;
use crate::map::Mappings;
use crate::plan::{Language, ResourceKind, codes};
use crate::pull::PatientFiles;
use crate::write::folder::Folder;
use crate::write::reconcile::{Change, reconcile};
use std::collections::HashSet;
use std::ops::ControlFlow;

/// What a run is to do.
#[derive(Debug)]
pub struct Run<'r> {
    /// The day that it decides for.
    pub as_of: Day,
    /// What each code means.
    pub mappings: &'r Mappings,
    /// The language of what a person reads.
    pub language: Language,
    /// Whether nothing is to be written.
    pub dry: bool,
}

impl Run<'_> {
    /// Reads the patients of files and brings the resources in a folder into agreement. A patient that fails does not
    /// stop the others; what stands for one that is not decided stays as it is. If `all` patients were to be read,
    /// those for whom something stands and of whom the files have nothing are named.
    ///
    /// # Errors
    /// A folder that cannot be listed.
    pub fn folder(&self, files: &PatientFiles, folder: &Folder, all: bool) -> Result<Report, Failed> {
        let mut report = Report::new(self.as_of, self.dry);
        let mut seen: HashSet<String> = HashSet::new();
        for failure in files.failures() {
            report.not_evaluated(&failure.patients, &failure.to_string());
        }
        seen.extend(files.failures().iter().flat_map(|failure| &failure.patients).flat_map(|it| ids(it)));
        files.each(
            |record| (record.patient().to_owned(), self.patient(record, folder)),
            |result| {
                match result {
                    Err(failure) => {
                        seen.extend(failure.patients.iter().flat_map(|it| ids(it)));
                        report.not_evaluated(&failure.patients, &failure.to_string());
                    }
                    Ok((patient, result)) => {
                        seen.extend(ids(&patient));
                        match result {
                            Ok(changes) => report.patient(changes),
                            Err(failed) => report.not_evaluated(&[patient], &failed.to_string()),
                        }
                    }
                }
                ControlFlow::Continue(())
            },
        );
        if all {
            without_record(folder, &seen, &mut report)?;
        }
        Ok(report)
    }

    /// Both resources of a patient. They are worked out before the first is written.
    fn patient(&self, record: &Record<'_>, folder: &Folder) -> Result<Vec<Changed>, Failed> {
        let (inputs, _) = self.mappings.map(record);
        let decision = decide(&inputs, self.as_of);
        let mut changes = Vec::with_capacity(2);
        for kind in ResourceKind::ALL {
            let id = codes::identifier(kind, decision.patient);
            let standing = folder.standing(kind, &id)?;
            let change = reconcile(kind, &decision, &inputs, standing.as_ref(), self.language)
                .map_err(|refused| Failed::OurFault(refused.to_string()))?;
            changes.push((kind, id, change));
        }
        let mut done = Vec::with_capacity(2);
        for (kind, id, change) in changes {
            if let (false, Change::Create(it) | Change::Update(it) | Change::Withdraw(it, _)) = (self.dry, &change) {
                folder.write(kind, &id, it)?;
            }
            done.extend(Changed::of(decision.patient, kind, folder.place(kind, &id), &change));
        }
        Ok(done)
    }
}

/// Names the patients for whom something stands and of whom the input has nothing: they may be elsewhere, so what
/// stands for them stays.
fn without_record(folder: &Folder, seen: &HashSet<String>, report: &mut Report) -> Result<(), Failed> {
    let mut named = HashSet::new();
    for kind in ResourceKind::ALL {
        for id in folder.ids(kind)?.into_iter().filter(|id| !seen.contains(id)) {
            let subject = match folder.standing(kind, &id) {
                Ok(standing) => standing.and_then(|it| Some(it.pointer("/subject/reference")?.as_str()?.to_owned())),
                Err(_) => None,
            };
            let subject = subject.unwrap_or_else(|| format!("{}/{id}", kind.name()));
            if named.insert(subject.clone()) {
                report.without_record(subject);
            }
        }
    }
    Ok(())
}

/// The ids of both resources of a patient.
fn ids(patient: &str) -> impl Iterator<Item = String> {
    ResourceKind::ALL.into_iter().map(move |kind| codes::identifier(kind, patient))
}
