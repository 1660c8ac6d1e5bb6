//! `mappings`: check, list and describe the mapping files.

use super::limits::LimitArguments;
use super::{Output, tell};
use crate::bounds::Bounds;
use crate::error::{Exit, Failed};
use crate::map::{Mappings, Problem, code_system_problems, schema};
use clap::{Args, Subcommand};
use std::path::{Path, PathBuf};

/// The arguments of `mappings`.
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    limits: LimitArguments,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Check the mapping files of a folder; every mistake with file, line, column and a picture of the line
    Check {
        /// The folder
        #[arg(value_name = "DIR")]
        folder: PathBuf,
    },
    /// List every input with the codes that feed it
    List {
        /// The mapping files of this folder instead of those that the program carries
        #[arg(value_name = "DIR")]
        folder: Option<PathBuf>,
    },
    /// Print the JSON Schema of the mapping files, for an editor
    Schema,
}

/// Checks, lists or describes.
pub fn run(arguments: &Arguments) -> Result<Exit, Failed> {
    let mut output = Output::new();
    let bounds = arguments.limits.over(Bounds::default());
    match &arguments.command {
        Command::Check { folder } => {
            let codes = checked(folder, &bounds).map_err(|problems| {
                tell(&format!("{} in `{}`", problems_in_words(problems.len()), folder.display()));
                Failed::Mappings(problems)
            })?;
            output.write(format!("`{}` holds: {codes} codes\n", folder.display()).as_bytes())?;
        }
        Command::List { folder } => {
            let mappings = match folder {
                Some(folder) => Mappings::load(folder, &bounds),
                None => Mappings::embedded(),
            };
            output.write(mappings.map_err(Failed::Mappings)?.listing().to_string().as_bytes())?;
        }
        Command::Schema => {
            let text = serde_json::to_string_pretty(&schema()).map_err(|error| Failed::OurFault(error.to_string()))?;
            output.write(format!("{text}\n").as_bytes())?;
        }
    }
    output.finish()?;
    Ok(Exit::Done)
}

/// How many codes a folder's mapping files have, if it holds: the files, and the project's own codes beside them.
fn checked(folder: &Path, bounds: &Bounds) -> Result<usize, Vec<Problem>> {
    // A folder that is not there is one mistake, not two.
    let beside = if folder.is_dir() { code_system_problems(folder) } else { Vec::new() };
    match Mappings::load(folder, bounds) {
        Ok(mappings) if beside.is_empty() => Ok(mappings.listed_codes().len()),
        Ok(_) => Err(beside),
        Err(problems) => Err(problems.into_iter().chain(beside).collect()),
    }
}

fn problems_in_words(count: usize) -> String {
    if count == 1 { "1 mistake".to_owned() } else { format!("{count} mistakes") }
}
