//! Who is in quarantine: since when, how often tried, and when again.

use super::State;
use rusqlite::{OptionalExtension, Transaction, params};
use std::collections::BTreeSet;

/// Seconds from the first failure of a patient to the next try; each further pause is twice as long.
const FIRST_PAUSE: i64 = 600;

/// The longest pause: a day.
const LONGEST_PAUSE: i64 = 86_400;

/// A patient in quarantine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quarantined {
    /// The patient's id.
    pub id: String,
    /// Why; no value of the patient.
    pub reason: String,
    /// Since when (seconds since 1970).
    pub since: i64,
    /// How often it was tried.
    pub attempts: i64,
    /// When it is tried again (seconds since 1970).
    pub next_try: i64,
}

impl State {
    /// The ids of patients in quarantine who are to be tried again.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn to_try_again(&self, now: i64) -> Result<BTreeSet<String>, rusqlite::Error> {
        self.ids("SELECT id FROM quarantine WHERE base = ?1 AND next_try <= ?2", &[&self.base, &now])
    }

    /// Lets a patient in quarantine be tried again by the next run; whether the patient is there.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn redo(&self, id: &str) -> Result<bool, rusqlite::Error> {
        let sql = "UPDATE quarantine SET next_try = 0 WHERE base = ?1 AND id = ?2";
        self.file.connection.execute(sql, [&self.base, id]).map(|changed| changed > 0)
    }

    /// Lets everyone in quarantine be tried again by the next run.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn redo_all(&self) -> Result<(), rusqlite::Error> {
        self.file.connection.execute("UPDATE quarantine SET next_try = 0 WHERE base = ?1", [&self.base]).map(drop)
    }

    /// Everyone in quarantine, by id.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn quarantine(&self) -> Result<Vec<Quarantined>, rusqlite::Error> {
        let sql = "SELECT id, reason, since, attempts, next_try FROM quarantine WHERE base = ?1 ORDER BY id";
        let mut statement = self.file.connection.prepare(sql)?;
        let rows = statement.query_map([&self.base], |row| {
            Ok(Quarantined {
                id: row.get(0)?,
                reason: row.get(1)?,
                since: row.get(2)?,
                attempts: row.get(3)?,
                next_try: row.get(4)?,
            })
        })?;
        rows.collect()
    }
}

/// Takes a patient out of quarantine.
pub(super) fn release(transaction: &Transaction<'_>, base: &str, id: &str) -> Result<(), rusqlite::Error> {
    let sql = "DELETE FROM quarantine WHERE base = ?1 AND id = ?2";
    transaction.prepare_cached(sql)?.execute([base, id]).map(drop)
}

/// Puts a patient into quarantine, or leaves the patient there for longer.
pub(super) fn set_aside(
    transaction: &Transaction<'_>,
    base: &str,
    (id, reason): (&str, &str),
    now: i64,
) -> Result<(), rusqlite::Error> {
    let sql = "SELECT attempts FROM quarantine WHERE base = ?1 AND id = ?2";
    let attempts: i64 = transaction.query_row(sql, [base, id], |row| row.get(0)).optional()?.unwrap_or(0);
    let doublings = u32::try_from(attempts).unwrap_or(u32::MAX).min(10);
    let pause = (FIRST_PAUSE << doublings).min(LONGEST_PAUSE);
    let sql = "INSERT INTO quarantine (base, id, reason, since, attempts, next_try) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
               ON CONFLICT (base, id) DO UPDATE SET reason = ?3, attempts = ?5, next_try = ?6";
    transaction.execute(sql, params![base, id, reason, now, attempts.saturating_add(1), now + pause]).map(drop)
}
