//! What is said of a run: a line for a machine, words for a person, a report.

use super::once::Ran;
use super::{Arguments, Output, Written, tell};
use crate::cli::json_line;
use crate::error::{Exit, Failed};
use crate::server::Counts;
use crate::sync::{Changed, Report, Summary};
use serde::Serialize;
use serde_json::json;
use std::path::Path;
use std::time::Duration;

/// The one line that a machine reads.
#[derive(Serialize)]
struct Line<'r> {
    #[serde(flatten)]
    summary: &'r Summary,
    /// Patients in quarantine.
    #[serde(skip_serializing_if = "Option::is_none")]
    quarantined: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[serde(flatten)]
    traffic: Option<Counts>,
    /// The run's id, where it wrote to a server.
    #[serde(skip_serializing_if = "Option::is_none")]
    run: Option<&'r str>,
    /// Patients whom the run has left to the next one, since it was told to end.
    left: u64,
    seconds: f64,
}

/// How a run has ended.
pub(super) fn exit(report: &Report) -> Exit {
    match (report.server_failed, report.not_evaluated.is_empty(), report.summary.dry_run && report.has_changes()) {
        (true, ..) => Exit::Server,
        (false, false, _) => Exit::SomeNotDecided,
        (false, true, true) => Exit::WouldChange,
        (false, true, false) => Exit::Done,
    }
}

/// Says all of it.
pub(super) fn all(arguments: &Arguments, ran: &Ran, took: Duration) -> Result<(), Failed> {
    let Ran { report, quarantined } = ran;
    tell_report(report);
    if let Some(path) = &arguments.report {
        write_report(path, report)?;
    }
    let line = Line {
        summary: &report.summary,
        quarantined: *quarantined,
        traffic: arguments.folder.is_none().then_some(report.traffic),
        run: report.run.as_deref(),
        left: report.left,
        seconds: took.as_millis() as f64 / 1000.0,
    };
    let mut output = Output::new();
    if arguments.dry_run {
        output.write(difference(report).as_bytes())?;
    }
    if let Some(path) = &arguments.bundle {
        write_bundle(path, report)?;
    }
    if output.write(&json_line(&line)?)? == Written::Yes {
        output.finish()?;
    }
    Ok(())
}

/// Says that there was no run, since the server may not be asked now.
pub(super) fn outside_hours() -> Result<(), Failed> {
    line(&json!({ "outside_hours": true }))
}

/// Says that a run of a service could not be made; what is told of it stands on standard error.
pub(super) fn failed(exit: Exit) -> Result<(), Failed> {
    line(&json!({ "failed": exit.meaning(), "exit": exit as u8 }))
}

fn line(said: &serde_json::Value) -> Result<(), Failed> {
    let mut output = Output::new();
    if output.write(&json_line(said)?)? == Written::Yes {
        output.finish()?;
    }
    Ok(())
}

/// What a dry run would write, patient by patient.
fn difference(report: &Report) -> String {
    let mut text = String::new();
    for changed in &report.changes {
        text.push_str(&format!("{} · {} would be {}\n", changed.patient, changed.resource, changed.what));
        changed.difference.iter().for_each(|line| text.push_str(&format!("  {line}\n")));
    }
    text
}

/// The resources that a dry run would write, as a Bundle.
fn write_bundle(path: &Path, report: &Report) -> Result<(), Failed> {
    let entries: Vec<_> = report.would_write.iter().map(|resource| json!({ "resource": resource })).collect();
    let bundle = json!({ "resourceType": "Bundle", "type": "collection", "entry": entries });
    std::fs::write(path, format!("{bundle}\n")).map_err(|error| Failed::file("writing", path, error))
}

/// Tells a person what was done; patients are named by reference alone.
fn tell_report(report: &Report) {
    let would = if report.summary.dry_run { "would be " } else { "" };
    for Changed { patient, resource, what, reason, why, place, .. } in &report.changes {
        let reason = reason.map(|reason| format!(" ({reason})")).unwrap_or_default();
        let place = place.as_ref().map(|place| format!(", `{place}`")).unwrap_or_default();
        let why = why.iter().map(|why| why.word()).collect::<Vec<_>>().join(", ");
        tell(&format!("{would}{what}{reason}: {resource} of {patient}{place}; why: {why}"));
    }
    for it in &report.not_evaluated {
        match it.patients.is_empty() {
            true => tell(&format!("not read: {}", it.reason)),
            false => tell(&format!("not evaluated: {}: {}", it.patients.join(", "), it.reason)),
        }
    }
    for patient in &report.without_record {
        tell(&format!("without record: {patient}: the input has nothing of this patient; what stands was left"));
    }
}

fn write_report(path: &Path, report: &Report) -> Result<(), Failed> {
    let text = serde_json::to_string_pretty(report).map_err(|error| Failed::OurFault(error.to_string()))?;
    std::fs::write(path, text + "\n").map_err(|error| Failed::file("writing", path, error))
}
