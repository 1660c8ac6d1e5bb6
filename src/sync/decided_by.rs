//! What a run decides by, the records apart: the program, the mapping files, the guideline, the language.

use crate::guideline::{GUIDELINE_ID, GUIDELINE_VERSION};
use serde::Serialize;

/// What a run decides by. Where any of it changes, everyone is decided anew.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DecidedBy {
    /// The program's version.
    pub program: String,
    /// SHA-256 of the file that the program was started from, where that could be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub executable: Option<String>,
    /// SHA-256 of the mapping files.
    pub mappings: String,
    /// The guideline and its version (`id|version`).
    pub guideline: String,
    /// The language of what a person reads.
    pub language: String,
}

impl DecidedBy {
    /// This program and its guideline, started from a file of that digest, with these mapping files and language.
    pub fn this_program(executable: Option<String>, mappings: String, language: &str) -> DecidedBy {
        DecidedBy {
            program: env!("CARGO_PKG_VERSION").to_owned(),
            executable,
            mappings,
            guideline: format!("{GUIDELINE_ID}|{GUIDELINE_VERSION}"),
            language: language.to_owned(),
        }
    }

    /// Whether both are by the same program: two files of one version are two programs.
    pub fn is_same_program(&self, other: &DecidedBy) -> bool {
        let is_same_file = match (&self.executable, &other.executable) {
            (Some(one), Some(another)) => one == another,
            _ => true,
        };
        self.program == other.program && is_same_file
    }

    /// All of it in a line, as the next run compares it.
    pub fn line(&self) -> String {
        let DecidedBy { program, executable, mappings, guideline, language } = self;
        let executable = executable.as_deref().unwrap_or("-");
        format!("{mappings} {guideline} {program} {executable} {language}")
    }
}
