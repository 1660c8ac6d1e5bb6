//! An answer of the server: received within its limits, or an error that says what was asked.

use super::error::ServerError;
use crate::bounds::{Bound, Bounds};
use reqwest::header::{CONTENT_LOCATION, DATE, ETAG, HeaderMap, LAST_MODIFIED, RETRY_AFTER};
use serde_json::Value;
use std::time::Duration;

/// What came of one attempt.
pub type Attempt = Result<Answer, ServerError>;

/// A success that the server answered with.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The body.
    pub body: String,
    /// The server's clock, in seconds since 1970, where it says so.
    pub server_time: Option<i64>,
    /// The version tag.
    pub etag: Option<String>,
    /// When it was last changed.
    pub last_modified: Option<String>,
    /// Where the server goes on with what it has begun.
    pub content_location: Option<String>,
    /// How long it asks to wait before it is asked again.
    pub retry_after: Option<Duration>,
    /// What was asked, as messages name it.
    pub what: String,
}

impl Answer {
    /// The body as JSON.
    ///
    /// # Errors
    /// Where it is none.
    pub fn json(&self) -> Result<Value, ServerError> {
        serde_json::from_str(&self.body).map_err(|error| self.not_fhir(&error))
    }

    /// The statuses of the entries, in their order, where the answer is that of a transaction or batch.
    ///
    /// # Errors
    /// Where it is no JSON.
    pub fn statuses(&self) -> Result<Vec<u16>, ServerError> {
        let body = self.json()?;
        let entries = body.get("entry").and_then(Value::as_array).into_iter().flatten();
        Ok(entries.filter_map(|entry| entry.pointer("/response/status")?.as_str()?.get(..3)?.parse().ok()).collect())
    }

    /// The error that the body is not what was asked for.
    pub fn not_fhir(&self, error: &serde_json::Error) -> ServerError {
        let start = self.body.trim_start();
        let why = match start.starts_with('<') {
            true => "HTML or XML instead of FHIR JSON".to_owned(),
            false if error.is_eof() => "JSON that ends too early".to_owned(),
            false => format!("no FHIR JSON (line {}, column {})", error.line(), error.column()),
        };
        ServerError::NotFhir { what: self.what.clone(), why }
    }
}

/// Sends a request and receives its answer, as far as these bounds, and the one of its size, let it.
pub async fn receive(request: reqwest::RequestBuilder, what: &str, size: Bound, bounds: &Bounds) -> Attempt {
    let unreachable = |error: &reqwest::Error| unanswered(error, what);
    let beyond = |exceeded| ServerError::Beyond { what: what.to_owned(), exceeded };
    let mut response = request.send().await.map_err(|error| unreachable(&error))?;
    let status = response.status();
    let headers = response.headers().clone();
    let mut bytes: Vec<u8> = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| unreachable(&error))? {
        match bounds.hold(size, (bytes.len() + chunk.len()) as u64) {
            Ok(()) => bytes.extend_from_slice(&chunk),
            Err(exceeded) if status.is_success() => return Err(beyond(exceeded)),
            // What it says goes before how much it says.
            Err(_) => {
                bytes.clear();
                break;
            }
        }
    }
    if !status.is_success() {
        return Err(ServerError::Status {
            what: what.to_owned(),
            status: status.as_u16(),
            issues: if bounds.hold_json(&bytes).is_ok() { issues(&bytes) } else { Vec::new() },
            retry_after: retry_after(&headers),
        });
    }
    bounds.hold_json(&bytes).map_err(beyond)?;
    let body = String::from_utf8(bytes)
        .map_err(|_| ServerError::NotFhir { what: what.to_owned(), why: "bytes that are not UTF-8".to_owned() })?;
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    Ok(Answer {
        status: status.as_u16(),
        body,
        server_time: headers.get(DATE).and_then(|value| value.to_str().ok()).and_then(http_date),
        etag: text(ETAG),
        last_modified: text(LAST_MODIFIED),
        content_location: text(CONTENT_LOCATION),
        retry_after: retry_after(&headers),
        what: what.to_owned(),
    })
}

/// Why a request failed, in the words of its innermost cause; without the address, which may hold an id.
pub(super) fn unanswered(error: &reqwest::Error, what: &str) -> ServerError {
    let what = what.to_owned();
    match error.is_timeout() {
        true => ServerError::Late { what },
        false => ServerError::Unreachable { what, why: why(error) },
    }
}

pub(super) fn why(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    let words = cause.to_string();
    words.split(" (os error").next().unwrap_or_default().to_lowercase()
}

/// The codes of an OperationOutcome's issues; its words may name a patient.
fn issues(body: &[u8]) -> Vec<String> {
    let Ok(outcome) = serde_json::from_slice::<Value>(body) else { return Vec::new() };
    let issues = outcome.get("issue").and_then(Value::as_array).into_iter().flatten();
    issues.filter_map(|issue| code(issue.get("code")?)).take(5).collect()
}

/// A code of FHIR (`not-found`, `searchset`) as a message may have it: anything else may be words, and name a patient.
pub fn code(value: &Value) -> Option<String> {
    const LONGEST: usize = 40;
    let is_code = |text: &&str| text.len() <= LONGEST && text.bytes().all(|it| it.is_ascii_lowercase() || it == b'-');
    value.as_str().filter(is_code).map(str::to_owned)
}

/// How long the server asks to wait.
pub(super) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let until = http_date(text)? - jiff::Timestamp::now().as_second();
    Some(Duration::from_secs(u64::try_from(until).unwrap_or(0)))
}

/// Seconds since 1970 of an HTTP date (`Sun, 06 Nov 1994 08:49:37 GMT`).
fn http_date(text: &str) -> Option<i64> {
    jiff::fmt::rfc2822::parse(text).ok().map(|at| at.timestamp().as_second())
}
