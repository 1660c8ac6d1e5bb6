//! What a run remembers for the next one: until when each server was seen, when each patient is to be looked at again,
//! and who is in quarantine. References, days and digests only; no value of a patient.

use crate::error::Failed;
use crate::inputs::Day;
use rusqlite::{Connection, OptionalExtension, params};
use std::collections::BTreeSet;
use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};

/// The version of the state file's tables.
const SCHEMA: i64 = 2;

/// What brings the tables from one version to the next; a new file goes through all of them.
const MIGRATIONS: [&str; SCHEMA as usize] = [FIRST_TABLES, "ALTER TABLE server ADD COLUMN lists TEXT;"];

const FIRST_TABLES: &str = "
CREATE TABLE server (
  base TEXT PRIMARY KEY,
  seen_until INTEGER,
  last_full INTEGER,
  digest TEXT
) STRICT;
CREATE TABLE patient (
  base TEXT NOT NULL,
  id TEXT NOT NULL,
  decided_on TEXT NOT NULL,
  next_look TEXT NOT NULL,
  PRIMARY KEY (base, id)
) STRICT, WITHOUT ROWID;
CREATE TABLE quarantine (
  base TEXT NOT NULL,
  id TEXT NOT NULL,
  reason TEXT NOT NULL,
  since INTEGER NOT NULL,
  attempts INTEGER NOT NULL,
  next_try INTEGER NOT NULL,
  PRIMARY KEY (base, id)
) STRICT, WITHOUT ROWID;
";

/// Seconds from the first failure of a patient to the next try; each further pause is twice as long.
const FIRST_PAUSE: i64 = 600;

/// The longest pause: a day.
const LONGEST_PAUSE: i64 = 86_400;

/// The state, held by this process alone.
#[derive(Debug)]
pub struct State {
    connection: Connection,
    base: String,
    _lock: File,
}

/// Why the state cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// Another process has it.
    #[error("the state file `{}` is in use by another run; wait for it to end, or give each server a file of its own", .0.display())]
    InUse(PathBuf),
    /// A newer program has written it.
    #[error("the state file `{}` is of a newer plasmabridge (tables {found}, this one knows {SCHEMA}); use that one", path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: i64,
    },
    /// It cannot be read or written.
    #[error("the state file `{}` cannot be used: {why}; move it away, and the next run reads everyone anew", path.display())]
    Unusable {
        /// The file.
        path: PathBuf,
        /// What SQLite or the system says.
        why: String,
    },
}

impl From<StateError> for Failed {
    fn from(error: StateError) -> Failed {
        Failed::State(error.to_string())
    }
}

impl From<rusqlite::Error> for Failed {
    fn from(error: rusqlite::Error) -> Failed {
        let advice = "move it away, and the next run reads everyone anew";
        Failed::State(format!("the state file cannot be used: {error}; {advice}"))
    }
}

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

/// What was remembered of a server.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// Its time up to which all changes were seen (seconds since 1970).
    pub until: Option<i64>,
    /// When everyone was read last (seconds since 1970).
    pub last_full: Option<i64>,
    /// The digest of mapping files, guideline and program that decided.
    pub digest: Option<String>,
    /// How it takes lists of patients, as `Lists::remembered` says it.
    pub lists: Option<String>,
}

