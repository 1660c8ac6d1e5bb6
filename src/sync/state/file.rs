//! The state file: held by one process alone, readable by its owner only, and brought up to date when it is older.

use crate::error::Failed;
use rusqlite::Connection;
use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};

/// The version of the state file's tables.
const SCHEMA: i64 = 4;

/// What brings the tables from one version to the next; a new file goes through all of them.
const MIGRATIONS: [&str; SCHEMA as usize] =
    [FIRST_TABLES, "ALTER TABLE server ADD COLUMN lists TEXT;", TABLES_OF_RUNS, TABLE_OF_WRITES];

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

/// The runs. A list of what was read of a patient stands once (`reading`), however many decisions were made from it;
/// it goes when no decision and no patient names it any more, so it has no foreign keys, which would have each
/// deletion look through all decisions.
const TABLES_OF_RUNS: &str = "
CREATE TABLE decided_by (
  key INTEGER PRIMARY KEY,
  program TEXT NOT NULL,
  executable TEXT,
  mappings TEXT NOT NULL,
  guideline TEXT NOT NULL,
  language TEXT NOT NULL
) STRICT;
CREATE TABLE run (
  key INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  base TEXT NOT NULL,
  started INTEGER NOT NULL,
  ended INTEGER,
  as_of TEXT NOT NULL,
  decided_by INTEGER NOT NULL REFERENCES decided_by,
  counts TEXT
) STRICT;
CREATE TABLE reading (
  key INTEGER PRIMARY KEY,
  base TEXT NOT NULL,
  patient TEXT NOT NULL,
  digest BLOB NOT NULL,
  resources TEXT NOT NULL,
  UNIQUE (base, patient, digest)
) STRICT;
CREATE TABLE decision (
  run INTEGER NOT NULL REFERENCES run ON DELETE CASCADE,
  patient TEXT NOT NULL,
  reading INTEGER,
  digest BLOB,
  PRIMARY KEY (run, patient)
) STRICT, WITHOUT ROWID;
CREATE TABLE change (
  run INTEGER NOT NULL REFERENCES run ON DELETE CASCADE,
  patient TEXT NOT NULL,
  number INTEGER NOT NULL,
  resource TEXT NOT NULL,
  what TEXT NOT NULL,
  why TEXT NOT NULL,
  place TEXT,
  PRIMARY KEY (run, patient, number)
) STRICT, WITHOUT ROWID;
ALTER TABLE patient ADD COLUMN reading INTEGER;
ALTER TABLE patient ADD COLUMN decided_by INTEGER REFERENCES decided_by;
ALTER TABLE patient ADD COLUMN stands TEXT;
";

const TABLE_OF_WRITES: &str = "
CREATE TABLE written (
  base TEXT NOT NULL,
  reference TEXT NOT NULL,
  version TEXT NOT NULL,
  PRIMARY KEY (base, reference)
) STRICT, WITHOUT ROWID;
";

/// The state file, held by this process alone.
#[derive(Debug)]
pub(super) struct StateFile {
    pub(super) connection: Connection,
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
        Failed::State(error.to_string())
    }
}

impl StateFile {
    /// Opens the file, and makes it where there is none.
    pub(super) fn open(path: &Path) -> Result<StateFile, StateError> {
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
        Ok(StateFile { connection, _lock: lock })
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
