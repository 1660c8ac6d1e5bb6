//! Why the server did not do what it was asked: what was asked, what came back, what to do.

use crate::bounds::Exceeded;
use std::time::Duration;

/// An error in talking to the server. No message holds an id, a query, a value or a token.
#[derive(Clone, Debug, thiserror::Error)]
pub enum ServerError {
    /// It cannot be reached, or the connection broke off.
    #[error("`{what}`: the server cannot be reached: {why}; check the address and the network")]
    Unreachable {
        /// What was asked.
        what: String,
        /// Why.
        why: String,
    },
    /// It did not answer in time, or not to the end.
    #[error("`{what}`: the server cannot be reached: no answer in time; check the address and the network")]
    Late {
        /// What was asked.
        what: String,
    },
    /// It answered with anything but a success.
    #[error("`{what}`: the server answered {status}{}; {}", shown(issues), advice(*status))]
    Status {
        /// What was asked.
        what: String,
        /// The HTTP status.
        status: u16,
        /// The codes of the issues that it names.
        issues: Vec<String>,
        /// How long it asks to wait.
        retry_after: Option<Duration>,
    },
    /// The answer is not what was asked for.
    #[error("`{what}`: the server answered with {why}; check that the address is that of a FHIR R4 server")]
    NotFhir {
        /// What was asked.
        what: String,
        /// What came instead.
        why: String,
    },
    /// The answer is beyond a bound.
    #[error("`{what}`: {exceeded}; if it should be, raise `{}` under `[limits]`", exceeded.bound.entry().key)]
    Beyond {
        /// What was asked.
        what: String,
        /// Which bound.
        exceeded: Exceeded,
    },
    /// A link leads away from the server.
    #[error("a link of the server leads to another server (`{0}`); it was not followed")]
    OtherOrigin(String),
    /// Resources name the patient at another address.
    #[error(
        "resources name this patient at `{0}`: whether that is the same server is not known; give the address that the server itself uses"
    )]
    OtherAddress(String),
    /// Not all that there is came.
    #[error(
        "`{what}`: the server says {total} and its pages brought {came}; if it counts what it does not show, write `any_total = true` under `[search]`"
    )]
    Fewer {
        /// What was asked.
        what: String,
        /// What the server says that there are.
        total: u64,
        /// What came.
        came: u64,
    },
    /// A page that was there already comes again.
    #[error("`{0}`: the server's pages go round in a circle, so the search cannot be completed")]
    Circle(String),
    /// An export that cannot be used: why, and what to do.
    #[error("the export cannot be used: {0}; nobody was decided from it")]
    Export(String),
    /// An export that is gone before all of it was read.
    #[error(
        "the export is gone before all of it was read: somebody ended it, or the server keeps it too short; nobody was decided from it"
    )]
    ExportGone,
    /// A file of an export of which a part is missing.
    #[error("`{what}`: the file of {kind} is not whole: {why}; run again, or sync without `--bulk`")]
    FileNotWhole {
        /// What was asked.
        what: String,
        /// The type of its resources.
        kind: String,
        /// How that shows.
        why: String,
    },
    /// An address that cannot be made.
    #[error("`{0}` is not an address below that of the server")]
    Address(String),
    /// No token can be had.
    #[error("no access token: {0}")]
    Token(String),
    /// The run is being ended.
    #[error("the run is being ended")]
    Closed,
}

fn shown(issues: &[String]) -> String {
    if issues.is_empty() { String::new() } else { format!(" ({})", issues.join(", ")) }
}

const fn advice(status: u16) -> &'static str {
    match status {
        300..=399 => "it redirects, which is never followed: give the address that it redirects to",
        401 => "it does not accept the credentials: check them",
        403 => "the credentials do not allow it: check the scopes",
        404 => "it does not know this: check the address",
        409 | 412 => "somebody else has changed it in the meantime",
        410 => "it is gone",
        429 => "it is asked too often: lower the requests a second",
        500..=599 => "the fault is the server's: try later, and look at its log",
        _ => "`plasmabridge doctor` tells what the server can do",
    }
}

impl ServerError {
    /// The HTTP status, where the server answered with one.
    pub const fn status(&self) -> Option<u16> {
        match self {
            ServerError::Status { status, .. } => Some(*status),
            _ => None,
        }
    }

    /// How long the server asks to wait.
    pub const fn retry_after(&self) -> Option<Duration> {
        match self {
            ServerError::Status { retry_after, .. } => *retry_after,
            _ => None,
        }
    }

    /// Whether the same request may succeed a little later.
    pub fn may_pass(&self) -> bool {
        match self {
            ServerError::Unreachable { .. } | ServerError::Late { .. } | ServerError::FileNotWhole { .. } => true,
            ServerError::Status { status, .. } => matches!(status, 408 | 429 | 500 | 502 | 503 | 504),
            ServerError::NotFhir { .. }
            | ServerError::Beyond { .. }
            | ServerError::Fewer { .. }
            | ServerError::OtherOrigin(_)
            | ServerError::OtherAddress(_)
            | ServerError::Circle(_)
            | ServerError::Export(_)
            | ServerError::ExportGone
            | ServerError::Address(_)
            | ServerError::Token(_)
            | ServerError::Closed => false,
        }
    }

    /// Whether a write that ended so may have been done all the same.
    pub fn is_uncertain(&self) -> bool {
        match self {
            ServerError::Unreachable { .. }
            | ServerError::Late { .. }
            | ServerError::NotFhir { .. }
            | ServerError::Beyond { .. } => true,
            ServerError::Status { status, .. } => matches!(status, 408 | 500 | 502 | 503 | 504),
            _ => false,
        }
    }

    /// Whether the server as a whole cannot be worked with, so that there is no use in asking for other patients.
    pub fn is_fatal(&self) -> bool {
        match self {
            ServerError::Unreachable { .. }
            | ServerError::Late { .. }
            | ServerError::Token(_)
            | ServerError::Closed => true,
            ServerError::Status { status, .. } => matches!(status, 401 | 403 | 429 | 502 | 503 | 504),
            _ => false,
        }
    }
    /// Whether an error that looks like the whole server's may be for what was asked of one patient: a record that is
    /// closed to us, or too large for what stands between.
    pub fn may_be_one_patients(&self) -> bool {
        match self {
            ServerError::Late { .. } => true,
            ServerError::Status { status, .. } => matches!(status, 403 | 502 | 504),
            _ => false,
        }
    }
}