impl State {
    /// Opens the state of a server, and makes the file where there is none; readable by its owner only.
    ///
    /// # Errors
    /// Where another process has it, a newer program has written it, or it cannot be used.
    pub fn open(path: &Path, base: &str) -> Result<State, StateError> {
        let unusable = |why: String| StateError::Unusable { path: path.to_owned(), why };
        let lock_path = PathBuf::from(format!("{}.lock", path.display()));
        let lock = private(&lock_path).map_err(|error| unusable(error.to_string()))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(StateError::InUse(path.to_owned())),
            Err(TryLockError::Error(error)) => return Err(unusable(error.to_string())),
        }
        private(path).map_err(|error| unusable(error.to_string()))?;
        let open = || -> Result<(Connection, i64), rusqlite::Error> {
            let connection = Connection::open(path)?;
            connection.pragma_update(None, "journal_mode", "WAL")?;
            connection.pragma_update(None, "synchronous", "FULL")?;
            let version = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
            Ok((connection, version))
        };
        let (mut connection, version) = open().map_err(|error| unusable(error.to_string()))?;
        if version > SCHEMA {
            return Err(StateError::Newer { path: path.to_owned(), found: version });
        }
        migrate(&mut connection, version).map_err(|error| unusable(error.to_string()))?;
        Ok(State { connection, base: base.to_owned(), _lock: lock })
    }

    /// What is remembered of the server.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn seen(&self) -> Result<Seen, rusqlite::Error> {
        // What is no time is not remembered: then everything is read.
        let time = |seconds: Option<i64>| seconds.filter(|it| jiff::Timestamp::from_second(*it).is_ok());
        let read = |row: &rusqlite::Row<'_>| {
            let (until, last_full) = (time(row.get(0)?), time(row.get(1)?));
            Ok(Seen { until, last_full, digest: row.get(2)?, lists: row.get(3)? })
        };
        let sql = "SELECT seen_until, last_full, digest, lists FROM server WHERE base = ?1";
        Ok(self.connection.query_row(sql, [&self.base], read).optional()?.unwrap_or_default())
    }

    /// Remembers until when the server was seen.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn see(&self, seen: &Seen) -> Result<(), rusqlite::Error> {
        let sql = "INSERT INTO server (base, seen_until, last_full, digest, lists) VALUES (?1, ?2, ?3, ?4, ?5)
                   ON CONFLICT (base) DO UPDATE SET seen_until = ?2, last_full = ?3, digest = ?4, lists = ?5";
        self.connection.execute(sql, params![self.base, seen.until, seen.last_full, seen.digest, seen.lists]).map(drop)
    }

    /// The ids of all patients that were decided.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn patients(&self) -> Result<BTreeSet<String>, rusqlite::Error> {
        self.ids("SELECT id FROM patient WHERE base = ?1", &[&self.base])
    }

    /// The ids of patients whose decision may change by this day with time alone.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn due(&self, today: Day) -> Result<BTreeSet<String>, rusqlite::Error> {
        let today = today.to_string();
        self.ids("SELECT id FROM patient WHERE base = ?1 AND next_look <= ?2", &[&self.base, &today])
    }

    /// The ids of patients in quarantine who are to be tried again.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn to_try_again(&self, now: i64) -> Result<BTreeSet<String>, rusqlite::Error> {
        self.ids("SELECT id FROM quarantine WHERE base = ?1 AND next_try <= ?2", &[&self.base, &now])
    }

    fn ids(&self, sql: &str, parameters: &[&dyn rusqlite::ToSql]) -> Result<BTreeSet<String>, rusqlite::Error> {
        let mut statement = self.connection.prepare_cached(sql)?;
        let ids = statement.query_map(parameters, |row| row.get(0))?;
        ids.collect()
    }

    /// Remembers what came of some patients, all of it or nothing: who was decided, with the day of the next look, who
    /// is no longer to be remembered, and who goes into quarantine.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn remember(
        &mut self,
        decided: &[(String, Day, Day)],
        forgotten: &[String],
        quarantined: &[(String, String)],
        now: i64,
    ) -> Result<(), rusqlite::Error> {
        let transaction = self.connection.transaction()?;
        for (id, on, next_look) in decided {
            let sql = "INSERT INTO patient (base, id, decided_on, next_look) VALUES (?1, ?2, ?3, ?4)
                       ON CONFLICT (base, id) DO UPDATE SET decided_on = ?3, next_look = ?4";
            transaction.prepare_cached(sql)?.execute(params![self.base, id, on.to_string(), next_look.to_string()])?;
        }
        for id in forgotten {
            transaction.execute("DELETE FROM patient WHERE base = ?1 AND id = ?2", [&self.base, id])?;
        }
        for id in decided.iter().map(|(id, ..)| id).chain(forgotten) {
            transaction.execute("DELETE FROM quarantine WHERE base = ?1 AND id = ?2", [&self.base, id])?;
        }
        for (id, reason) in quarantined {
            let sql = "SELECT attempts FROM quarantine WHERE base = ?1 AND id = ?2";
            let attempts: i64 = transaction.query_row(sql, [&self.base, id], |row| row.get(0)).optional()?.unwrap_or(0);
            let doublings = u32::try_from(attempts).unwrap_or(u32::MAX).min(10);
            let pause = (FIRST_PAUSE << doublings).min(LONGEST_PAUSE);
            let sql =
                "INSERT INTO quarantine (base, id, reason, since, attempts, next_try) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
                       ON CONFLICT (base, id) DO UPDATE SET reason = ?3, attempts = ?5, next_try = ?6";
            transaction.execute(sql, params![self.base, id, reason, now, attempts.saturating_add(1), now + pause])?;
        }
        transaction.commit()
    }

    /// Lets a patient in quarantine be tried again by the next run; whether the patient is there.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn redo(&self, id: &str) -> Result<bool, rusqlite::Error> {
        let sql = "UPDATE quarantine SET next_try = 0 WHERE base = ?1 AND id = ?2";
        self.connection.execute(sql, [&self.base, id]).map(|changed| changed > 0)
    }

    /// Lets everyone in quarantine be tried again by the next run.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn redo_all(&self) -> Result<(), rusqlite::Error> {
        self.connection.execute("UPDATE quarantine SET next_try = 0 WHERE base = ?1", [&self.base]).map(drop)
    }

    /// Everyone in quarantine, by id.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn quarantine(&self) -> Result<Vec<Quarantined>, rusqlite::Error> {
        let sql = "SELECT id, reason, since, attempts, next_try FROM quarantine WHERE base = ?1 ORDER BY id";
        let mut statement = self.connection.prepare(sql)?;
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

/// A file that only its owner can read, made where it is not there; one that others could read is taken from them.
fn private(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        if file.metadata()?.permissions().mode() & 0o077 != 0 {
            file.set_permissions(std::fs::Permissions::from_mode(0o600))?;
        }
    }
    Ok(file)
}

/// Brings the tables of an older file up to date, step by step, all of it or nothing; a new file has version 0.
fn migrate(connection: &mut Connection, version: i64) -> Result<(), rusqlite::Error> {
    if version == SCHEMA {
        return Ok(());
    }
    let transaction = connection.transaction()?;
    for step in MIGRATIONS.iter().skip(usize::try_from(version).unwrap_or(0)) {
        transaction.execute_batch(step)?;
    }
    transaction.pragma_update(None, "user_version", SCHEMA)?;
    transaction.commit()
}
