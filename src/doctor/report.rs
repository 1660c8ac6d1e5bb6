//! What was found out: a line a check, the coverage, and whether a sync would work.

use super::coverage::Coverage;
use crate::server::{Counts, Server};
use serde::Serialize;
use std::fmt;
use std::time::Instant;

/// How a check came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// As a sync needs it.
    Ok,
    /// A sync works all the same; something about it should be known.
    Warning,
    /// A sync would not work, or would miss something.
    Failed,
}

impl Outcome {
    /// The word for it.
    pub const fn word(self) -> &'static str {
        match self {
            Outcome::Ok => "ok",
            Outcome::Warning => "warning",
            Outcome::Failed => "failed",
        }
    }
}

/// One thing that was looked at.
#[derive(Clone, Debug, Serialize)]
pub struct Check {
    /// What.
    pub name: String,
    /// How it came out.
    pub result: Outcome,
    /// What was found.
    pub detail: String,
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub advice: Option<String>,
    /// How long it took, in milliseconds; none where nothing was asked.
    pub ms: Option<u64>,
}

/// The checks so far.
#[derive(Debug, Default)]
pub(super) struct Checks {
    list: Vec<Check>,
    /// Whether all was looked at.
    pub complete: bool,
}

impl Checks {
    pub fn ok(&mut self, name: impl Into<String>, detail: impl Into<String>, start: Option<Instant>) {
        self.add(name.into(), Outcome::Ok, detail.into(), None, start);
    }

    pub fn warning(
        &mut self,
        name: impl Into<String>,
        detail: impl Into<String>,
        advice: &str,
        start: Option<Instant>,
    ) {
        self.add(name.into(), Outcome::Warning, detail.into(), Some(advice), start);
    }

    pub fn failed(&mut self, name: impl Into<String>, detail: impl Into<String>, advice: &str, start: Option<Instant>) {
        self.add(name.into(), Outcome::Failed, detail.into(), Some(advice), start);
    }

    fn add(&mut self, name: String, result: Outcome, detail: String, advice: Option<&str>, start: Option<Instant>) {
        let ms = start.map(|start| start.elapsed().as_millis() as u64);
        self.list.push(Check { name, result, detail, advice: advice.map(str::to_owned), ms });
    }
}

/// All that was found out about a server.
#[derive(Debug, Serialize)]
pub struct Report {
    /// The server's address.
    pub server: String,
    /// Whether a sync would work: nothing failed, and all was looked at.
    pub would_work: bool,
    /// Whether all was looked at.
    pub complete: bool,
    /// The checks, in the order in which they were made.
    pub checks: Vec<Check>,
    /// Which codes and units of a sample of patients the mapping files do not know.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub coverage: Option<Coverage>,
    /// What was asked of the server.
    #[serde(flatten)]
    pub traffic: Counts,
}

impl Report {
    pub(super) fn new(server: &Server, checks: Checks, coverage: Option<Coverage>) -> Report {
        let Checks { list, complete } = checks;
        let nothing_failed = list.iter().all(|check| check.result != Outcome::Failed);
        Report {
            server: server.base().to_string(),
            would_work: complete && nothing_failed,
            complete,
            checks: list,
            coverage,
            traffic: server.counts(),
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}\n", self.server)?;
        let width = self.checks.iter().map(|check| check.name.chars().count()).max().unwrap_or(0);
        for Check { name, result, detail, advice, ms } in &self.checks {
            let ms = ms.map_or_else(String::new, |ms| format!("{ms} ms"));
            writeln!(f, "{:<7}  {name:<width$}  {ms:>8}  {detail}", result.word())?;
            if let Some(advice) = advice {
                writeln!(f, "{:<7}  {:<width$}  {:>8}  → {advice}", "", "", "")?;
            }
        }
        if !self.complete {
            writeln!(f, "\nThe rest was not looked at.")?;
        }
        if let Some(coverage) = &self.coverage {
            write!(f, "\n{coverage}")?;
        }
        let failed: Vec<&str> = self
            .checks
            .iter()
            .filter(|check| check.result == Outcome::Failed)
            .map(|check| check.name.as_str())
            .collect();
        let asked = match self.traffic.requests {
            1 => "1 request".to_owned(),
            requests => format!("{requests} requests"),
        };
        match self.would_work {
            true => writeln!(f, "\nA sync would work ({asked})."),
            false => writeln!(f, "\nA sync would not work ({asked}): {}.", failed.join(", ")),
        }
    }
}
