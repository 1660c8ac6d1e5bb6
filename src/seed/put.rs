//! Files of invented patients as transactions: ids of their own, references within, one tag.

use super::{Seeded, TYPES, tag};
use crate::bounds::{Bound, Bounds};
use crate::error::Failed;
use crate::fhir::reference::Address;
use crate::server::{Server, ServerError};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
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
        for (place, bundle) in Bundles::of(path, server.bounds()) {
            let transaction = bundle.and_then(|bundle| transaction(&bundle, server.base().as_str(), code));
            let why = match transaction {
                Err(why) => why,
                Ok(transaction) => match sent(server, &transaction, &mut seeded).await? {
                    None => continue,
                    Some(why) => {
                        seeded.refused += 1;
                        why
                    }
                },
            };
            seeded.failed += 1;
            tell(&format!("not seeded: `{}`{place}: {why}", path.display()));
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

/// The Bundles of a file with their places in it: one in a JSON file, one a line in NDJSON, which is read line by line.
struct Bundles<'b> {
    /// None once it is read, or cannot be read on.
    file: Option<BufReader<File>>,
    cannot_open: Option<std::io::Error>,
    /// The number of the line that was read last, where the file has a Bundle a line.
    line: Option<usize>,
    bounds: &'b Bounds,
}

impl<'b> Bundles<'b> {
    fn of(path: &Path, bounds: &'b Bounds) -> Bundles<'b> {
        let (file, cannot_open) = match File::open(path) {
            Ok(file) => (Some(BufReader::new(file)), None),
            Err(error) => (None, Some(error)),
        };
        let line = path.extension().is_some_and(|it| it == "ndjson").then_some(0);
        Bundles { file, cannot_open, line, bounds }
    }

    /// The next text: a line, or the whole file; empty at the end.
    fn text(&mut self) -> std::io::Result<Vec<u8>> {
        let mut text = Vec::new();
        let Some(file) = &mut self.file else { return Ok(text) };
        let mut bounded = file.take(self.bounds.most(Bound::Document) + 1);
        match &mut self.line {
            None => {
                bounded.read_to_end(&mut text)?;
                self.file = None;
            }
            Some(line) => {
                *line += 1;
                bounded.read_until(b'\n', &mut text)?;
                // The rest of one that is too large.
                if bounded.limit() == 0 && !text.ends_with(b"\n") {
                    file.skip_until(b'\n')?;
                }
            }
        }
        Ok(text)
    }

    fn bundle(&self, text: &[u8]) -> Result<Value, String> {
        self.bounds.hold_document(text).map_err(|exceeded| exceeded.to_string())?;
        serde_json::from_slice(text).map_err(|error| format!("no JSON: {error}"))
    }
}

impl Iterator for Bundles<'_> {
    type Item = (String, Result<Value, String>);

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(error) = self.cannot_open.take() {
            return Some((String::new(), Err(error.to_string())));
        }
        loop {
            let is_open = self.file.is_some();
            let text = self.text();
            let place = self.line.map(|line| format!(", line {line}")).unwrap_or_default();
            match text {
                Err(error) => {
                    self.file = None;
                    return Some((place, Err(error.to_string())));
                }
                Ok(text) if text.is_empty() && (self.line.is_some() || !is_open) => return None,
                Ok(text) if text.trim_ascii().is_empty() && self.line.is_some() => {}
                Ok(text) => return Some((place, self.bundle(&text))),
            }
        }
    }
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
