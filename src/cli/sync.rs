//! `sync`: the whole line, from records to CarePlans and RiskAssessments that stand as they should.

use super::server_arguments::ServerArguments;
use super::{Common, Output, Written, json_line, patient_id, program, tell};
use crate::error::{Exit, Failed};
use crate::plan::provenance::Provenance;
use crate::pull::PatientFiles;
use crate::pull::server::{Cohort, Pull, Searches};
use crate::server::{Counts, Server};
use crate::sync::decided_by::DecidedBy;
use crate::sync::server::ServerRun;
use crate::sync::state::State;
use crate::sync::{Changed, Report, Run, Summary};
use crate::write::folder::Folder;
use clap::Args;
use serde::Serialize;
use serde_json::json;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::time::Instant;
use tokio::sync::watch;

/// The arguments of `sync`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Read the records of this folder (or file), as `evaluate` reads them
    #[arg(long, value_name = "IN", requires = "out", conflicts_with_all = ["server", "config"])]
    folder: Option<PathBuf>,
    /// Where the CarePlans and RiskAssessments stand, a JSON file each
    #[arg(long, value_name = "OUT", requires = "folder")]
    out: Option<PathBuf>,
    #[command(flatten)]
    server: ServerArguments,
    /// Only this patient (p1 or Patient/p1); can be said several times for a server
    #[arg(long, value_name = "ID")]
    patient: Vec<String>,
    /// Only the patients whose ids stand in this file, one a line
    #[arg(long, value_name = "FILE", conflicts_with = "folder")]
    patients: Option<PathBuf>,
    /// Only the members of this Group
    #[arg(long, value_name = "ID", conflicts_with_all = ["folder", "patient", "patients"])]
    group: Option<String>,
    /// Remember here what was seen, so that the next run asks only for what has changed
    #[arg(long, value_name = "FILE", conflicts_with = "folder", env = "PLASMABRIDGE_STATE")]
    state: Option<PathBuf>,
    /// Read everyone, whatever is remembered
    #[arg(long, conflicts_with = "folder")]
    full: bool,
    /// Write nothing; print what would be different, patient by patient; exit code 6 if there is anything
    #[arg(long)]
    dry_run: bool,
    /// Put the resources that a dry run would write to a server into this file, as a Bundle
    #[arg(long, value_name = "FILE", requires = "dry_run", conflicts_with = "folder")]
    bundle: Option<PathBuf>,
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

/// Syncs.
pub fn run(arguments: &Arguments) -> Result<Exit, Failed> {
    let start = Instant::now();
    let (report, traffic) = match (&arguments.folder, &arguments.out) {
        (Some(folder), Some(out)) => (from_folder(arguments, folder, out)?, None),
        _ => match from_server(arguments)? {
            Some(report) => {
                let traffic = report.traffic;
                (report, Some(traffic))
            }
            None => return Ok(Exit::Done),
        },
    };
    tell_report(&report);
    if let Some(path) = &arguments.report {
        write_report(path, &report)?;
    }
    let left = report.left;
    let seconds = start.elapsed().as_millis() as f64 / 1000.0;
    let line = Line { summary: &report.summary, traffic, run: report.run.as_deref(), left, seconds };
    let mut output = Output::new();
    if arguments.dry_run {
        output.write(difference(&report).as_bytes())?;
    }
    if let Some(path) = &arguments.bundle {
        write_bundle(path, &report)?;
    }
    if output.write(&json_line(&line)?)? == Written::Yes {
        output.finish()?;
    }
    Ok(match (report.server_failed, report.not_evaluated.is_empty(), arguments.dry_run && report.has_changes()) {
        (true, ..) => Exit::Server,
        (false, false, _) => Exit::SomeNotDecided,
        (false, true, true) => Exit::WouldChange,
        (false, true, false) => Exit::Done,
    })
}

