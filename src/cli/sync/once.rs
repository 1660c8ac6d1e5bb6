//! One run against a server.

use super::Arguments;
use crate::cli::{self, patient_id, program, tell};
use crate::config::Config;
use crate::error::Failed;
use crate::map::Mappings;
use crate::plan::provenance::Provenance;
use crate::pull::server::{Cohort, Pull, Searches};
use crate::server::{Counts, Server};
use crate::sync::decided_by::DecidedBy;
use crate::sync::server::{Bulk, ServerRun};
use crate::sync::state::{State, StateError};
use crate::sync::{Report, Run};
use std::path::Path;
use std::sync::atomic::AtomicBool;
use tokio::sync::watch;

/// A run that has come to its end.
pub(super) struct Ran {
    pub report: Report,
    /// Patients in quarantine after it, where a state file knows them.
    pub quarantined: Option<u64>,
}

/// Why a run has not come to its end, and what it had asked of the server by then.
pub(super) struct Broken {
    pub why: Failed,
    pub traffic: Counts,
}

impl From<Failed> for Broken {
    fn from(why: Failed) -> Broken {
        Broken { why, traffic: Counts::default() }
    }
}

/// Against a server; nothing outside the hours in which it may be asked.
pub(super) fn run(arguments: &Arguments) -> Result<Option<Ran>, Failed> {
    let bar = cli::progress();
    let shown = |done: usize, all: usize| {
        bar.set_length(all as u64);
        bar.set_position(done as u64);
    };
    cli::runtime()?.block_on(async {
        let (tell_to_end, stop) = watch::channel(false);
        let told = tokio::spawn(told_to_end(tell_to_end));
        let ran = run_until(arguments, stop, &shown).await;
        told.abort();
        bar.finish_and_clear();
        ran.map_err(|broken| broken.why)
    })
}

/// All that a run is made of, read and checked; the server is not asked yet.
pub(super) struct Ready {
    config: Config,
    mappings: Mappings,
    cohort: Cohort,
    server: Server,
}

impl Ready {
    pub(super) fn new(arguments: &Arguments, config: Config) -> Result<Ready, Failed> {
        let mappings = arguments.common.mappings()?;
        let server = Server::new(&config.settings)?;
        let not_as_exported = Searches::new(&mappings, config.search.clone()).not_as_exported();
        if arguments.bulk && !not_as_exported.is_empty() {
            let types = not_as_exported.join(", ");
            let why = "an export would bring what they leave out: take them out, or sync without `--bulk`";
            return Err(Failed::Configuration(format!("the searches of {types} have `parameters`; {why}")));
        }
        Ok(Ready { config, mappings, cohort: cohort(arguments)?, server })
    }

    pub(super) const fn mappings(&self) -> &Mappings {
        &self.mappings
    }

    pub(super) fn state(&self, path: &Path) -> Result<State, StateError> {
        State::open(path, self.server.base().as_str())
    }
}

/// The same, until `stop` says so: then the patients in hand are finished. `progress` is told the patients done and in
/// all.
pub(super) async fn run_until(
    arguments: &Arguments,
    stop: watch::Receiver<bool>,
    progress: &dyn Fn(usize, usize),
) -> Result<Option<Ran>, Broken> {
    let mut config = arguments.common.config(&arguments.server)?;
    if arguments.group.is_some() {
        config.read_groups();
    }
    if !cli::is_open(&config) {
        tell("outside the hours of the configuration: the server is not asked");
        return Ok(None);
    }
    let ready = Ready::new(arguments, config)?;
    let mut state = match &arguments.state {
        Some(path) => Some(ready.state(path).map_err(Failed::from)?),
        None => None,
    };
    let Ready { config, mappings, cohort, server } = &ready;
    let run =
        Run { as_of: arguments.common.day(), mappings, language: arguments.common.language(), dry: arguments.dry_run };
    // Only a state file remembers which file the program was started from.
    let executable = state.as_ref().and_then(|_| program::executable());
    let server_run = ServerRun {
        run: &run,
        pull: &Pull::new(server, Searches::new(mappings, config.search.clone())),
        cohort,
        full: arguments.full,
        decided_by: DecidedBy::this_program(executable, mappings.digest(), arguments.common.language().tag()),
        keep_days: config.keep_days.get(),
        bulk: match (arguments.bulk, arguments.every) {
            (false, _) => Bulk::Never,
            (true, None) => Bulk::Always,
            (true, Some(_)) => Bulk::WhenFull,
        },
        provenance: Provenance {
            run: format!("urn:uuid:{}", uuid::Uuid::new_v4()),
            recorded: jiff::Timestamp::now().to_string(),
            mappings: mappings.digest(),
        },
        progress,
        stop,
        is_open: &|| cli::is_open(config),
        ranges_in_extensions: AtomicBool::new(false),
    };
    let ran = server_run.run(state.as_mut()).await;
    let report = ran.map_err(|why| Broken { why, traffic: server.counts() })?;
    let quarantined = state.map(|state| state.quarantine()).transpose().map_err(Failed::from)?;
    Ok(Some(Ran { report, quarantined: quarantined.map(|all| all.len() as u64) }))
}

/// Waits for the word to end (SIGTERM, or Ctrl-C) and lets the run finish the patients that it has in hand.
pub(super) async fn told_to_end(stop: watch::Sender<bool>) {
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
