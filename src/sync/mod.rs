//! A run over all patients: each one read whole, decided, and brought into agreement with what stands.

mod batch;
pub mod decided_by;
pub mod health;
mod next_look;
mod patients;
mod reading;
pub mod replay;
mod report;
pub mod server;
pub mod state;
mod why;

pub use reading::Reading;
pub use report::{Changed, Report, Summary, What};
pub use why::{LastDecision, Why};

use crate::error::Failed;
use crate::fhir::Record;
use crate::guideline::{Decision, decide};
use crate::inputs::{Day, Inputs};
use crate::map::Mappings;
use crate::plan::{Language, ResourceKind, codes, fingerprint, withdrawal};
use crate::pull::PatientFiles;
use crate::write::folder::Folder;
use crate::write::reconcile::{Change, Refused, Wanted, withdraw};
use serde_json::Value;
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
        let patient = record.patient();
        let stands = |kind| folder.standing(kind, &codes::identifier(kind, patient));
        let (plans, prognoses) = (stands(ResourceKind::CarePlan)?, stands(ResourceKind::RiskAssessment)?);
        let standing = [(ResourceKind::CarePlan, plans.as_slice()), (ResourceKind::RiskAssessment, &prognoses)];
        // A folder has no state: what stands there is all that tells why.
        let seen = why::unremembered(standing.iter().any(|(_, standing)| !standing.is_empty()));
        let work = match record.is_replaced() {
            true => self.taken_back(patient, withdrawal::Reason::Merged, &standing),
            false => {
                let (inputs, _) = self.mappings.map(record);
                self.work(&decide(&inputs, self.as_of), &inputs, &standing, None, &seen)
            }
        };
        let mut done = Vec::with_capacity(2);
        for Work { kind, change, why } in work.map_err(|refused| Failed::OurFault(refused.to_string()))? {
            match change.resource() {
                Some(resource) if !self.dry => folder.write(kind, resource)?,
                _ => {}
            }
            let id = change.resource().and_then(|it| it.get("id")?.as_str());
            let place = id.map(|id| folder.place(kind, id).display().to_string());
            done.extend(Changed::of(patient, kind, place, &change, why, self.dry));
        }
        Ok(done)
    }

    /// All that stands of ours for a patient whose record is gone, taken back.
    fn taken_back(
        &self,
        patient: &str,
        reason: withdrawal::Reason,
        standing: &[(ResourceKind, &[Value])],
    ) -> Result<Vec<Work>, Refused> {
        let mut work = Vec::with_capacity(2);
        for (kind, standing) in standing {
            let ours = standing.iter().filter(|it| fingerprint::is_intact(it));
            for resource in ours.filter(|it| !withdrawal::is_withdrawn(*kind, it)) {
                let change = withdraw(*kind, resource, patient, reason, self.language, self.as_of)?;
                work.push(Work { kind: *kind, change, why: vec![Why::Data] });
            }
        }
        Ok(work)
    }

    /// What is to be done about all that stands for a patient, and why.
    fn work(
        &self,
        decision: &Decision<'_>,
        inputs: &Inputs,
        standing: &[(ResourceKind, &[Value])],
        last: Option<&LastDecision>,
        since_last: &[Why],
    ) -> Result<Vec<Work>, Refused> {
        let mut work = Vec::with_capacity(2);
        for (kind, standing) in standing {
            let wanted = Wanted { kind: *kind, decision, inputs, language: self.language };
            work.extend(wanted.reconcile(standing)?.into_iter().map(|change| {
                let why = why::of_change(&change, *kind, standing, last, since_last);
                Work { kind: *kind, change, why }
            }));
        }
        Ok(work)
    }
}

/// What is to be done about a resource, and why.
struct Work {
    kind: ResourceKind,
    change: Change,
    why: Vec<Why>,
}

/// Names the patients for whom something stands and of whom the input has nothing: they may be elsewhere, so what
/// stands for them stays.
fn without_record(folder: &Folder, seen: &HashSet<String>, report: &mut Report) -> Result<(), Failed> {
    let mut named = HashSet::new();
    for kind in ResourceKind::ALL {
        for id in folder.ids(kind)?.into_iter().filter(|id| !seen.contains(first_of_row(id))) {
            let standing = folder.standing(kind, &id).unwrap_or_default();
            let subject = standing.first().and_then(|it| Some(it.pointer("/subject/reference")?.as_str()?.to_owned()));
            let subject = subject.unwrap_or_else(|| format!("{}/{id}", kind.name()));
            if named.insert(subject.clone()) {
                report.without_record(subject);
            }
        }
    }
    Ok(())
}

/// The id of the first resource in a row of replacements: `plasmabridge-…` of `plasmabridge-…-2`.
fn first_of_row(id: &str) -> &str {
    id.match_indices('-').nth(1).and_then(|(place, _)| id.get(..place)).unwrap_or(id)
}

/// The ids of both resources of a patient.
fn ids(patient: &str) -> impl Iterator<Item = String> {
    ResourceKind::ALL.into_iter().map(move |kind| codes::identifier(kind, patient))
}
