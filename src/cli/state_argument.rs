//! Which state file: the same for all that asks about the runs.

use crate::error::Failed;
use clap::Args;
use std::path::{Path, PathBuf};

/// The state file of the runs, which has to be there.
#[derive(Clone, Debug, Args)]
pub struct StateArgument {
    /// The state file of the runs
    #[arg(long, value_name = "FILE", env = "PLASMABRIDGE_STATE")]
    state: PathBuf,
}

impl StateArgument {
    /// The file.
    ///
    /// # Errors
    /// Where there is none: to make one would say that there were no runs.
    pub fn path(&self) -> Result<&Path, Failed> {
        if !self.state.exists() {
            let shown = self.state.display();
            return Err(Failed::State(format!("there is no state file `{shown}`; a run with `--state` makes it")));
        }
        Ok(&self.state)
    }
}
