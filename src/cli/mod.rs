//! The command line: arguments in, exit code out; one file a subcommand.

mod doctor;
mod evaluate;
mod explain;
mod limits;
mod logging;
mod mappings;
mod program;
mod quarantine;
mod replay;
mod runs;
mod sample;
mod seed;
mod server_arguments;
mod state_argument;
mod sync;

use self::limits::LimitArguments;
use self::server_arguments::ServerArguments;
use crate::bounds::Bounds;
use crate::config::Config;
use crate::error::{Exit, Failed};
use crate::inputs::Day;
use crate::map::Mappings;
use crate::plan::Language;
use crate::pull::{Failure, PatientFiles};
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::io::{self, BufWriter, Write};
use std::num::NonZeroUsize;
use std::path::PathBuf;

/// Runs the Danish guideline "Solitært plasmacytom" (Danish Myeloma Study Group, 17 December 2025) over FHIR R4
/// records. It proposes; the clinician decides. It is not a medical device.
#[derive(Debug, Parser)]
#[command(name = "plasmabridge", version, after_help = exit_codes(), disable_help_subcommand = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    logging: logging::Logging,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Tell whether a sync against a server would work, and which of its codes no mapping knows; only reads
    Doctor(doctor::Arguments),
    /// Decide what the guideline says of the patients in FHIR files
    Evaluate(evaluate::Arguments),
    /// Tell what a recommendation says and reads, or why it came out as it did for a patient
    Explain(explain::Arguments),
    /// Check, list or describe the mapping files
    Mappings(mappings::Arguments),
    /// Tell who could not be decided or written, and let them be tried again
    Quarantine(quarantine::Arguments),
    /// Decide again what an earlier run decided, from the versions that it has read, and compare
    Replay(replay::Arguments),
    /// Tell which runs there were, what each decided from which versions, and why it changed what
    Runs(runs::Arguments),
    /// Print invented patients as NDJSON, a Bundle a line
    Sample(sample::Arguments),
    /// Bring CarePlans and RiskAssessments into agreement with the records
    Sync(Box<sync::Arguments>),
    /// Put invented patients on a test server, all under one tag
    Seed(seed::Seed),
    /// Take away from a test server all that carries the tag, and what was written about those patients
    Unseed(seed::Unseed),
}

/// What all that reads records can be told.
#[derive(Clone, Debug, Args)]
struct Common {
    /// Decide for this day (2026-11-22) instead of today; nothing later counts
    #[arg(long, value_name = "DATE", value_parser = day)]
    as_of: Option<Day>,
    #[command(flatten)]
    mappings: MappingFiles,
    /// The language of what a person reads
    #[arg(long, value_name = "LANGUAGE", default_value = "en", env = "PLASMABRIDGE_LANG")]
    lang: Lang,
    /// Work on this many cores instead of all
    #[arg(long, value_name = "N")]
    threads: Option<NonZeroUsize>,
    #[command(flatten)]
    limits: LimitArguments,
}

/// Which mapping files.
#[derive(Clone, Debug, Args)]
struct MappingFiles {
    /// Use the mapping files of this folder instead of those that the program carries
    #[arg(long, value_name = "DIR", env = "PLASMABRIDGE_MAPPINGS")]
    mappings: Option<PathBuf>,
}

impl MappingFiles {
    fn load(&self, bounds: &Bounds) -> Result<Mappings, Failed> {
        match &self.mappings {
            Some(folder) => Mappings::load(folder, bounds),
            None => Mappings::embedded(),
        }
        .map_err(Failed::Mappings)
    }
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Lang {
    /// English
    En,
    /// Danish
    Da,
}

impl Common {
    fn day(&self) -> Day {
        self.as_of.unwrap_or_else(today)
    }

    fn language(&self) -> Language {
        match self.lang {
            Lang::En => Language::English,
            Lang::Da => Language::Danish,
        }
    }

    fn threads(&self) -> usize {
        self.threads.or_else(|| std::thread::available_parallelism().ok()).map_or(1, NonZeroUsize::get)
    }

    /// How much is read of what others wrote, where no configuration says more.
    fn bounds(&self) -> Bounds {
        self.limits.over(Bounds::default())
    }

    /// The configuration of a server, with the limits of the command line.
    fn config(&self, server: &ServerArguments) -> Result<Config, Failed> {
        let mut config = server.config()?;
        config.settings.bounds = self.limits.over(config.settings.bounds);
        Ok(config)
    }

    fn mappings(&self) -> Result<Mappings, Failed> {
        self.mappings.load(&self.bounds())
    }
}

/// The day that it is here.
fn today() -> Day {
    Day::from(jiff::ZonedDateTime::now().date())
}

fn day(text: &str) -> Result<Day, &'static str> {
    Day::parse(text).ok_or("not a date such as 2026-11-22")
}

fn exit_codes() -> String {
    let lines = Exit::ALL.map(|exit| format!("  {}  {}", exit as u8, exit.meaning()));
    format!("Exit codes:\n{}", lines.join("\n"))
}

