//! Whether a sync against a server would work, found out by reading alone, and how far the mapping files know its codes.

mod coverage;
mod lists;
mod page;
mod report;
mod searches;
mod statement;

pub use coverage::Coverage;
pub use report::{Check, Outcome, Report};

use crate::map::Mappings;
use crate::pull::server::SearchSettings;
use crate::server::{Answer, AuthSettings, Server, ServerError};
use report::Checks;
use std::time::Instant;

/// A clock that is further off than this many seconds is worth a word: a token's assertion is good for minutes only.
const CLOCK: i64 = 60;

/// What is examined, and with what.
#[derive(Debug)]
pub struct Doctor<'d> {
    /// The server; it is only read.
    pub server: &'d Server,
    /// How we show who we are.
    pub auth: &'d AuthSettings,
    /// How the server is searched.
    pub search: &'d SearchSettings,
    /// The mapping files.
    pub mappings: &'d Mappings,
    /// How many patients' codes are looked at.
    pub sample: usize,
}

impl Doctor<'_> {
    /// Examines the server. What fails is in the report; where nothing further can be found out, it ends there.
    pub async fn examine(&self) -> Report {
        let mut checks = Checks::default();
        let coverage = self.all(&mut checks).await;
        Report::new(self.server, checks, coverage)
    }

    /// All checks in order; `None` where one of them left nothing to ask further.
    async fn all(&self, checks: &mut Checks) -> Option<Coverage> {
        let scopes = self.token(checks).await?;
        let statement = self.reached(checks).await?;
        statement::version(&statement, checks)?;
        self.scopes(scopes.as_deref(), checks);
        statement::needed(&statement, self.search, checks);
        let (settings, patients) = self.searches(checks).await?;
        checks.complete = true;
        if self.sample == 0 {
            return None;
        }
        Some(self.coverage(settings, &patients, checks).await)
    }

    /// The scopes that the server says it granted, where it gives tokens.
    async fn token(&self, checks: &mut Checks) -> Option<Option<String>> {
        if !matches!(self.auth, AuthSettings::Smart(_)) {
            return Some(None);
        }
        let start = Instant::now();
        match self.server.scopes().await {
            Ok(scopes) => {
                checks.ok("token", "the server gives an access token", Some(start));
                Some(scopes)
            }
            Err(error) => {
                checks.failed("token", error.to_string(), "register the client id with its public key", Some(start));
                None
            }
        }
    }

    fn scopes(&self, granted: Option<&str>, checks: &mut Checks) {
        match self.auth {
            AuthSettings::None => checks.ok("scopes", "none: the server is asked without credentials", None),
            AuthSettings::Basic(..) => checks.ok("scopes", "none: name and password", None),
            AuthSettings::Bearer(_) => checks.ok("scopes", "not known: the token is somebody else's", None),
            AuthSettings::Smart(_) => statement::scopes(granted, self.search, checks),
        }
    }

    /// The CapabilityStatement; on the way the clock.
    async fn reached(&self, checks: &mut Checks) -> Option<serde_json::Value> {
        const NAME: &str = "reached";
        let (start, before) = (Instant::now(), jiff::Timestamp::now().as_second());
        let answer = match self.server.get("metadata").await {
            Ok(answer) => answer,
            Err(error) => {
                checks.failed(NAME, error.to_string(), "nothing else can be found out before this works", Some(start));
                return None;
            }
        };
        let after = jiff::Timestamp::now().as_second();
        let statement = answer.json().and_then(|statement| match statement.get("resourceType") {
            Some(kind) if kind == "CapabilityStatement" => Ok(statement),
            _ => Err(not_a_statement(&answer)),
        });
        match statement {
            Ok(statement) => {
                checks.ok(NAME, statement::software(&statement), Some(start));
                clock(answer.server_time, before, after, checks);
                Some(statement)
            }
            Err(error) => {
                checks.failed(NAME, error.to_string(), "give the address to which `Patient` can be added", Some(start));
                None
            }
        }
    }
}

fn not_a_statement(answer: &Answer) -> ServerError {
    ServerError::NotFhir { what: answer.what.clone(), why: "JSON that is no CapabilityStatement".to_owned() }
}

/// How far the server's clock is from ours; its seconds are whole, and the answer was made somewhere on the way.
fn clock(server: Option<i64>, before: i64, after: i64, checks: &mut Checks) {
    let Some(server) = server else {
        let advice = "without it, this machine's clock says since when changes are asked for: keep it right";
        return checks.warning("clock", "the server does not say what time it is", advice, None);
    };
    let off = if server < before { server - before } else { (server - after).max(0) };
    if off.abs() <= CLOCK {
        return checks.ok("clock", format!("{} s off", off.abs()), None);
    }
    let side = if off > 0 { "ahead of" } else { "behind" };
    let detail = format!("the server's clock is {} s {side} ours", off.abs());
    checks.warning("clock", detail, "set both clocks by NTP: tokens and “changed since” go by them", None);
}
