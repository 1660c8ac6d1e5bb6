//! `sync`: the whole line, from records to CarePlans and RiskAssessments that stand as they should.

mod metrics;
mod once;
mod said;
mod service;

use super::server_arguments::ServerArguments;
use super::{Common, Output, Written, tell};
use crate::error::{Exit, Failed};
use crate::pull::PatientFiles;
use crate::sync::{Report, Run};
use crate::write::folder::Folder;
use clap::Args;
use once::Ran;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

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
    /// Read everyone from an export in bulk (`$export`) instead of by searches; with `--every` where everyone is to be read
    #[arg(long, conflicts_with_all = ["folder", "patient", "patients"])]
    bulk: bool,
    /// Write nothing; print what would be different, patient by patient; exit code 6 if there is anything
    #[arg(long)]
    dry_run: bool,
    /// Put the resources that a dry run would write to a server into this file, as a Bundle
    #[arg(long, value_name = "FILE", requires = "dry_run", conflicts_with = "folder")]
    bundle: Option<PathBuf>,
    /// Write what was done, patient by patient, to this file as JSON
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// Run again and again, so long after the start of each (`10m`, `1h`), until told to end; needs `--state`
    #[arg(long, value_name = "TIME", value_parser = duration, requires = "state", conflicts_with_all = ["dry_run", "folder", "report"])]
    every: Option<Duration>,
    /// Wait a random time up to this before each run but the first, so that many do not ask at once
    #[arg(long, value_name = "TIME", value_parser = duration, default_value = "30s", requires = "every")]
    jitter: Duration,
    /// Tell of health (`/healthz`, `/readyz`) and numbers (`/metrics`) at this address, `127.0.0.1:9464` for example
    #[arg(long, value_name = "ADDRESS", requires = "every")]
    listen: Option<SocketAddr>,
    #[command(flatten)]
    common: Common,
}

/// A time span as jiff reads it, in hours and less: `10m`, `1h 30m`, `90 seconds`.
fn duration(text: &str) -> Result<Duration, &'static str> {
    let span: Option<jiff::SignedDuration> = text.parse().ok();
    span.and_then(|span| Duration::try_from(span).ok())
        .filter(|span| *span <= LONGEST)
        .ok_or("not a time such as 10m or 1h 30m, of 744 hours at most")
}

/// The longest time between two runs: 31 days.
const LONGEST: Duration = Duration::from_secs(31 * 86_400);

/// Syncs.
pub fn run(arguments: &Arguments) -> Result<Exit, Failed> {
    if let Some(every) = arguments.every {
        return service::run(arguments, every);
    }
    let start = Instant::now();
    let ran = match (&arguments.folder, &arguments.out) {
        (Some(folder), Some(out)) => Some(Ran { report: from_folder(arguments, folder, out)?, quarantined: None }),
        _ => once::run(arguments)?,
    };
    match ran {
        Some(ran) => said::all(arguments, &ran, start.elapsed()).map(|()| said::exit(&ran.report)),
        None => said::outside_hours().map(|()| Exit::Done),
    }
}

fn from_folder(arguments: &Arguments, folder: &Path, out: &Path) -> Result<Report, Failed> {
    let mappings = arguments.common.mappings()?;
    let only = match arguments.patient.as_slice() {
        [] => None,
        [one] => Some(one.as_str()),
        _ => return Err(Failed::Arguments("from a folder, `--patient` can be said once".to_owned())),
    };
    let mut files = PatientFiles::open(&[folder.to_owned()], arguments.common.threads(), arguments.common.bounds());
    super::only(&mut files, only)?;
    let run = Run {
        as_of: arguments.common.day(),
        mappings: &mappings,
        language: arguments.common.language(),
        dry: arguments.dry_run,
    };
    run.folder(&files, &Folder::new(out, arguments.common.bounds()), only.is_none())
}
