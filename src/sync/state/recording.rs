//! The record of a run, written as it goes: who was decided from what, what that gave, and what was changed and why.

use super::{Came, Decided, State, ThisRun};
use crate::sync::decided_by::DecidedBy;
use crate::sync::reading::Reading;
use crate::sync::report::Changed;
use crate::sync::why::Why;
use rusqlite::{OptionalExtension, Transaction, params};

/// The run as the tables know it.
#[derive(Clone, Copy)]
pub(super) struct Keys {
    run: i64,
    pub(super) decided_by: i64,
}

impl State {
    /// Notes that a run has ended, with its numbers (JSON); one that decided nobody was never recorded.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn end(&self, run: &str, now: i64, counts: &str) -> Result<(), rusqlite::Error> {
        let sql = "UPDATE run SET ended = ?2, counts = ?3 WHERE id = ?1";
        self.file.connection.execute(sql, params![run, now, counts]).map(drop)
    }

    /// Forgets the runs that began before then, and what was read for them alone. What the last decision of each
    /// patient was made from stays, however old it is.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn prune(&mut self, before: i64) -> Result<(), rusqlite::Error> {
        let transaction = self.file.connection.transaction()?;
        let pruned =
            transaction.execute("DELETE FROM run WHERE base = ?1 AND started < ?2", params![self.base, before])?;
        if pruned > 0 {
            transaction.execute_batch(
                "DELETE FROM reading WHERE key NOT IN (
                   SELECT reading FROM decision WHERE reading IS NOT NULL
                   UNION SELECT reading FROM patient WHERE reading IS NOT NULL);
                 DELETE FROM decided_by WHERE key NOT IN (
                   SELECT decided_by FROM run UNION SELECT decided_by FROM patient WHERE decided_by IS NOT NULL);",
            )?;
        }
        transaction.commit()
    }
}

/// The run, recorded with the first of its patients.
pub(super) fn begun(transaction: &Transaction<'_>, base: &str, run: &ThisRun) -> Result<Keys, rusqlite::Error> {
    let sql = "SELECT key, decided_by FROM run WHERE id = ?1";
    let there = |row: &rusqlite::Row<'_>| Ok(Keys { run: row.get(0)?, decided_by: row.get(1)? });
    if let Some(keys) = transaction.query_row(sql, [&run.id], there).optional()? {
        return Ok(keys);
    }
    let decided_by = decided_by(transaction, &run.decided_by)?;
    let sql = "INSERT INTO run (id, base, started, as_of, decided_by) VALUES (?1, ?2, ?3, ?4, ?5)";
    transaction.execute(sql, params![run.id, base, run.started, run.as_of.to_string(), decided_by])?;
    Ok(Keys { run: transaction.last_insert_rowid(), decided_by })
}

fn decided_by(transaction: &Transaction<'_>, by: &DecidedBy) -> Result<i64, rusqlite::Error> {
    let DecidedBy { program, executable, mappings, guideline, language } = by;
    let sql = "SELECT key FROM decided_by
               WHERE program = ?1 AND executable IS ?2 AND mappings = ?3 AND guideline = ?4 AND language = ?5";
    let values = params![program, executable, mappings, guideline, language];
    if let Some(key) = transaction.query_row(sql, values, |row| row.get(0)).optional()? {
        return Ok(key);
    }
    let sql = "INSERT INTO decided_by (program, executable, mappings, guideline, language) VALUES (?1, ?2, ?3, ?4, ?5)";
    transaction.execute(sql, values)?;
    Ok(transaction.last_insert_rowid())
}

/// A patient's decision and changes; the key of what was read, where a record was.
pub(super) fn came(
    transaction: &Transaction<'_>,
    base: &str,
    keys: Keys,
    came: &Came,
) -> Result<Option<i64>, rusqlite::Error> {
    let read = match &came.decided {
        Some(Decided { reading, .. }) => Some(read(transaction, base, &came.id, reading)?),
        None => None,
    };
    let digest = came.decided.as_ref().map(|decided| decided.digest.0);
    let sql = "INSERT OR REPLACE INTO decision (run, patient, reading, digest) VALUES (?1, ?2, ?3, ?4)";
    transaction.prepare_cached(sql)?.execute(params![keys.run, came.id, read, digest])?;
    let changes = came.changes.iter().filter(|changed| changed.is_told());
    for (number, Changed { resource, what, why, place, .. }) in changes.enumerate() {
        let why: Vec<&str> = why.iter().copied().map(Why::word).collect();
        let sql = "INSERT OR REPLACE INTO change (run, patient, number, resource, what, why, place)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
        let values = params![keys.run, came.id, number as i64, resource, what.word(), why.join(" "), place];
        transaction.prepare_cached(sql)?.execute(values)?;
    }
    Ok(read)
}

/// The list of what was read, once for all decisions that were made from it.
fn read(transaction: &Transaction<'_>, base: &str, patient: &str, reading: &Reading) -> Result<i64, rusqlite::Error> {
    let sql = "SELECT key FROM reading WHERE base = ?1 AND patient = ?2 AND digest = ?3";
    let values = params![base, patient, reading.digest.0];
    if let Some(key) = transaction.prepare_cached(sql)?.query_row(values, |row| row.get(0)).optional()? {
        return Ok(key);
    }
    let sql = "INSERT INTO reading (base, patient, digest, resources) VALUES (?1, ?2, ?3, ?4)";
    let values = params![base, patient, reading.digest.0, reading.resources.join("\n")];
    transaction.prepare_cached(sql)?.execute(values)?;
    Ok(transaction.last_insert_rowid())
}
