//! Files of invented patients as transactions: ids of their own, references within, one tag.

use super::{Seeded, TYPES, tag};
use crate::bounds::{Bound, Bounds};
use crate::error::Failed;
use crate::fhir::reference::Address;
use crate::server::{Server, ServerError};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// Files with Bundles of patients.
#[derive(Clone, Debug)]
pub struct Stories(Vec<PathBuf>);

impl Stories {
    /// The files, and all JSON and NDJSON files below the folders, in the order of their names.
    ///
    /// # Errors
    /// A file or folder that cannot be read, or no file at all.
    pub fn find(places: &[PathBuf]) -> Result<Stories, Failed> {
        let mut files = Vec::new();
        for place in places {
            gather(place, true, &mut files)?;
        }
        if files.is_empty() {
            return Err(Failed::Arguments("no JSON file there that could hold patients".to_owned()));
        }
        Ok(Stories(files))
    }
}

fn gather(place: &Path, is_named: bool, files: &mut Vec<PathBuf>) -> Result<(), Failed> {
    let failed = |error: std::io::Error| Failed::file("reading", place, error);
    if std::fs::metadata(place).map_err(failed)?.is_dir() {
        let entries = std::fs::read_dir(place).map_err(failed)?;
        let mut below: Vec<PathBuf> =
            entries.map(|it| it.map(|it| it.path())).collect::<Result<_, _>>().map_err(failed)?;
        below.sort();
        below.iter().try_for_each(|it| gather(it, false, files))
    } else {
        if is_named || place.extension().is_some_and(|it| it == "json" || it == "ndjson") {
            files.push(place.to_owned());
        }
        Ok(())
    }
}

/// Puts every file's patients there, one transaction a Bundle; `tell` hears why one could not be.
///
/// # Errors
/// Where the server as a whole cannot be worked with.
pub async fn put(server: &Server, stories: &Stories, code: &str, tell: &dyn Fn(&str)) -> Result<Seeded, ServerError> {
    let mut seeded = Seeded::default();
    for path in &stories.0 {
        for (place, bundle) in bundles(path, server.bounds()) {
            let transaction = bundle.and_then(|bundle| transaction(&bundle, server.base().as_str(), code));
            let refused = match transaction {
                Err(why) => why,
                Ok(transaction) => match sent(server, &transaction, &mut seeded).await? {
                    None => continue,
                    Some(why) => why,
                },
            };
            seeded.failed += 1;
            tell(&format!("not seeded: `{}`{place}: {refused}", path.display()));
        }
    }
    Ok(seeded)
}

/// Sends a transaction and counts what it put there; why it did not, where it did not.
async fn sent(server: &Server, transaction: &Value, seeded: &mut Seeded) -> Result<Option<String>, ServerError> {
    let statuses = match server.send(transaction).await.and_then(|answer| answer.statuses()) {
        Err(error) if error.is_fatal() => return Err(error),
        Err(error) => return Ok(Some(error.to_string())),
        Ok(statuses) => statuses,
    };
    let resources = entries(transaction).count();
    if statuses.len() != resources || !statuses.iter().all(|status| (200..300).contains(status)) {
        return Ok(Some("the server did not take all of its resources".to_owned()));
    }
    let kinds = entries(transaction).filter_map(|it| it.pointer("/resource/resourceType")?.as_str());
    seeded.patients += kinds.filter(|kind| *kind == "Patient").count() as u64;
    seeded.resources += resources as u64;
    Ok(None)
}

/// The Bundles of a file with their places in it: one in a JSON file, one a line in NDJSON.
fn bundles(path: &Path, bounds: &Bounds) -> Vec<(String, Result<Value, String>)> {
    let mut text = String::new();
    let read = File::open(path).and_then(|file| file.take(bounds.most(Bound::Document) + 1).read_to_string(&mut text));
    if let Err(error) = read {
        return vec![(String::new(), Err(error.to_string()))];
    }
    if let Err(exceeded) = bounds.hold_document(text.as_bytes()) {
        return vec![(String::new(), Err(exceeded.to_string()))];
    }
    let no_json = |error: serde_json::Error| format!("no JSON: {error}");
    if path.extension().is_some_and(|it| it == "ndjson") {
        let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
        let read = |line| serde_json::from_str(line).map_err(no_json);
        return lines.map(|(number, line)| (format!(", line {}", number + 1), read(line))).collect();
    }
    vec![(String::new(), serde_json::from_str(&text).map_err(no_json))]
}

/// The transaction that puts a Bundle's resources under their own ids.
fn transaction(bundle: &Value, base: &str, code: &str) -> Result<Value, String> {
    if bundle.get("resourceType").and_then(Value::as_str) != Some("Bundle") {
        return Err("it is no Bundle".to_owned());
    }
    let mut places: BTreeMap<&str, String> = BTreeMap::new();
    let mut resources = Vec::new();
    for entry in entries(bundle) {
        let resource = entry.get("resource").ok_or("an entry holds no resource")?;
        let text = |name: &str| resource.get(name).and_then(Value::as_str);
        let (Some(kind), Some(id)) = (text("resourceType"), text("id")) else {
            return Err("a resource has no type or no id".to_owned());
        };
        if !TYPES.contains(&kind) {
            return Err(format!("{kind} is no type that `unseed` would find again"));
        }
        let place = format!("{kind}/{id}");
        if let Some(full_url) = entry.get("fullUrl").and_then(Value::as_str) {
            places.insert(full_url, place.clone());
        }
        resources.push((place, resource));
    }
    let entries: Vec<Value> = resources
        .into_iter()
        .map(|(place, resource)| {
            let mut resource = resource.clone();
            relate(&mut resource, &places);
            mark(&mut resource, code);
            json!({
                "fullUrl": format!("{base}{place}"),
                "resource": resource,
                "request": { "method": "PUT", "url": place },
            })
        })
        .collect();
    Ok(json!({ "resourceType": "Bundle", "type": "transaction", "entry": entries }))
}

fn entries(bundle: &Value) -> impl Iterator<Item = &Value> {
    bundle.get("entry").and_then(Value::as_array).into_iter().flatten()
}

/// Makes references relative and takes their versions away: the server numbers its own.
fn relate(value: &mut Value, places: &BTreeMap<&str, String>) {
    match value {
        Value::Object(fields) => {
            if let Some(Value::String(reference)) = fields.get_mut("reference") {
                let related = match (places.get(reference.as_str()), Address::of(reference)) {
                    (Some(place), _) => Some(place.clone()),
                    (None, Address::Server { kind, id, .. }) => Some(format!("{kind}/{id}")),
                    (None, Address::Contained(_) | Address::Name(_) | Address::Malformed) => None,
                };
                if let Some(related) = related {
                    *reference = related;
                }
            }
            fields.values_mut().for_each(|field| relate(field, places));
        }
        Value::Array(items) => items.iter_mut().for_each(|item| relate(item, places)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Writes the tag, and leaves out what the server sets.
fn mark(resource: &mut Value, code: &str) {
    let Some(fields) = resource.as_object_mut() else { return };
    let meta = fields.entry("meta").or_insert_with(|| json!({}));
    let Some(meta) = meta.as_object_mut() else { return };
    meta.remove("versionId");
    meta.remove("lastUpdated");
    if let Some(tags) = meta.entry("tag").or_insert_with(|| json!([])).as_array_mut() {
        tags.push(tag(code));
    }
}