/// Reads the arguments of the process, does what they say, and returns how that ended.
pub fn run() -> Exit {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            // Help and version come as errors too, and end well.
            let exit = if error.use_stderr() { Exit::Arguments } else { Exit::Done };
            return if error.print().is_ok() { exit } else { Exit::OurFault };
        }
    };
    arguments.logging.start();
    let done = match arguments.command {
        Command::Doctor(arguments) => doctor::run(&arguments),
        Command::Evaluate(arguments) => evaluate::run(&arguments),
        Command::Explain(arguments) => explain::run(&arguments),
        Command::Mappings(arguments) => mappings::run(&arguments),
        Command::Quarantine(arguments) => quarantine::run(&arguments),
        Command::Replay(arguments) => replay::run(&arguments),
        Command::Runs(arguments) => runs::run(&arguments),
        Command::Sample(arguments) => sample::run(&arguments),
        Command::Sync(arguments) => sync::run(&arguments),
        Command::Seed(arguments) => seed::put(&arguments),
        Command::Unseed(arguments) => seed::take(&arguments),
    };
    done.unwrap_or_else(|failed| {
        tell(&format!("error: {failed}"));
        failed.exit()
    })
}

/// Leaves only the patient that is wanted, if one is.
fn only(files: &mut PatientFiles, wanted: Option<&str>) -> Result<(), Failed> {
    match wanted {
        Some(patient) if !files.only(patient) => Err(no_such_patient(patient)),
        _ => Ok(()),
    }
}

fn no_such_patient(patient: &str) -> Failed {
    Failed::Arguments(format!("`{patient}` is not among the patients of the input"))
}

/// Says something on standard error. That nobody listens there is no reason to stop.
fn tell(line: &str) {
    drop(writeln!(io::stderr().lock(), "{line}"));
}

/// Names each failure, and who is not decided because of them all, beside so many who are.
fn tell_failures(failures: &[Failure], decided: usize) -> Exit {
    if failures.is_empty() {
        return Exit::Done;
    }
    let mut patients: Vec<&str> =
        failures.iter().flat_map(|failure| failure.patients.iter().map(String::as_str)).collect();
    patients.sort_unstable();
    patients.dedup();
    for failure in failures {
        tell(&format!("error: {failure}"));
    }
    let (problems, count) = (failures.len(), patients.len());
    let is = if problems == 1 { "problem" } else { "problems" };
    tell(&match (count, decided) {
        (0, 0) => format!("{problems} {is}; nobody is decided"),
        (0, 1) => format!("{problems} {is}, of no patient that is known; 1 patient is decided"),
        (0, _) => format!("{problems} {is}, of no patient that is known; {decided} patients are decided"),
        (1, _) => format!("{problems} {is}; not decided: {}", patients.join(", ")),
        _ => format!("{problems} {is}; {count} patients are not decided: {}", patients.join(", ")),
    });
    Exit::SomeNotDecided
}

/// The runtime for all that talks to a server.
fn runtime() -> Result<tokio::runtime::Runtime, Failed> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failed::OurFault(format!("the runtime cannot be started: {error}")))
}

/// Whether the server may be asked at this hour.
fn is_open(config: &Config) -> bool {
    let now = jiff::ZonedDateTime::now();
    config.is_open_at(u16::from(now.hour().unsigned_abs()) * 60 + u16::from(now.minute().unsigned_abs()))
}

/// Refuses to ask a server outside its hours, for whoever is waiting for an answer.
fn within_hours(config: &Config) -> Result<(), Failed> {
    if is_open(config) {
        return Ok(());
    }
    let why = "outside the hours of the configuration the server is not asked: ask within them, or by a configuration \
               without `hours`";
    Err(Failed::Configuration(why.to_owned()))
}

/// The id of a patient who is named as `p1` or `Patient/p1`.
fn patient_id(patient: &str) -> &str {
    patient.trim().trim_start_matches("Patient/")
}

/// Seconds since 1970 as an instant that a person can read.
fn instant(seconds: i64) -> String {
    jiff::Timestamp::from_second(seconds).map(|at| at.to_string()).unwrap_or_default()
}

/// A bar on a terminal; nothing elsewhere.
fn progress() -> indicatif::ProgressBar {
    let bar = indicatif::ProgressBar::new(0);
    match indicatif::ProgressStyle::with_template("{bar:40} {pos} of {len} patients, {eta} left") {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

/// Standard output, until nobody reads it any more: then the rest is not worked out.
struct Output(BufWriter<io::StdoutLock<'static>>);

/// How a piece of output went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Written {
    Yes,
    NobodyReads,
}

impl Output {
    fn new() -> Output {
        Output(BufWriter::with_capacity(1 << 16, io::stdout().lock()))
    }

    fn write(&mut self, text: &[u8]) -> Result<Written, Failed> {
        written(self.0.write_all(text))
    }

    fn finish(mut self) -> Result<Written, Failed> {
        written(self.0.flush())
    }
}

/// A value as a line of JSON.
fn json_line(value: &impl serde::Serialize) -> Result<Vec<u8>, Failed> {
    let mut line = serde_json::to_vec(value).map_err(|error| Failed::OurFault(error.to_string()))?;
    line.push(b'\n');
    Ok(line)
}

fn written(result: io::Result<()>) -> Result<Written, Failed> {
    match result {
        Ok(()) => Ok(Written::Yes),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(Written::NobodyReads),
        Err(error) => Err(Failed::file("writing", std::path::Path::new("standard output"), error)),
    }
}
