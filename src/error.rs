//! The exit codes, what each means, and why the program could not do what it was asked.

use crate::map::Problem;
use crate::server::{ServerError, SettingsError};
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// How a run ended, as an integration engine reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    /// Done, all of it.
    Done = 0,
    /// The program failed, which is its own fault.
    OurFault = 1,
    /// The arguments cannot be used.
    Arguments = 2,
    /// The configuration or a mapping file cannot be used.
    Configuration = 3,
    /// The server cannot be reached, or refuses.
    Server = 4,
    /// Some patients were not decided, or something of the input could not be read; all the others were.
    SomeNotDecided = 5,
    /// A dry run found something to write.
    WouldChange = 6,
    /// A replay decided otherwise than its run.
    OtherDecision = 7,
}

impl Exit {
    /// All of them, in order.
    pub const ALL: [Exit; 8] = [
        Exit::Done,
        Exit::OurFault,
        Exit::Arguments,
        Exit::Configuration,
        Exit::Server,
        Exit::SomeNotDecided,
        Exit::WouldChange,
        Exit::OtherDecision,
    ];

    /// What the code means, in a few words.
    pub const fn meaning(self) -> &'static str {
        match self {
            Exit::Done => "done",
            Exit::OurFault => "plasmabridge failed, which is its own fault",
            Exit::Arguments => "the arguments cannot be used",
            Exit::Configuration => "the configuration or a mapping file cannot be used",
            Exit::Server => "the server cannot be reached, or refuses",
            Exit::SomeNotDecided => {
                "some patients were not decided, or some input could not be read; it is listed, and all else was decided"
            }
            Exit::WouldChange => "a dry run found something to write",
            Exit::OtherDecision => "a replay decided otherwise than its run",
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit as u8)
    }
}

/// Why the program could not do what it was asked: what was tried, on what, what to do.
#[derive(Debug, thiserror::Error)]
pub enum Failed {
    /// Arguments that do not go together, or name nothing.
    #[error("{0}")]
    Arguments(String),
    /// Mapping files with mistakes; shown with a picture of each line.
    #[error("{}", crate::map::picture(.0))]
    Mappings(Vec<Problem>),
    /// A file or folder that cannot be read or written.
    #[error("{doing} `{path}`: {why}")]
    File {
        /// What was tried: `reading`, `writing`.
        doing: &'static str,
        /// On what.
        path: PathBuf,
        /// What the system says.
        why: String,
    },
    /// A configuration that cannot be used.
    #[error("{0}")]
    Configuration(String),
    /// Settings of a server that cannot be used.
    #[error("{0}")]
    Settings(#[from] SettingsError),
    /// The server cannot be worked with.
    #[error("{0}")]
    Server(#[from] ServerError),
    /// The state file cannot be used.
    #[error("{0}")]
    State(String),
    /// Something that cannot happen, and did.
    #[error("{0}; this is a fault of plasmabridge, please report it")]
    OurFault(String),
}

impl Failed {
    /// A file or folder that could not be used.
    pub fn file(doing: &'static str, path: &Path, why: impl fmt::Display) -> Failed {
        let why = why.to_string();
        let mut letters = why.split(" (os error").next().unwrap_or_default().chars();
        // The system begins its sentences with a capital; names inside one keep theirs.
        let first = letters.next().map(|first| first.to_ascii_lowercase());
        Failed::File { doing, path: path.to_owned(), why: first.into_iter().chain(letters).collect() }
    }

    /// The exit code that it ends the program with.
    pub const fn exit(&self) -> Exit {
        match self {
            Failed::Arguments(_) => Exit::Arguments,
            Failed::Mappings(_)
            | Failed::File { .. }
            | Failed::Configuration(_)
            | Failed::Settings(_)
            | Failed::State(_) => Exit::Configuration,
            Failed::Server(_) => Exit::Server,
            Failed::OurFault(_) => Exit::OurFault,
        }
    }
}
