//! A run of the program that has ended.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use serde_json::Value;
use std::process::Output;

/// A run of the program: its exit code, its last line, all that it said.
#[derive(Debug)]
pub struct Ran {
    pub exit: i32,
    pub line: Value,
    pub stdout: String,
    pub stderr: String,
}

impl Ran {
    pub fn of(output: &Output) -> Ran {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
        let line = stdout.lines().last().map(|line| serde_json::from_str(line).unwrap()).unwrap_or_default();
        Ran { exit: output.status.code().unwrap(), line, stdout, stderr }
    }

    /// The numbers of created, updated, unchanged and revoked resources.
    pub fn counts(&self) -> [u64; 4] {
        let count = |name: &str| self.line[name].as_u64().unwrap_or_else(|| panic!("{self:?}"));
        [count("created"), count("updated"), count("unchanged"), count("revoked")]
    }
}
