//! The record of the runs, to be read: which there were, and what each did.

use super::file::{StateError, StateFile};
use super::{column_day, lines};
use crate::digest::Digest;
use crate::inputs::Day;
use crate::sync::decided_by::DecidedBy;
use rusqlite::{Row, params};
use serde::Serialize;
use std::path::Path;

/// The record of all runs that a state file knows, whatever the server.
#[derive(Debug)]
pub struct Runs {
    file: StateFile,
}

/// A run.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordedRun {
    key: i64,
    /// Its id, as each Provenance names it (`urn:uuid:…`).
    pub id: String,
    /// The server's address.
    pub server: String,
    /// When it began (seconds since 1970).
    pub started: i64,
    /// When it ended (seconds since 1970); nothing where it was killed.
    pub ended: Option<i64>,
    /// The day that it decided for.
    pub as_of: Day,
    /// What it decided by.
    pub decided_by: DecidedBy,
    /// Its numbers, as JSON; nothing where it was killed.
    pub counts: Option<String>,
}

/// What a run did for a patient.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RecordedDecision {
    /// The patient (`Patient/p1`).
    pub patient: String,
    /// SHA-256 of the decision's JSON; nothing where the patient's record was gone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decision: Option<Digest>,
    /// What was changed, and why.
    pub changes: Vec<RecordedChange>,
    /// What was read, in the order of the record.
    pub read: Vec<String>,
}

/// What a run changed, or left to another hand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RecordedChange {
    /// The resource's type.
    pub resource: String,
    /// What was done, in the words of [`crate::sync::What`].
    pub what: String,
    /// Why, in the words of [`crate::sync::Why`].
    pub why: Vec<String>,
    /// Where it stands, where that was known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
}

const COLUMNS: &str = "r.key, r.id, r.base, r.started, r.ended, r.as_of, r.counts,
                       d.program, d.executable, d.mappings, d.guideline, d.language";

impl Runs {
    /// Opens the state file.
    ///
    /// # Errors
    /// Where another process has it, a newer program has written it, or it cannot be used.
    pub fn open(path: &Path) -> Result<Runs, StateError> {
        StateFile::open(path).map(|file| Runs { file })
    }

    /// The runs, the newest first: all of them, those against a server, those that decided a patient (`p1`).
    ///
    /// # Errors
    /// What SQLite says.
    pub fn list(&self, server: Option<&str>, patient: Option<&str>) -> Result<Vec<RecordedRun>, rusqlite::Error> {
        let sql = format!(
            "SELECT {COLUMNS} FROM run r JOIN decided_by d ON d.key = r.decided_by
             WHERE (?1 IS NULL OR r.base = ?1)
               AND (?2 IS NULL OR EXISTS (SELECT 1 FROM decision WHERE run = r.key AND patient = ?2))
             ORDER BY r.started DESC, r.key DESC"
        );
        let mut statement = self.file.connection.prepare(&sql)?;
        let rows = statement.query_map(params![server, patient], run)?;
        rows.collect()
    }

    /// The runs whose ids begin so, with or without `urn:uuid:`.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn find(&self, beginning: &str) -> Result<Vec<RecordedRun>, rusqlite::Error> {
        let bare = beginning.trim().to_ascii_lowercase();
        let wanted = format!("urn:uuid:{}", bare.strip_prefix("urn:uuid:").unwrap_or(&bare));
        let sql = format!(
            "SELECT {COLUMNS} FROM run r JOIN decided_by d ON d.key = r.decided_by
             WHERE substr(r.id, 1, length(?1)) = ?1 ORDER BY r.started DESC, r.key DESC"
        );
        let mut statement = self.file.connection.prepare(&sql)?;
        let rows = statement.query_map([wanted], run)?;
        rows.collect()
    }

    /// What a run did, patient by patient; or for one alone (`p1`).
    ///
    /// # Errors
    /// What SQLite says.
    pub fn decisions(
        &self,
        run: &RecordedRun,
        patient: Option<&str>,
    ) -> Result<Vec<RecordedDecision>, rusqlite::Error> {
        let sql = "SELECT d.patient, d.digest, r.resources FROM decision d LEFT JOIN reading r ON r.key = d.reading
                   WHERE d.run = ?1 AND (?2 IS NULL OR d.patient = ?2) ORDER BY d.patient";
        let mut statement = self.file.connection.prepare(sql)?;
        let mut rows = statement.query(params![run.key, patient])?;
        let mut decisions = Vec::new();
        while let Some(row) = rows.next()? {
            let id: String = row.get(0)?;
            decisions.push(RecordedDecision {
                patient: format!("Patient/{id}"),
                decision: row.get::<_, Option<[u8; 32]>>(1)?.map(Digest),
                changes: self.changes(run, &id)?,
                read: row.get::<_, Option<String>>(2)?.as_deref().map(lines).unwrap_or_default(),
            });
        }
        Ok(decisions)
    }

    fn changes(&self, run: &RecordedRun, patient: &str) -> Result<Vec<RecordedChange>, rusqlite::Error> {
        let sql = "SELECT resource, what, why, place FROM change WHERE run = ?1 AND patient = ?2 ORDER BY number";
        let mut statement = self.file.connection.prepare_cached(sql)?;
        let rows = statement.query_map(params![run.key, patient], |row| {
            let why: String = row.get(2)?;
            let why = why.split_whitespace().map(str::to_owned).collect();
            Ok(RecordedChange { resource: row.get(0)?, what: row.get(1)?, why, place: row.get(3)? })
        })?;
        rows.collect()
    }
}

fn run(row: &Row<'_>) -> Result<RecordedRun, rusqlite::Error> {
    Ok(RecordedRun {
        key: row.get(0)?,
        id: row.get(1)?,
        server: row.get(2)?,
        started: row.get(3)?,
        ended: row.get(4)?,
        as_of: column_day(row, 5)?,
        counts: row.get(6)?,
        decided_by: decided_by(row, 7)?,
    })
}

/// What was decided by, from the five columns that begin there.
pub(super) fn decided_by(row: &Row<'_>, first: usize) -> Result<DecidedBy, rusqlite::Error> {
    Ok(DecidedBy {
        program: row.get(first)?,
        executable: row.get(first + 1)?,
        mappings: row.get(first + 2)?,
        guideline: row.get(first + 3)?,
        language: row.get(first + 4)?,
    })
}
