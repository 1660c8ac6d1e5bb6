//! What a run remembers for the next one, and what it is asked about later: until when each server was seen, when each
//! patient is to be looked at again, who is in quarantine, and which run decided whom from which versions.
//!
//! References, versions, days, digests, and words of closed lists; no value of a patient.

mod file;
mod quarantine;
mod recording;
mod runs;

pub use file::StateError;
pub use quarantine::Quarantined;
pub use runs::{RecordedChange, RecordedDecision, RecordedRun, Runs};

use super::decided_by::DecidedBy;
use super::reading::Reading;
use super::report::Changed;
use super::why::LastDecision;
use crate::digest::Digest;
use crate::inputs::Day;
use crate::plan::ResourceKind;
use file::StateFile;
use rusqlite::types::Type;
use rusqlite::{OptionalExtension, Row, params};
use std::collections::{BTreeSet, HashSet};
use std::path::Path;

/// The state, held by this process alone.
#[derive(Debug)]
pub struct State {
    file: StateFile,
    base: String,
}

/// What was remembered of a server.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// Its time up to which all changes were seen (seconds since 1970).
    pub until: Option<i64>,
    /// When everyone was read last (seconds since 1970).
    pub last_full: Option<i64>,
    /// What decided: mapping files, guideline, program, language, in a line.
    pub digest: Option<String>,
    /// How it takes lists of patients, as `Lists::remembered` says it.
    pub lists: Option<String>,
}

/// The run that remembers.
#[derive(Clone, Debug)]
pub struct ThisRun {
    /// Its id, as each Provenance names it (`urn:uuid:…`).
    pub id: String,
    /// When it began (seconds since 1970).
    pub started: i64,
    /// The day that it decides for.
    pub as_of: Day,
    /// What it decides by.
    pub decided_by: DecidedBy,
}

/// What came of a patient.
#[derive(Clone, Debug)]
pub struct Came {
    /// The patient's id.
    pub id: String,
    /// What was decided; nothing where the patient's record is gone, and the patient is not remembered any more.
    pub decided: Option<Decided>,
    /// What was done about each resource.
    pub changes: Vec<Changed>,
}

/// What was decided of a patient, as the next run and a replay have to know it.
#[derive(Clone, Debug)]
pub struct Decided {
    /// The first day on which the decision may change with time alone.
    pub next_look: Day,
    /// What it was made from.
    pub reading: Reading,
    /// SHA-256 of its JSON.
    pub digest: Digest,
    /// The resources that stand after it.
    pub stands: Vec<ResourceKind>,
}

impl State {
    /// Opens the state of a server, and makes the file where there is none; readable by its owner only.
    ///
    /// # Errors
    /// Where another process has it, a newer program has written it, or it cannot be used.
    pub fn open(path: &Path, base: &str) -> Result<State, StateError> {
        StateFile::open(path).map(|file| State { file, base: base.to_owned() })
    }

