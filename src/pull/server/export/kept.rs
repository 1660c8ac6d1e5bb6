//! The resources of an export that are of the run's patients: on disk, in a file that has no name and that nobody else can
//! open, found again by patient. Memory holds none of them.

use super::super::pages::{has_damaged_subject, key};
use super::super::{at_other_address, owner};
use crate::server::{ExportFile, Lines, ServerError};
use rusqlite::{Connection, params};
use serde_json::Value;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use url::Url;

const TABLE: &str =
    "CREATE TABLE resource (patient TEXT NOT NULL, is_patient INTEGER NOT NULL, text TEXT NOT NULL) STRICT";

/// What is kept of an export.
#[derive(Debug)]
pub struct Kept {
    connection: Mutex<Connection>,
}

impl Kept {
    /// Nothing yet.
    ///
    /// # Errors
    /// Where no temporary file can be made.
    pub fn new() -> Result<Kept, ServerError> {
        // SQLite's own temporary database: a file in the folder for temporary files, with its owner's rights only, whose
        // name is taken away as soon as it is open; so it is gone however this process ends.
        let open = || {
            let connection = Connection::open("")?;
            connection.execute_batch(TABLE)?;
            Ok(connection)
        };
        Ok(Kept { connection: Mutex::new(open().map_err(unusable)?) })
    }

    fn connection(&self) -> MutexGuard<'_, Connection> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn run(&self, sql: &str) -> Result<(), ServerError> {
        self.connection().execute_batch(sql).map_err(unusable)
    }

    /// All files are there, and the resources can be found from now on; how many they are.
    ///
    /// # Errors
    /// Where the temporary file cannot be written.
    pub fn complete(&self) -> Result<u64, ServerError> {
        self.run("CREATE INDEX by_patient ON resource (patient, is_patient)")?;
        let count = self.connection().query_row("SELECT count(*) FROM resource", [], |row| row.get::<_, i64>(0));
        count.map(i64::unsigned_abs).map_err(unusable)
    }

    /// The texts of all resources of a patient.
    ///
    /// # Errors
    /// Where the temporary file cannot be read.
    pub fn of_patient(&self, id: &str) -> Result<Vec<String>, ServerError> {
        self.texts("SELECT text FROM resource WHERE patient = ?1", &[&id])
    }

    /// The ids of those patients whose Patient resource is there.
    ///
    /// # Errors
    /// Where the temporary file cannot be read.
    pub fn patients(&self) -> Result<BTreeSet<String>, ServerError> {
        Ok(self.texts("SELECT patient FROM resource WHERE is_patient", &[])?.into_iter().collect())
    }

    fn texts(&self, sql: &str, parameters: &[&dyn rusqlite::ToSql]) -> Result<Vec<String>, ServerError> {
        let connection = self.connection();
        let read = || {
            let mut statement = connection.prepare_cached(sql)?;
            statement.query_map(parameters, |row| row.get(0))?.collect::<Result<Vec<String>, _>>()
        };
        read().map_err(unusable)
    }
}

fn unusable(error: rusqlite::Error) -> ServerError {
    ServerError::Export(format!(
        "its resources cannot be kept in a temporary file ({error}): make room where TMPDIR leads"
    ))
}

/// The lines of a file on their way into what is kept.
#[derive(Debug)]
pub struct Keeping<'k> {
    /// Where they go.
    pub kept: &'k Kept,
    /// The file.
    pub file: ExportFile<'k>,
    /// Whose resources are kept.
    pub ids: &'k BTreeSet<String>,
    /// The server's address.
    pub base: &'k Url,
    /// How many bytes may still come.
    pub room: u64,
    /// How many came.
    pub bytes: AtomicU64,
}

impl Keeping<'_> {
    /// The file has come to its end, and what came of it counts.
    ///
    /// # Errors
    /// Where the temporary file cannot be written.
    pub fn done(&self) -> Result<(), ServerError> {
        self.kept.run("COMMIT")
    }
}

impl Lines for Keeping<'_> {
    fn begin(&self) -> Result<(), ServerError> {
        if !self.kept.connection().is_autocommit() {
            self.kept.run("ROLLBACK")?;
        }
        self.bytes.store(0, Ordering::Relaxed);
        self.kept.run("BEGIN")
    }

    fn line(&self, number: u64, line: &[u8]) -> Result<(), ServerError> {
        if self.bytes.fetch_add(line.len() as u64, Ordering::Relaxed) + line.len() as u64 > self.room {
            let why = "it is larger than it may be; raise `largest_mb` under `[bulk]`, or export a Group";
            return Err(ServerError::Export(why.to_owned()));
        }
        let text = std::str::from_utf8(line).ok();
        let resource = text.and_then(|text| Some((text, serde_json::from_str::<Value>(text).ok()?)));
        let Some((text, resource)) = resource else {
            return Err(self.file.not_whole(format!("line {number} is no JSON, or half of one")));
        };
        let kind = resource.get("resourceType").and_then(Value::as_str).unwrap_or_default();
        if kind != self.file.kind {
            let why = format!("line {number} of a file of {} is a resource of another type, or none", self.file.kind);
            return Err(ServerError::Export(why));
        }
        if has_damaged_subject(&resource) || key(&resource).is_none() {
            let why =
                format!("line {number} of a file of {} has no id, or a subject that is no reference", self.file.kind);
            return Err(ServerError::Export(format!("{why}; sync without `--bulk`, which tells whose it is")));
        }
        let patient = match owner(self.base, &resource) {
            Some(id) => Some(id.to_owned()),
            None => at_other_address(self.base, &resource).map(|(id, _)| id),
        };
        let Some(patient) = patient.filter(|id| self.ids.contains(id)) else { return Ok(()) };
        let sql = "INSERT INTO resource (patient, is_patient, text) VALUES (?1, ?2, ?3)";
        let insert = |connection: &Connection| {
            connection.prepare_cached(sql)?.execute(params![patient, kind == "Patient", text]).map(drop)
        };
        insert(&self.kept.connection()).map_err(unusable)
    }
}
