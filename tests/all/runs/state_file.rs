//! What the state file keeps of runs, how long, and that it holds no value of a patient.

use super::*;

#[test]
fn a_run_that_decided_nobody_or_wrote_nothing_leaves_no_row_and_a_list_that_was_read_twice_stands_once() {
    let place = Place::new();
    let dry = ["sync", "--server", &place.server.base, "--state", &place.state(), "--as-of", DAY, "--dry-run"];
    assert_eq!(call(&dry).0, 6);
    assert_eq!(place.number("SELECT count(*) FROM run"), 0);
    place.sync(DAY, &[]);
    place.sync(DAY, &["--full"]);
    assert_eq!((place.number("SELECT count(*) FROM run"), place.number("SELECT count(*) FROM decision")), (2, 6));
    assert_eq!(place.number("SELECT count(*) FROM reading"), 3);
    // As if all that there is were seen long ago.
    place.tables().execute("UPDATE server SET seen_until = unixepoch() + 100", []).unwrap();
    assert_eq!(place.sync(DAY, &[]).line["patients"], 0);
    assert_eq!(place.number("SELECT count(*) FROM run"), 2);
}

#[test]
fn what_a_run_has_written_itself_is_no_change_and_what_another_hand_wrote_is() {
    let place = Place::new();
    let patients = || place.sync(DAY, &[]).line["patients"].clone();
    place.server.with(Store::age);
    assert_eq!(patients(), 3);
    assert_eq!(patients(), 0, "what was written stands in the minutes that are looked at twice");
    place.size(SIZE, 55.0);
    assert_eq!(patients(), 1);
    let plan = place.plan();
    assert_eq!(plan["meta"]["versionId"], "2");
    // The size is old by now, and the plan's second version is not.
    place.server.with(|store| {
        store.age();
        store.change("CarePlan", plan["id"].as_str().unwrap(), |it| *it = plan.clone());
    });
    assert_eq!(place.plan()["meta"]["versionId"], "3");
    assert_eq!(patients(), 1, "the third version is another hand's, whatever it says");
}

#[test]
fn runs_older_than_they_are_kept_are_forgotten_but_what_the_last_decisions_rest_on() {
    let place = Place::new();
    let config = place.folder.path().join("plasmabridge.toml");
    std::fs::write(&config, "[runs]\nkeep_days = 30\n").unwrap();
    let config = ["--config", config.to_str().unwrap()];
    place.sync(DAY, &config);
    place.size(SIZE, 55.0);
    place.sync(DAY, &config);
    assert_eq!(place.number("SELECT count(*) FROM reading"), 4, "three, and the lumbar patient's second");
    let days_ago = |days: i64| {
        let sql = "UPDATE run SET started = unixepoch() - ?1 * 86400";
        place.tables().execute(sql, [days]).unwrap();
    };
    days_ago(29);
    place.sync(DAY, &[&config[..], &["--full"]].concat());
    assert_eq!(place.list(&[]).len(), 3);
    days_ago(31);
    let kept = place.sync(DAY, &[&config[..], &["--full"]].concat());
    let listed = place.list(&[]);
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0]["run"], kept.line["run"]);
    assert_eq!(place.number("SELECT count(*) FROM decision"), 3);
    assert_eq!(place.number("SELECT count(*) FROM change"), 0);
    assert_eq!(place.number("SELECT count(*) FROM reading"), 3);
    // The last decisions are older than any run that is kept, and still tell why.
    days_ago(31);
    place.tables().execute("DELETE FROM run", []).unwrap();
    place.size(SIZE, 32.0);
    assert_eq!(place.changes(DAY, &config), [lumbar("CarePlan", "updated", &["data"])]);
}

#[test]
fn a_run_that_was_killed_is_listed_as_not_ended() {
    let place = Place::new();
    place.sync(DAY, &[]);
    // What a run leaves that is killed after it has remembered its patients.
    place.tables().execute("UPDATE run SET ended = NULL, counts = NULL", []).unwrap();
    assert_eq!(place.list(&[])[0].get("ended"), None);
    let (exit, text, _) = call(&["runs", "list", "--state", &place.state()]);
    assert!(exit == 0 && text.contains("not ended: it was killed"), "{text}");
}

const SCHEMA_2: &str = "
CREATE TABLE server (base TEXT PRIMARY KEY, seen_until INTEGER, last_full INTEGER, digest TEXT) STRICT;
CREATE TABLE patient (base TEXT NOT NULL, id TEXT NOT NULL, decided_on TEXT NOT NULL, next_look TEXT NOT NULL,
  PRIMARY KEY (base, id)) STRICT, WITHOUT ROWID;