fn from_folder(arguments: &Arguments, folder: &Path, out: &Path) -> Result<Report, Failed> {
    let mappings = arguments.common.mappings()?;
    let only = match arguments.patient.as_slice() {
        [] => None,
        [one] => Some(one.as_str()),
        _ => return Err(Failed::Arguments("from a folder, `--patient` can be said once".to_owned())),
    };
    let mut files = PatientFiles::open(&[folder.to_owned()], arguments.common.threads());
    super::only(&mut files, only)?;
    let run = Run {
        as_of: arguments.common.day(),
        mappings: &mappings,
        language: arguments.common.language(),
        dry: arguments.dry_run,
    };
    run.folder(&files, &Folder::new(out), only.is_none())
}

/// Against a server; nothing outside the hours in which it may be asked.
fn from_server(arguments: &Arguments) -> Result<Option<Report>, Failed> {
    let config = arguments.server.config()?;
    if !super::is_open(&config) {
        tell("outside the hours of the configuration: the server is not asked");
        let mut output = Output::new();
        output.write(b"{\"outside_hours\":true}\n")?;
        output.finish()?;
        return Ok(None);
    }
    let mappings = arguments.common.mappings()?;
    let server = Server::new(&config.settings)?;
    let mut state = match &arguments.state {
        Some(path) => Some(State::open(path, server.base().as_str())?),
        None => None,
    };
    let run = Run {
        as_of: arguments.common.day(),
        mappings: &mappings,
        language: arguments.common.language(),
        dry: arguments.dry_run,
    };
    let progress = super::progress();
    let shown = |done: usize, all: usize| {
        progress.set_length(all as u64);
        progress.set_position(done as u64);
    };
    // Only a state file remembers which file the program was started from.
    let executable = state.as_ref().and_then(|_| program::executable());
    let (tell_to_end, stop) = watch::channel(false);
    let server_run = ServerRun {
        run: &run,
        pull: &Pull::new(&server, Searches::new(&mappings, config.search)),
        cohort: &cohort(arguments)?,
        full: arguments.full,
        decided_by: DecidedBy::this_program(executable, mappings.digest(), arguments.common.language().tag()),
        keep_days: config.keep_days.get(),
        provenance: Provenance {
            run: format!("urn:uuid:{}", uuid::Uuid::new_v4()),
            recorded: jiff::Timestamp::now().to_string(),
            mappings: mappings.digest(),
        },
        progress: &shown,
        stop,
        ranges_in_extensions: AtomicBool::new(false),
    };
    let report = super::runtime()?.block_on(async {
        let told = tokio::spawn(told_to_end(tell_to_end));
        let report = server_run.run(state.as_mut()).await;
        told.abort();
        report
    })?;
    progress.finish_and_clear();
    Ok(Some(report))
}

/// Waits for the word to end (SIGTERM, or Ctrl-C) and lets the run finish the patients that it has in hand.
async fn told_to_end(stop: watch::Sender<bool>) {
    #[cfg(unix)]
    let terminated = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => drop(signal.recv().await),
            Err(_) => std::future::pending().await,
        }
    };
    #[cfg(not(unix))]
    let terminated = std::future::pending::<()>();
    tokio::select! {
        () = terminated => {}
        interrupted = tokio::signal::ctrl_c() => if interrupted.is_err() { std::future::pending().await },
    }
    tell("told to end: the patients in hand are finished, the others are left to the next run");
    stop.send_replace(true);
}

fn cohort(arguments: &Arguments) -> Result<Cohort, Failed> {
    let mut named: Vec<String> = arguments.patient.iter().map(|text| patient_id(text).to_owned()).collect();
    if let Some(path) = &arguments.patients {
        let text = std::fs::read_to_string(path).map_err(|error| Failed::file("reading", path, error))?;
        named.extend(text.lines().map(patient_id).filter(|id| !id.is_empty()).map(str::to_owned));
    }
    Ok(match &arguments.group {
        Some(group) => Cohort::Group(group.clone()),
        None if arguments.patient.is_empty() && arguments.patients.is_none() => Cohort::Diagnosed,
        None => Cohort::Named(named),
    })
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
