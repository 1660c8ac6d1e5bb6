//! A folder of resources in place of a server: `CarePlan/<id>.json`, `RiskAssessment/<id>.json`.

use super::json;
use crate::bounds::{Bound, Bounds};
use crate::error::Failed;
use crate::plan::ResourceKind;
use serde_json::Value;
use std::fs::File;
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

/// A folder in which resources stand.
#[derive(Clone, Debug)]
pub struct Folder {
    path: PathBuf,
    bounds: Bounds,
}

impl Folder {
    /// A folder, which need not be there yet, of whose files so much is read.
    pub fn new(path: &Path, bounds: Bounds) -> Folder {
        Folder { path: path.to_owned(), bounds }
    }

    /// Where a resource stands, or would.
    pub fn place(&self, kind: ResourceKind, id: &str) -> PathBuf {
        self.path.join(kind.name()).join(format!("{id}.json"))
    }

    /// All that stands under an identifier, and what replaces it in a row.
    ///
    /// # Errors
    /// A file that cannot be read, or is no JSON: it is not ours to write over.
    pub fn standing(&self, kind: ResourceKind, id: &str) -> Result<Vec<Value>, Failed> {
        let mut standing = Vec::new();
        let mut next = id.to_owned();
        while let Some(resource) = self.resource(kind, &next)? {
            standing.push(resource);
            next = format!("{id}-{}", standing.len() + 1);
        }
        Ok(standing)
    }

    fn resource(&self, kind: ResourceKind, id: &str) -> Result<Option<Value>, Failed> {
        let place = self.place(kind, id);
        let most = self.bounds.most(Bound::Document);
        let mut text = Vec::new();
        match File::open(&place).and_then(|file| file.take(most + 1).read_to_end(&mut text)) {
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(Failed::file("reading", &place, error)),
        }
        self.bounds
            .hold_document(&text)
            .map_err(|exceeded| Failed::file("reading", &place, format!("{exceeded}, so it is none of ours")))?;
        serde_json::from_slice(&text).map(Some).map_err(|_| {
            Failed::file("reading", &place, "it is not JSON, so what stands there is not known; move it away")
        })
    }

    /// The ids under which resources of a kind stand, in the order of their names.
    ///
    /// # Errors
    /// A folder that cannot be listed.
    pub fn ids(&self, kind: ResourceKind) -> Result<Vec<String>, Failed> {
        let folder = self.path.join(kind.name());
        let entries = match std::fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(Failed::file("reading", &folder, error)),
        };
        let mut ids = Vec::new();
        for entry in entries {
            let name = entry.map_err(|error| Failed::file("reading", &folder, error))?.file_name();
            ids.extend(name.to_str().and_then(|name| name.strip_suffix(".json")).map(str::to_owned));
        }
        ids.sort_unstable();
        Ok(ids)
    }

    /// Puts a resource in its place, by its id: the whole of it or, where that fails, nothing.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn write(&self, kind: ResourceKind, resource: &Value) -> Result<(), Failed> {
        let place = self.place(kind, resource.get("id").and_then(Value::as_str).unwrap_or_default());
        let folder = self.path.join(kind.name());
        let put = || {
            std::fs::create_dir_all(&folder)?;
            let mut file = tempfile::Builder::new().prefix(".plasmabridge-").tempfile_in(&folder)?;
            file.write_all(json::text(resource).as_bytes())?;
            file.as_file().sync_all()?;
            file.persist(&place).map_err(|error| error.error)?;
            File::open(&folder)?.sync_all()
        };
        put().map_err(|error: std::io::Error| Failed::file("writing", &place, error))
    }
}
