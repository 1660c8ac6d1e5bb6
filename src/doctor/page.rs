//! One page of a search.

use crate::server::{Answer, ServerError};
use serde_json::Value;

/// A page of a search.
pub struct Page {
    /// Its resources, outcomes apart.
    pub resources: Vec<Value>,
    /// The server's link to the next page.
    pub next: Option<String>,
}

impl Page {
    /// Of an answer, if it is one, and no error stands in it.
    pub fn of(answer: &Answer) -> Result<Page, ServerError> {
        let mut body = answer.json()?;
        if body.get("resourceType").is_none_or(|kind| kind != "Bundle") {
            let why = "something that is no Bundle".to_owned();
            return Err(ServerError::NotFhir { what: answer.what.clone(), why });
        }
        let links = body.get("link").and_then(Value::as_array).into_iter().flatten();
        let mut next = links.filter(|link| link.get("relation").is_some_and(|it| it == "next"));
        let next = next.find_map(|link| link.get("url")?.as_str()).map(str::to_owned);
        let entries = body.get_mut("entry").and_then(Value::as_array_mut).into_iter().flatten();
        let all: Vec<Value> = entries.filter_map(|entry| entry.get_mut("resource").map(Value::take)).collect();
        let is_outcome = |it: &&Value| it.get("resourceType").is_some_and(|kind| kind == "OperationOutcome");
        if all.iter().filter(is_outcome).any(is_error) {
            let (what, status) = (answer.what.clone(), answer.status);
            return Err(ServerError::Status { what, status, issues: Vec::new(), retry_after: None });
        }
        Ok(Page { resources: all.into_iter().filter(|it| !is_outcome(&it)).collect(), next })
    }
}

fn is_error(outcome: &Value) -> bool {
    let issues = outcome.get("issue").and_then(Value::as_array).into_iter().flatten();
    issues.filter_map(|issue| issue.get("severity")?.as_str()).any(|it| matches!(it, "error" | "fatal"))
}
