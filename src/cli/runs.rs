//! `runs`: which runs there were, and what each decided, from which versions, and why it changed what.

use super::server_arguments::ServerArguments;
use super::state_argument::StateArgument;
use super::{Output, instant, json_line, patient_id};
use crate::error::{Exit, Failed};
use crate::inputs::Day;
use crate::server::Server;
use crate::sync::decided_by::DecidedBy;
use crate::sync::state::{RecordedChange, RecordedDecision, RecordedRun, Runs};
use clap::{Args, Subcommand};
use serde::Serialize;
use serde_json::value::RawValue;

/// The arguments of `runs`.
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// The runs that decided anybody, a line each, the newest first
    List {
        #[command(flatten)]
        state: StateArgument,
        #[command(flatten)]
        server: ServerArguments,
        /// Only the runs that decided this patient (p1 or Patient/p1)
        #[arg(long, value_name = "ID")]
        patient: Option<String>,
        /// Print JSON, a run a line
        #[arg(long)]
        json: bool,
    },
    /// One run: who was decided, from which versions, what was changed and why
    Show {
        /// The run's id (as a Provenance names it), or as much of its beginning as is needed
        #[arg(value_name = "RUN")]
        run: String,
        #[command(flatten)]
        state: StateArgument,
        /// Only this patient (p1 or Patient/p1)
        #[arg(long, value_name = "ID")]
        patient: Option<String>,
        /// Print one line of JSON
        #[arg(long)]
        json: bool,
    },
}

/// A run, as it is printed: references, times, digests and numbers, no value of a patient.
#[derive(Serialize)]
struct Shown<'r> {
    run: &'r str,
    server: &'r str,
    started: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    ended: Option<String>,
    as_of: Day,
    #[serde(flatten)]
    decided_by: &'r DecidedBy,
    #[serde(skip_serializing_if = "Option::is_none")]
    counts: Option<&'r RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    patients: Option<&'r [RecordedDecision]>,
}

/// Lists or shows.
pub fn run(arguments: &Arguments) -> Result<Exit, Failed> {
    let mut output = Output::new();
    match &arguments.what {
        What::List { state, server, patient, json } => {
            let base = match server.is_said() {
                true => Some(Server::new(&server.config()?.settings)?.base().as_str().to_owned()),
                false => None,
            };
            let runs = Runs::open(state.path()?)?;
            for run in &runs.list(base.as_deref(), patient.as_deref().map(patient_id))? {
                let shown = Shown::of(run, None)?;
                output.write(&if *json { json_line(&shown)? } else { shown.line().into_bytes() })?;
            }
        }
        What::Show { run, state, patient, json } => {
            let runs = Runs::open(state.path()?)?;
            let run = one(&runs, run)?;
            let decisions = runs.decisions(&run, patient.as_deref().map(patient_id))?;
            if let (Some(patient), []) = (patient, decisions.as_slice()) {
                return Err(not_decided(&run, patient));
            }
            let shown = Shown::of(&run, Some(&decisions))?;
            output.write(&if *json { json_line(&shown)? } else { shown.text().into_bytes() })?;
        }
    }
    output.finish()?;
    Ok(Exit::Done)
}

/// The one run that is meant.
///
/// # Errors
/// Where there is none, or several begin so.
pub fn one(runs: &Runs, beginning: &str) -> Result<RecordedRun, Failed> {
    let mut found = runs.find(beginning)?;
    match (found.pop(), found.len()) {
        (Some(run), 0) => Ok(run),
        (None, _) => Err(Failed::Arguments(format!(
            "no run `{beginning}` is recorded: it decided nobody, or is older than the record is kept; `runs list` \
             names those that are"
        ))),
        (Some(_), more) => {
            let number = more + 1;
            Err(Failed::Arguments(format!("{number} runs begin with `{beginning}`; write more of the id")))
        }
    }
}

/// A patient of whom a run has recorded nothing.
pub fn not_decided(run: &RecordedRun, patient: &str) -> Failed {
    let id = patient_id(patient);
    Failed::Arguments(format!(
        "`{}` did not decide `{patient}`; `runs list --patient {id}` names the runs that did",
        run.id
    ))
}

impl<'r> Shown<'r> {
    fn of(run: &'r RecordedRun, patients: Option<&'r [RecordedDecision]>) -> Result<Shown<'r>, Failed> {
        let counts = run.counts.as_deref().map(serde_json::from_str::<&RawValue>).transpose();
        Ok(Shown {
            run: &run.id,
            server: &run.server,
            started: instant(run.started),
            ended: run.ended.map(instant),
            as_of: run.as_of,
            decided_by: &run.decided_by,
            counts: counts.map_err(|error| Failed::State(format!("the numbers of `{}`: {error}", run.id)))?,
            patients,
        })
    }

    fn ended(&self) -> &str {
        self.ended.as_deref().unwrap_or("not ended: it was killed")
    }

    fn line(&self) -> String {
        let Shown { run, started, as_of, counts, .. } = self;
        let counts = counts.map(|counts| format!("\t{}", numbers(counts))).unwrap_or_default();
        format!("{run}\tstarted {started}\tended {}\tas of {as_of}{counts}\n", self.ended())
    }

    fn text(&self) -> String {
        let Shown { run, server, started, as_of, decided_by, counts, patients, .. } = self;
        let DecidedBy { program, executable, mappings, guideline, language } = decided_by;
        let executable = executable.as_deref().unwrap_or("not known");
        let mut text = format!(
            "run        {run}\nserver     {server}\nstarted    {started}\nended      {}\nas of      {as_of}\n\
             program    {program}, SHA-256 of its file {executable}\nmappings   SHA-256 {mappings}\n\
             guideline  {guideline}\nlanguage   {language}\n",
            self.ended()
        );
        if let Some(counts) = counts {
            text.push_str(&format!("counts     {}\n", numbers(counts)));
        }
        for RecordedDecision { patient, decision, changes, read } in patients.unwrap_or_default() {
            let decision =
                decision.map_or("the record is gone".to_owned(), |digest| format!("decision SHA-256 {digest}"));
            text.push_str(&format!("\n{patient}\t{decision}\n"));
            for RecordedChange { resource, what, why, place } in changes {
                let place = place.as_ref().map(|place| format!(" `{place}`")).unwrap_or_default();
                text.push_str(&format!("  {what} {resource}{place}; why: {}\n", why.join(", ")));
            }
            read.iter().for_each(|reference| text.push_str(&format!("  read {reference}\n")));
        }
        text
    }
}

/// `{"patients":3,"created":1}` as `patients 3, created 1`.
fn numbers(counts: &RawValue) -> String {
    let bare: String = counts.get().chars().filter(|letter| !matches!(letter, '{' | '}' | '"')).collect();
    bare.replace(':', " ").replace(',', ", ")
}