CREATE TABLE quarantine (base TEXT NOT NULL, id TEXT NOT NULL, reason TEXT NOT NULL, since INTEGER NOT NULL,
  attempts INTEGER NOT NULL, next_try INTEGER NOT NULL, PRIMARY KEY (base, id)) STRICT, WITHOUT ROWID;
ALTER TABLE server ADD COLUMN lists TEXT;
PRAGMA user_version = 2;";

#[test]
fn a_state_file_without_runs_keeps_what_it_holds_and_a_newer_one_is_refused() {
    let place = Place::new();
    let base = format!("{}/", place.server.base);
    let tables = place.tables();
    tables.execute_batch(SCHEMA_2).unwrap();
    tables.execute("INSERT INTO server VALUES (?1, 1700000000, 1700000001, 'of then', 'Condition')", [&base]).unwrap();
    let patient = "INSERT INTO patient VALUES (?1, ?2, '2026-11-20', '2026-12-01')";
    tables.execute(patient, [&base, LUMBAR]).unwrap();
    let quarantined =
        "INSERT INTO quarantine VALUES (?1, 'somebody', 'the server answered 422', 1700000002, 4, 1700000003)";
    tables.execute(quarantined, [&base]).unwrap();
    drop(tables);
    {
        let state = plasmabridge::sync::state::State::open(Path::new(&place.state()), &base).unwrap();
        let seen = state.seen().unwrap();
        assert_eq!((seen.until, seen.last_full), (Some(1_700_000_000), Some(1_700_000_001)));
        assert_eq!((seen.digest.as_deref(), seen.lists.as_deref()), (Some("of then"), Some("Condition")));
        assert_eq!(state.patients().unwrap(), BTreeSet::from([LUMBAR.to_owned()]));
        let quarantine = state.quarantine().unwrap();
        let [of_then] = quarantine.as_slice() else { panic!("{quarantine:?}") };
        assert_eq!((of_then.id.as_str(), of_then.since, of_then.attempts), ("somebody", 1_700_000_002, 4));
    }
    assert_eq!(place.number("PRAGMA user_version"), 4);
    // Who was decided before runs were recorded: why a plan differs from then cannot be known.
    assert!(place.changes(DAY, &[]).contains(&lumbar("CarePlan", "created", &["unrecorded"])));

    place.tables().execute_batch("PRAGMA user_version = 5").unwrap();
    let (exit, _, stderr) = call(&["runs", "list", "--state", &place.state()]);
    assert!(exit == 3 && stderr.contains("is of a newer plasmabridge (tables 5, this one knows 4)"), "{exit} {stderr}");
}

/// All texts and numbers of a resource that say something of a patient: what names types, ids, references, units and
/// systems apart, and what is too short to be told from a digit or two of a digest.
fn values(name: &str, value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => fields.iter().for_each(|(name, value)| values(name, value, found)),
        Value::Array(items) => items.iter().for_each(|item| values(name, item, found)),
        Value::String(text) if !["resourceType", "id", "reference", "system", "url", "profile"].contains(&name) => {
            found.insert(text.clone());
        }
        Value::Number(number) => {
            found.insert(number.to_string());
        }
        _ => {}
    }
}

#[test]
fn the_state_file_holds_no_value_of_a_patient() {
    let place = Place::new();
    place.size(SIZE, 31.4159);
    let records = place.server.with(|store| {
        ["Condition", "DiagnosticReport", "Observation", "Patient", "Procedure"].map(|kind| store.all(kind)).concat()
    });
    place.sync(DAY, &[]);
    place.size(SIZE, 55.0);
    place.sync(DAY, &[]);
    let mut known = BTreeSet::new();
    records.iter().for_each(|resource| {
        let mut resource = resource.clone();
        resource.as_object_mut().unwrap().remove("meta");
        values("", &resource, &mut known);
    });
    // A few digits may stand in a digest, or where one column ends and the next begins (`0.1.0` and `2026`).
    let least = |text: &str| match text {
        _ if text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') => 6,
        _ if text.bytes().all(|byte| byte.is_ascii_hexdigit()) => 12,
        _ => 4,
    };
    known.retain(|text| text.len() >= least(text));
    for wanted in ["Joiner", "Carl", "1968-05-02", "31.4159", "C90.30", "Solitary plasmacytoma"] {
        assert!(known.iter().any(|text| text.contains(wanted)), "{wanted}");
    }
    let mut bytes = Vec::new();
    for file in std::fs::read_dir(place.folder.path()).unwrap().map(|entry| entry.unwrap().path()) {
        bytes.extend(std::fs::read(file).unwrap());
    }
    let holds = |text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
    assert!(holds("Observation/07665f-obs-01/_history/2"), "the references are not found, so nothing would be");
    let held: Vec<&String> = known.iter().filter(|text| holds(text)).collect();
    assert!(held.is_empty(), "{held:?}");
}
