//! `quarantine`: the patients who could not be decided or written, why, and when they are tried again.

use super::server_arguments::ServerArguments;
use super::state_argument::StateArgument;
use super::{Output, instant, json_line, patient_id};
use crate::error::{Exit, Failed};
use crate::server::Server;
use crate::sync::state::{Quarantined, State};
use clap::{Args, Subcommand};
use serde::Serialize;

/// The arguments of `quarantine`.
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Everyone in quarantine, a line each: since when, how often tried, when again, why
    List {
        #[command(flatten)]
        of: Of,
        /// Print JSON, a patient a line
        #[arg(long)]
        json: bool,
    },
    /// One patient in quarantine, as JSON
    Show {
        #[command(flatten)]
        of: Of,
        /// The patient (p1 or Patient/p1)
        #[arg(value_name = "ID")]
        patient: String,
    },
    /// Let the next run try again, whatever the pause
    Redo {
        #[command(flatten)]
        of: Of,
        /// The patients (p1 or Patient/p1)
        #[arg(value_name = "ID", required_unless_present = "all", conflicts_with = "all")]
        patients: Vec<String>,
        /// Everyone in quarantine
        #[arg(long)]
        all: bool,
    },
}

/// Whose quarantine.
#[derive(Debug, Args)]
struct Of {
    #[command(flatten)]
    server: ServerArguments,
    #[command(flatten)]
    state: StateArgument,
}

/// A patient in quarantine, as it is printed: references and times, no value of the patient.
#[derive(Serialize)]
struct Line<'q> {
    patient: String,
    since: String,
    attempts: i64,
    next_try: String,
    reason: &'q str,
}

impl<'q> Line<'q> {
    fn of(quarantined: &'q Quarantined) -> Line<'q> {
        Line {
            patient: format!("Patient/{}", quarantined.id),
            since: instant(quarantined.since),
            attempts: quarantined.attempts,
            next_try: instant(quarantined.next_try),
            reason: &quarantined.reason,
        }
    }

    fn text(&self) -> String {
        let Line { patient, since, attempts, next_try, reason } = self;
        format!("{patient}\tsince {since}\ttried {attempts} times\tnext try {next_try}\t{reason}\n")
    }
}

impl Of {
    fn state(&self) -> Result<State, Failed> {
        let path = self.state.path()?;
        let server = Server::new(&self.server.config()?.settings)?;
        Ok(State::open(path, server.base().as_str())?)
    }
}

/// Lists, shows, or lets try again.
pub fn run(arguments: &Arguments) -> Result<Exit, Failed> {
    let mut output = Output::new();
    match &arguments.what {
        What::List { of, json } => {
            for quarantined in &of.state()?.quarantine()? {
                let line = Line::of(quarantined);
                let text = if *json { json_line(&line)? } else { line.text().into_bytes() };
                output.write(&text)?;
            }
        }
        What::Show { of, patient } => {
            let all = of.state()?.quarantine()?;
            let found = all.iter().find(|it| it.id == patient_id(patient)).ok_or_else(|| not_there(patient))?;
            output.write(&json_line(&Line::of(found))?)?;
        }
        What::Redo { of, patients, all } => {
            let state = of.state()?;
            if *all {
                state.redo_all()?;
            }
            for patient in patients {
                if !state.redo(patient_id(patient))? {
                    return Err(not_there(patient));
                }
            }
        }
    }
    output.finish()?;
    Ok(Exit::Done)
}

fn not_there(patient: &str) -> Failed {
    Failed::Arguments(format!("`{patient}` is not in quarantine; `quarantine list` names who is"))
}
