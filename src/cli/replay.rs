//! `replay`: a decision of an earlier run, made again from the versions that it has read, and compared.

use super::runs::{not_decided, one};
use super::server_arguments::ServerArguments;
use super::state_argument::StateArgument;
use super::{MappingFiles, Output, patient_id, program, tell};
use crate::error::{Exit, Failed};
use crate::server::Server;
use crate::sync::decided_by::DecidedBy;
use crate::sync::replay::{Replay, replay};
use crate::sync::state::Runs;
use clap::Args;

/// The arguments of `replay`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// The run's id (as a Provenance names it), or as much of its beginning as is needed
    #[arg(value_name = "RUN")]
    run: String,
    /// The patient (p1 or Patient/p1)
    #[arg(value_name = "PATIENT")]
    patient: String,
    #[command(flatten)]
    state: StateArgument,
    #[command(flatten)]
    server: ServerArguments,
    #[command(flatten)]
    mappings: MappingFiles,
}

/// Decides again, and says whether it is the same to the byte; the server is only read.
pub fn run(arguments: &Arguments) -> Result<Exit, Failed> {
    let config = arguments.server.config()?;
    super::within_hours(&config)?;
    let server = Server::new(&config.settings)?;
    let runs = Runs::open(arguments.state.path()?)?;
    let run = one(&runs, &arguments.run)?;
    if run.server != server.base().as_str() {
        let (of_run, asked) = (&run.server, server.base());
        return Err(Failed::Arguments(format!(
            "the run was against `{of_run}`, and `{asked}` would be asked; give the server of the run"
        )));
    }
    let decisions = runs.decisions(&run, Some(patient_id(&arguments.patient)))?;
    let recorded = decisions.first().ok_or_else(|| not_decided(&run, &arguments.patient))?;
    let Some(wanted) = recorded.decision else {
        return Err(Failed::Arguments(format!(
            "the record of `{}` was gone in that run, so nothing was read and nothing decided",
            recorded.patient
        )));
    };
    let mappings = arguments.mappings.load(&config.settings.bounds)?;
    let now = DecidedBy::this_program(program::executable(), mappings.digest(), &run.decided_by.language);
    let others = differences(&run.decided_by, &now);
    others.iter().for_each(|difference| tell(difference));
    match super::runtime()?.block_on(replay(&server, &mappings, recorded, run.as_of))? {
        Replay::Lost(lost) => {
            for it in &lost {
                tell(&format!("error: `{}`: {}", it.reference, it.why));
            }
            let (number, all) = (lost.len(), recorded.read.len());
            tell(&format!(
                "not decided: {number} of the {all} resources that the run has read cannot be read again as they were"
            ));
            Ok(Exit::SomeNotDecided)
        }
        Replay::NoRecord(why) => {
            tell(&format!("not decided: {}: {why}", recorded.patient));
            Ok(Exit::SomeNotDecided)
        }
        Replay::Decided { json, digest, as_they_stand } => {
            let mut output = Output::new();
            output.write(&json)?;
            output.write(b"\n")?;
            output.finish()?;
            for reference in &as_they_stand {
                tell(&format!("`{reference}` has no version, so it was read as it stands now"));
            }
            Ok(compared(digest == wanted, others.is_empty() && as_they_stand.is_empty()))
        }
    }
}

/// What decides now and did not in the run.
fn differences(of_run: &DecidedBy, now: &DecidedBy) -> Vec<String> {
    let mut told = Vec::new();
    if !of_run.is_same_program(now) {
        told.push(format!(
            "the program differs: the run was by version {}, this is {}{}",
            of_run.program,
            now.program,
            if of_run.program == now.program { ", from another file" } else { "" }
        ));
    }
    if of_run.guideline != now.guideline {
        let (then, now) = (&of_run.guideline, &now.guideline);
        told.push(format!("the guideline differs: the run decided by `{then}`, this program by `{now}`"));
    }
    if of_run.mappings != now.mappings {
        let (then, now) = (&of_run.mappings, &now.mappings);
        told.push(format!(
            "the mapping files differ: the run's have SHA-256 {then}, these {now}; give the run's with `--mappings`"
        ));
    }
    told
}

/// Says whether the bytes are those of the run; `is_alike`: whether all that decides is.
fn compared(is_same: bool, is_alike: bool) -> Exit {
    if is_same {
        tell("the same decision as in the run, to the byte");
        return Exit::Done;
    }
    tell(match is_alike {
        true => {
            "another decision than in the run, though versions, mapping files and program are the same: the server has \
             changed a version, or the state file was changed"
        }
        false => "another decision than in the run; what differs is named above",
    });
    Exit::OtherDecision
}
