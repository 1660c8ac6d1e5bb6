//! `doctor`: whether a sync against a server would work, and which of its codes the mapping files do not know.

use super::server_arguments::ServerArguments;
use super::{Common, Output, Written, json_line};
use crate::doctor::Doctor;
use crate::error::{Exit, Failed};
use crate::server::Server;
use clap::Args;

/// The arguments of `doctor`.
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    server: ServerArguments,
    /// Look for unknown codes and units in the records of so many patients; 0: in none
    #[arg(long, value_name = "N", default_value_t = 20)]
    sample: usize,
    /// Print one line of JSON instead of a table
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    common: Common,
}

/// Examines; the server is only read.
pub fn run(arguments: &Arguments) -> Result<Exit, Failed> {
    let mut config = arguments.common.config(&arguments.server)?;
    super::within_hours(&config)?;
    // Whoever asks is waiting: a server that is down is to be told now, and not after all tries of a sync.
    config.settings.limits.retries = config.settings.limits.retries.min(1);
    let mappings = arguments.common.mappings()?;
    let server = Server::new(&config.settings)?;
    let doctor = Doctor {
        server: &server,
        auth: &config.settings.auth,
        search: &config.search,
        mappings: &mappings,
        sample: arguments.sample,
    };
    let report = super::runtime()?.block_on(doctor.examine());
    let text = if arguments.json { json_line(&report)? } else { report.to_string().into_bytes() };
    let mut output = Output::new();
    if output.write(&text)? == Written::Yes {
        output.finish()?;
    }
    Ok(if report.would_work { Exit::Done } else { Exit::Server })
}
