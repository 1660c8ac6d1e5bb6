//! Which server, and by which configuration: the same for all that talks to one.

use crate::config::{Config, ConfigError};
use crate::error::Failed;
use clap::Args;
use std::path::PathBuf;

/// Which server.
#[derive(Clone, Debug, Args)]
pub struct ServerArguments {
    /// The FHIR R4 server's address
    #[arg(long, value_name = "URL", env = "PLASMABRIDGE_SERVER")]
    server: Option<String>,
    /// Credentials, limits and searches of the server (TOML); a token can also stand in PLASMABRIDGE_TOKEN
    #[arg(long, value_name = "FILE", env = "PLASMABRIDGE_CONFIG")]
    config: Option<PathBuf>,
    /// Allow plain http to another machine: tokens and records can be read on the way
    #[arg(long)]
    allow_http: bool,
}

impl ServerArguments {
    /// Whether a server is named at all, or a configuration that may name one.
    pub const fn is_said(&self) -> bool {
        self.server.is_some() || self.config.is_some()
    }

    /// The configuration that they come to.
    ///
    /// # Errors
    /// Where it cannot be used.
    pub fn config(&self) -> Result<Config, Failed> {
        Config::new(self.config.as_deref(), self.server.as_deref(), self.allow_http).map_err(|error| match error {
            ConfigError::NoServer => Failed::Arguments(error.to_string()),
            other => Failed::Configuration(other.to_string()),
        })
    }
}
