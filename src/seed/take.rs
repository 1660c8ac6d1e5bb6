//! All that carries the tag taken away again, and before it what plasmabridge wrote about those patients.

use super::{TYPES, Unseeded, tag_token};
use crate::plan::ResourceKind;
use crate::plan::codes::IDENTIFIER;
use crate::pull::server::{Asked, resources};
use crate::server::{Server, ServerError};
use serde_json::{Value, json};

/// Deletes in one batch: servers take far more at a time, but slow down.
const DELETES_A_BATCH: usize = 100;

/// Patients or resources named in one search.
const NAMED_A_SEARCH: usize = 50;

/// The most times that everything is looked for: what others of the tag refer to goes in a later one.
const ROUNDS: usize = 10;

/// Takes all away that carries the tag.
///
/// # Errors
/// Where the server cannot be worked with, or a search does not complete.
pub async fn take(server: &Server, code: &str) -> Result<Unseeded, ServerError> {
    let mut unseeded = Unseeded::default();
    for _ in 0..ROUNDS {
        let (mut deleted, mut left) = (0, 0);
        for kind in std::iter::once(None).chain(TYPES.map(Some)) {
            let places = match kind {
                None => written_about(server, &tagged(server, "Patient", code).await?).await?,
                Some(kind) => tagged(server, kind, code).await?,
            };
            let gone = delete(server, &places).await?;
            deleted += gone;
            left += places.len() as u64 - gone;
            unseeded.resources += gone;
            unseeded.patients += if kind == Some("Patient") { gone } else { 0 };
        }
        unseeded.left = left;
        if deleted == 0 {
            break;
        }
    }
    Ok(unseeded)
}

/// The resources of a type that carry the tag.
async fn tagged(server: &Server, kind: &str, code: &str) -> Result<Vec<String>, ServerError> {
    found(server, kind, vec![("_tag", tag_token(code))]).await
}

/// What plasmabridge wrote about these patients, what refers to others first.
async fn written_about(server: &Server, patients: &[String]) -> Result<Vec<String>, ServerError> {
    let mut plans = Vec::new();
    for some in patients.chunks(NAMED_A_SEARCH) {
        for kind in ResourceKind::ALL {
            let asked = vec![("identifier", format!("{IDENTIFIER}|")), ("subject", some.join(","))];
            plans.extend(found(server, kind.name(), asked).await?);
        }
    }
    let mut written = Vec::new();
    for some in plans.chunks(NAMED_A_SEARCH) {
        written.extend(found(server, "Provenance", vec![("target", some.join(","))]).await?);
    }
    written.sort_unstable();
    written.dedup();
    written.append(&mut plans);
    Ok(written)
}

async fn found(server: &Server, kind: &str, parameters: Vec<(&str, String)>) -> Result<Vec<String>, ServerError> {
    let page = [("_elements", "id".to_owned()), ("_count", "200".to_owned())];
    let parameters = parameters.into_iter().chain(page).map(|(name, value)| (name.to_owned(), value)).collect();
    let asked = Asked { kind: kind.to_owned(), parameters, by_get: false, any_total: true };
    let found = resources(server, &asked).await?;
    let of_kind = found.iter().filter(|it| it.get("resourceType").and_then(Value::as_str) == Some(kind));
    Ok(of_kind.filter_map(|it| it.get("id")?.as_str()).map(|id| format!("{kind}/{id}")).collect())
}

/// Deletes these, a batch at a time; how many are gone.
async fn delete(server: &Server, places: &[String]) -> Result<u64, ServerError> {
    let mut gone = 0;
    for some in places.chunks(DELETES_A_BATCH) {
        let entries: Vec<Value> =
            some.iter().map(|place| json!({ "request": { "method": "DELETE", "url": place } })).collect();
        let batch = json!({ "resourceType": "Bundle", "type": "batch", "entry": entries });
        let statuses = server.send(&batch).await?.statuses()?;
        let is_gone = |status: &&u16| matches!(status, 200..=299 | 404 | 410);
        gone += statuses.iter().filter(is_gone).count() as u64;
    }
    Ok(gone)
}
