//! `explain`: what a recommendation says and reads, or why it came out as it did for a patient.

use super::{Common, Output};
use crate::error::{Exit, Failed};
use clap::Args;
use std::path::PathBuf;

/// The arguments of `explain`.
#[derive(Debug, Args)]
pub struct Arguments {
    files: Vec<PathBuf>,
    #[command(flatten)]
    common: Common,
}

/// Explains.
pub fn run(arguments: &Arguments) -> Result<Exit, Failed> {
    let _ = (&arguments.files, &arguments.common, Output::new());
    Ok(Exit::Done)
}
