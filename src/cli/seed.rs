//! `seed` and `unseed`: the invented patients on a test server, and away again.

use super::server_arguments::ServerArguments;
use super::{Output, Written, json_line, tell};
use crate::error::{Exit, Failed};
use crate::seed::{self, Seeded, Stories, TAG};
use crate::server::Server;
use clap::Args;
use std::path::PathBuf;

/// The arguments of `seed`.
#[derive(Debug, Args)]
pub struct Seed {
    #[command(flatten)]
    to: Tagged,
    /// Files of invented patients (FHIR Bundles), or folders of them
    #[arg(value_name = "FILE|DIR", default_value = "fixtures/patients")]
    places: Vec<PathBuf>,
}

/// The arguments of `unseed`.
#[derive(Debug, Args)]
pub struct Unseed {
    #[command(flatten)]
    of: Tagged,
}

/// Where, under which tag.
#[derive(Debug, Args)]
struct Tagged {
    #[command(flatten)]
    server: ServerArguments,
    /// The code of the tag under which everything stands
    #[arg(long, value_name = "CODE", default_value = TAG, value_parser = code)]
    tag: String,
}

fn code(text: &str) -> Result<String, &'static str> {
    let is_code = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte));
    if is_code { Ok(text.to_owned()) } else { Err("a tag is made of letters, digits, `-`, `.` and `_`") }
}

impl Tagged {
    fn server(&self) -> Result<Server, Failed> {
        Ok(Server::new(&self.server.config()?.settings)?)
    }
}

/// Seeds.
pub fn put(arguments: &Seed) -> Result<Exit, Failed> {
    let stories = Stories::find(&arguments.places)?;
    let server = arguments.to.server()?;
    let putting = seed::put(&server, &stories, &arguments.to.tag, &tell);
    let seeded = super::runtime()?.block_on(putting)?;
    print(&seeded)?;
    Ok(match seeded {
        Seeded { failed: 0, .. } => Exit::Done,
        Seeded { refused: 0, .. } => Exit::SomeNotDecided,
        Seeded { .. } => Exit::Server,
    })
}

/// Takes away.
pub fn take(arguments: &Unseed) -> Result<Exit, Failed> {
    let server = arguments.of.server()?;
    let taking = seed::take(&server, &arguments.of.tag);
    let unseeded = super::runtime()?.block_on(taking)?;
    print(&unseeded)?;
    if unseeded.left > 0 {
        tell("what is left is referred to by resources of somebody else, which are not touched");
    }
    Ok(if unseeded.left == 0 { Exit::Done } else { Exit::Server })
}

fn print(done: &impl serde::Serialize) -> Result<(), Failed> {
    let mut output = Output::new();
    if output.write(&json_line(done)?)? == Written::Yes {
        output.finish()?;
    }
    Ok(())
}
