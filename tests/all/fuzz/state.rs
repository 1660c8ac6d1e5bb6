//! State files: one that is damaged, or holds what no plasmabridge writes, is refused or read; never a panic.

use super::super::mutate::{changes, of_bytes};
use super::cases;
use plasmabridge::digest::Digest;
use plasmabridge::inputs::Day;
use plasmabridge::plan::ResourceKind;
use plasmabridge::sync::Reading;
use plasmabridge::sync::decided_by::DecidedBy;
use plasmabridge::sync::state::{Came, Decided, Runs, Seen, State, ThisRun};
use proptest::prelude::*;
use rusqlite::Connection;
use std::path::Path;
use std::sync::LazyLock;

const BASE: &str = "https://fhir.example.org/r4/";

fn day(text: &str) -> Day {
    Day::parse(text).unwrap()
}

/// A run that remembers something.
pub fn run(id: &str, started: i64) -> ThisRun {
    let decided_by = DecidedBy::this_program(None, "m".repeat(64), "da");
    ThisRun { id: id.to_owned(), started, as_of: day("2026-11-22"), decided_by }
}

/// What came of a patient who was decided, or whose record is gone.
fn came(id: &str, is_there: bool) -> Came {
    let resources = vec![format!("Patient/{id}/_history/1"), "Observation/o1/_history/2".to_owned()];
    let digest = Digest::of(id.as_bytes());
    let reading = Reading { resources, digest };
    let stands = ResourceKind::ALL.to_vec();
    let decided = is_there.then(|| Decided { next_look: day("9999-12-31"), reading, digest, stands });
    Came { id: id.to_owned(), decided, changes: Vec::new() }
}

/// The bytes of a state file after a run.
static WHOLE: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.sqlite");
    let mut state = State::open(&path, BASE).unwrap();
    state
        .see(&Seen {
            until: Some(1_795_000_000),
            last_full: Some(1_795_000_300),
            digest: Some("d".into()),
            lists: Some("Observation".into()),
        })
        .unwrap();
    let came: Vec<Came> = (0..30).map(|n| came(&format!("p{n}"), n != 7)).collect();
    let failed = [("p30".to_owned(), "the server answered 422".to_owned())];
    let written = ["CarePlan/1/_history/1".to_owned(), "RiskAssessment/2/_history/3".to_owned()];
    state.remember(&run("urn:uuid:1", 1_795_000_000), &came, &written, &failed, 1_795_000_000).unwrap();
    state.end("urn:uuid:1", 1_795_000_060, "{}").unwrap();
    drop(state);
    // All of it in the one file.
    Connection::open(&path)
        .unwrap()
        .execute_batch("PRAGMA wal_checkpoint(TRUNCATE); PRAGMA journal_mode = DELETE;")
        .unwrap();
    std::fs::read(&path).unwrap()
});

/// Everything that a run does with a state file.
fn used(path: &Path) -> Result<(), String> {
    let words = |error: rusqlite::Error| error.to_string();
    let mut state = State::open(path, BASE).map_err(|error| error.to_string())?;
    let mut results = vec![
        state.seen().map(drop),
        state.patients().map(drop),
        state.written().map(drop),
        state.due(day("2027-01-01")).map(drop),
        state.last_decision("p1").map(drop),
        state.to_try_again(i64::MAX).map(drop),
        state.quarantine().map(drop),
        state.redo("p30").map(drop),
    ];
    let failed = [("p30".to_owned(), "again".to_owned()), ("p31".to_owned(), "for the first time".to_owned())];
    let next = run("urn:uuid:2", 1_795_000_600);
    let written = ["CarePlan/1/_history/2".to_owned()];
    results.push(state.remember(&next, &[came("p1", true), came("p2", false)], &written, &failed, 1_795_000_600));
    results.push(state.end("urn:uuid:2", 1_795_000_660, "{}"));
    results.push(state.prune(1_794_000_000));
    results.push(state.see(&Seen { until: Some(1), ..Seen::default() }));
    results.push(state.redo_all());
    drop(state);
    let runs = Runs::open(path).map_err(|error| error.to_string())?;
    let told = runs.list(None, Some("p1"));
    results.extend(told.iter().flatten().map(|run| runs.decisions(run, Some("p1")).map(drop)));
    results.push(told.map(drop));
    results.push(runs.find("urn").map(drop));
    results.into_iter().try_for_each(|result| result.map_err(words))
}

/// Values that a column may be found with.
const VALUES: [&str; 10] = [
    "NULL",
    "''",
    "'not a number'",
    "x'ff00'",
    "9223372036854775807",
    "-9223372036854775808",
    "1e308",
    "-1",
    "'2026-99-99'",
    "replace(hex(zeroblob(4000)), '00', 'æ')",
];

const COLUMNS: [(&str, &str); 20] = [
    ("server", "base"),
    ("server", "seen_until"),
    ("server", "last_full"),
    ("server", "digest"),
    ("server", "lists"),
    ("patient", "id"),
    ("patient", "decided_on"),
    ("patient", "next_look"),
    ("quarantine", "id"),
    ("quarantine", "reason"),
    ("quarantine", "since"),
    ("quarantine", "attempts"),
    ("quarantine", "next_try"),
    ("run", "started"),
    ("run", "as_of"),
    ("run", "decided_by"),
    ("reading", "digest"),
    ("reading", "resources"),
    ("decision", "reading"),
    ("decision", "digest"),
];

proptest! {
    #![proptest_config(cases(10))]

    #[test]
    fn a_state_file_of_any_bytes_is_refused_or_used(changes in changes()) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state.sqlite");
        std::fs::write(&path, of_bytes(&WHOLE, &changes)).unwrap();
        if let Err(why) = used(&path) {
            prop_assert!(!why.is_empty());
        }
    }

    /// The tables as somebody else may have made them: without a column's type, without a table, with other values.
    #[test]
    fn a_state_file_with_other_tables_or_values_is_refused_or_used(
        column in 0..COLUMNS.len(), value in 0..VALUES.len(), dropped in 0..12usize, version in 0..6i64
    ) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state.sqlite");
        std::fs::write(&path, &*WHOLE).unwrap();
        let (table, name) = COLUMNS[column];
        let connection = Connection::open(&path).unwrap();
        // A copy of the table has neither its types nor its keys.
        connection.pragma_update(None, "foreign_keys", false).unwrap();
        connection.execute_batch(&format!(
            "CREATE TABLE other AS SELECT * FROM {table}; DROP TABLE {table}; ALTER TABLE other RENAME TO {table};
             UPDATE {table} SET {name} = {};", VALUES[value]
        )).unwrap();
        if let Some(table) = ["server", "patient", "quarantine", "run", "reading", "decision", "decided_by"].get(dropped) {
            connection.execute_batch(&format!("DROP TABLE {table}")).unwrap();
        }
        if version < 4 {
            connection.pragma_update(None, "user_version", [-1, 0, 1, 99][version as usize]).unwrap();
        }
        drop(connection);
        if let Err(why) = used(&path) {
            prop_assert!(!why.is_empty());
        }
    }
}
