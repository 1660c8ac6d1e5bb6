//! `sync`: the whole line, from records to CarePlans and RiskAssessments that stand as they should.

use super::{Common, Output, tell};
use crate::error::{Exit, Failed};
use crate::pull::PatientFiles;
use crate::sync::{Changed, Report, Run, Summary};
use crate::write::folder::Folder;
use clap::Args;
use serde::Serialize;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// The arguments of `sync`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Read the records of this folder (or file), as `evaluate` reads them
    #[arg(long, value_name = "IN")]
    folder: PathBuf,
    /// Where the CarePlans and RiskAssessments stand, a JSON file each
    #[arg(long, value_name = "OUT")]
    out: PathBuf,
    /// Only this patient (p1 or Patient/p1)
    #[arg(long, value_name = "ID")]
    patient: Option<String>,
    /// Write nothing; exit code 6 if there is something to write
    #[arg(long)]
    dry_run: bool,
    /// Write what was done, patient by patient, to this file as JSON
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    #[command(flatten)]
    common: Common,
}

/// The one line that a machine reads.
#[derive(Serialize)]
struct Line<'r> {
    #[serde(flatten)]
    summary: &'r Summary,
    seconds: f64,
}

/// Syncs.
pub fn run(arguments: &Arguments) -> Result<Exit, Failed> {
    let start = Instant::now();
    let mappings = arguments.common.mappings()?;
    let mut files = PatientFiles::open(std::slice::from_ref(&arguments.folder), arguments.common.threads());
    super::only(&mut files, arguments.patient.as_deref())?;
    let run = Run {
        as_of: arguments.common.day(),
        mappings: &mappings,
        language: arguments.common.language(),
        dry: arguments.dry_run,
    };
    let mut report = run.folder(&files, &Folder::new(&arguments.out), arguments.patient.is_none())?;
    tell_report(&mut report);
    if let Some(path) = &arguments.report {
        write_report(path, &report)?;
    }
    let line = Line { summary: &report.summary, seconds: start.elapsed().as_millis() as f64 / 1000.0 };
    let mut output = Output::new();
    output.write(&super::json_line(&line)?)?;
    output.finish()?;
    Ok(match (report.not_evaluated.is_empty(), arguments.dry_run && report.has_changes()) {
        (false, _) => Exit::SomeNotDecided,
        (true, true) => Exit::WouldChange,
        (true, false) => Exit::Done,
    })
}

/// Tells a person what was done; patients are named by reference alone.
fn tell_report(report: &mut Report) {
    for Changed { patient, resource, what, reason, place } in &report.changes {
        let reason = reason.map(|reason| format!(" ({reason})")).unwrap_or_default();
        tell(&format!("{what}{reason}: {resource} of {patient}, `{}`", place.display()));
    }
    for it in &report.not_evaluated {
        tell(&format!("not evaluated: {}", it.reason));
    }
    for patient in &report.without_record {
        tell(&format!("without record: {patient}: the input has nothing of this patient; what stands was left"));
    }
}

fn write_report(path: &Path, report: &Report) -> Result<(), Failed> {
    let text = serde_json::to_string_pretty(report).map_err(|error| Failed::OurFault(error.to_string()))?;
    std::fs::write(path, text + "\n").map_err(|error| Failed::file("writing", path, error))
}