    /// What is remembered of the server.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn seen(&self) -> Result<Seen, rusqlite::Error> {
        // What is no time is not remembered: then everything is read.
        let time = |seconds: Option<i64>| seconds.filter(|it| jiff::Timestamp::from_second(*it).is_ok());
        let read = |row: &Row<'_>| {
            let (until, last_full) = (time(row.get(0)?), time(row.get(1)?));
            Ok(Seen { until, last_full, digest: row.get(2)?, lists: row.get(3)? })
        };
        let sql = "SELECT seen_until, last_full, digest, lists FROM server WHERE base = ?1";
        Ok(self.file.connection.query_row(sql, [&self.base], read).optional()?.unwrap_or_default())
    }

    /// Remembers until when the server was seen.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn see(&self, seen: &Seen) -> Result<(), rusqlite::Error> {
        let sql = "INSERT INTO server (base, seen_until, last_full, digest, lists) VALUES (?1, ?2, ?3, ?4, ?5)
                   ON CONFLICT (base) DO UPDATE SET seen_until = ?2, last_full = ?3, digest = ?4, lists = ?5";
        let values = params![self.base, seen.until, seen.last_full, seen.digest, seen.lists];
        self.file.connection.execute(sql, values).map(drop)
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

    /// What was written last of each of our resources, by reference and version (`CarePlan/12/_history/3`).
    ///
    /// # Errors
    /// What SQLite says.
    pub fn written(&self) -> Result<HashSet<String>, rusqlite::Error> {
        let sql = "SELECT reference || '/_history/' || version FROM written WHERE base = ?1";
        let mut statement = self.file.connection.prepare_cached(sql)?;
        let references = statement.query_map([&self.base], |row| row.get(0))?;
        references.collect()
    }

    fn ids(&self, sql: &str, parameters: &[&dyn rusqlite::ToSql]) -> Result<BTreeSet<String>, rusqlite::Error> {
        let mut statement = self.file.connection.prepare_cached(sql)?;
        let ids = statement.query_map(parameters, |row| row.get(0))?;
        ids.collect()
    }

    /// The last decision about a patient.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn last_decision(&self, id: &str) -> Result<Option<LastDecision>, rusqlite::Error> {
        let sql = "SELECT p.decided_on, p.next_look, p.stands, r.digest, r.resources,
                     d.program, d.executable, d.mappings, d.guideline, d.language
                   FROM patient p LEFT JOIN reading r ON r.key = p.reading LEFT JOIN decided_by d ON d.key = p.decided_by
                   WHERE p.base = ?1 AND p.id = ?2";
        let read = |row: &Row<'_>| {
            let stands: Option<String> = row.get(2)?;
            let made = match row.get::<_, Option<[u8; 32]>>(3)? {
                Some(digest) => {
                    let resources: String = row.get(4)?;
                    let reading = Reading { resources: lines(&resources), digest: Digest(digest) };
                    Some((runs::decided_by(row, 5)?, reading))
                }
                None => None,
            };
            let names: Vec<&str> = stands.iter().flat_map(|names| names.split(' ')).collect();
            Ok(LastDecision {
                as_of: column_day(row, 0)?,
                next_look: column_day(row, 1)?,
                made,
                stands: ResourceKind::ALL.into_iter().filter(|kind| names.contains(&kind.name())).collect(),
            })
        };
        self.file.connection.prepare_cached(sql)?.query_row([&self.base, id], read).optional()
    }

    /// Remembers what came of some patients and in which versions our resources were written, and records it as the
    /// run's; all of it or nothing. Who failed goes into quarantine, with the reason.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn remember(
        &mut self,
        run: &ThisRun,
        came: &[Came],
        written: &[String],
        failed: &[(String, String)],
        now: i64,
    ) -> Result<(), rusqlite::Error> {
        let base = &self.base;
        let transaction = self.file.connection.transaction()?;
        let keys = recording::begun(&transaction, base, run)?;
        for one in came {
            let reading = recording::came(&transaction, base, keys, one)?;
            match &one.decided {
                Some(decided) => {
                    let stands: Vec<&str> = decided.stands.iter().map(|kind| kind.name()).collect();
                    let sql = "INSERT INTO patient (base, id, decided_on, next_look, reading, decided_by, stands)
                               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
                               ON CONFLICT (base, id) DO UPDATE SET
                                 decided_on = ?3, next_look = ?4, reading = ?5, decided_by = ?6, stands = ?7";
                    let (on, next_look) = (run.as_of.to_string(), decided.next_look.to_string());
                    let values = params![base, one.id, on, next_look, reading, keys.decided_by, stands.join(" ")];
                    transaction.prepare_cached(sql)?.execute(values)?;
                }
                None => {
                    let sql = "DELETE FROM patient WHERE base = ?1 AND id = ?2";
                    transaction.prepare_cached(sql)?.execute([base, &one.id])?;
                }
            }
            quarantine::release(&transaction, base, &one.id)?;
        }
        for (reference, version) in written.iter().filter_map(|it| it.split_once("/_history/")) {
            let sql = "INSERT INTO written (base, reference, version) VALUES (?1, ?2, ?3)
                       ON CONFLICT (base, reference) DO UPDATE SET version = ?3";
            transaction.prepare_cached(sql)?.execute([base.as_str(), reference, version])?;
        }
        for (id, reason) in failed {
            quarantine::set_aside(&transaction, base, (id, reason), now)?;
        }
        transaction.commit()
    }
}

/// A column that holds a day.
fn column_day(row: &Row<'_>, column: usize) -> Result<Day, rusqlite::Error> {
    let text: String = row.get(column)?;
    Day::parse(&text).ok_or(rusqlite::Error::InvalidColumnType(column, text, Type::Text))
}

fn lines(text: &str) -> Vec<String> {
    text.lines().map(str::to_owned).collect()
}
