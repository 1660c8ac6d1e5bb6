//! What a run read, decided and changed can be looked up later, said why, and decided again to the byte.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use super::faults::{ONE, server};
use super::ran::Ran;
use super::small_server::{Fault, SmallServer};
use plasmabridge::plan::fingerprint;
use rusqlite::Connection;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The patient of the lumbar story, and the tumour's size there (32 mm).
const LUMBAR: &str = "07665f-pt";
const SIZE: &str = "07665f-obs-01";
/// The tumour's size of the broken humerus (40 mm).
const SIZE_OF_ONE: &str = "bf1e3b-obs-02";
const DAY: &str = "2026-11-22";

fn call(arguments: &[&str]) -> (i32, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_plasmabridge")).args(arguments).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

/// What a report says of a resource: patient, type, what was done, why.
type Told = (String, String, String, Vec<String>);

/// A server with the three patients, and a state file.
struct Place {
    server: SmallServer,
    folder: tempfile::TempDir,
}

impl Place {
    fn new() -> Place {
        Place { server: server(), folder: tempfile::tempdir().unwrap() }
    }

    fn state(&self) -> String {
        self.folder.path().join("state.sqlite").to_str().unwrap().to_owned()
    }

    fn tables(&self) -> Connection {
        Connection::open(self.state()).unwrap()
    }

    fn number(&self, sql: &str) -> i64 {
        self.tables().query_row(sql, [], |row| row.get(0)).unwrap()
    }

    /// A run for a day, with the further arguments.
    fn sync(&self, as_of: &str, further: &[&str]) -> Ran {
        let state = self.state();
        let arguments = ["sync", "--server", &self.server.base, "--state", &state, "--as-of", as_of];
        let output = Command::new(env!("CARGO_BIN_EXE_plasmabridge")).args(arguments).args(further).output();
        let ran = Ran::of(&output.unwrap());
        assert_eq!(ran.exit, 0, "{ran:?}");
        ran
    }

    /// What a run changes, as its report says it; the state file has to say the same.
    fn changes(&self, as_of: &str, further: &[&str]) -> Vec<Told> {
        let report = self.folder.path().join("report.json");
        let ran = self.sync(as_of, &[further, &["--report", report.to_str().unwrap()]].concat());
        let report: Value = serde_json::from_str(&std::fs::read_to_string(report).unwrap()).unwrap();
        let reported = told(report["changes"].as_array().unwrap(), |change| change["patient"].clone());
        let shown = self.show(ran.line["run"].as_str().unwrap());
        let recorded = shown["patients"].as_array().unwrap().iter();
        let recorded = recorded.flat_map(|it| told(it["changes"].as_array().unwrap(), |_| it["patient"].clone()));
        let of_record: BTreeSet<Told> = recorded.collect();
        assert_eq!(reported.iter().cloned().collect::<BTreeSet<Told>>(), of_record);
        reported
    }

    fn list(&self, further: &[&str]) -> Vec<Value> {
        let (exit, list, stderr) = call(&[&["runs", "list", "--json", "--state", &self.state()], further].concat());
        assert_eq!(exit, 0, "{stderr}");
        list.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    fn show(&self, run: &str) -> Value {
        let (exit, shown, stderr) = call(&["runs", "show", run, "--json", "--state", &self.state()]);
        assert_eq!(exit, 0, "{stderr}");
        serde_json::from_str(&shown).unwrap()
    }

    fn replay(&self, run: &str, patient: &str, further: &[&str]) -> (i32, String, String) {
        let state = self.state();
        call(&[&["replay", run, patient, "--server", &self.server.base, "--state", &state], further].concat())
    }

    /// What `evaluate` prints of a patient's record as it stands on the server.
    fn evaluated(&self, patient: &str) -> String {
        let whose = format!("Patient/{patient}");
        let kinds = ["Condition", "DiagnosticReport", "Observation", "Patient", "Procedure"];
        let of_patient = |it: &Value| it["id"] == patient || it["subject"]["reference"] == *whose;
        let all = self.server.with(|store| kinds.iter().flat_map(|kind| store.all(kind)).collect::<Vec<_>>());
        let entries: Vec<Value> = all.into_iter().filter(of_patient).map(|it| json!({ "resource": it })).collect();
        assert!(entries.len() > 30, "{}", entries.len());
        let file = self.folder.path().join("record.json");
        std::fs::write(&file, json!({ "resourceType": "Bundle", "type": "collection", "entry": entries }).to_string())
            .unwrap();
        let (exit, decision, stderr) = call(&["evaluate", "--as-of", DAY, file.to_str().unwrap()]);
        assert_eq!(exit, 0, "{stderr}");
        decision
    }

    /// Another size of a tumour, in mm. From 50 on another dose is advised.
    fn size(&self, observation: &str, size: f64) {
        self.server
            .with(|store| store.change("Observation", observation, |it| it["valueQuantity"]["value"] = json!(size)));
    }

    /// The CarePlan of the lumbar patient.
    fn plan(&self) -> Value {
        let whose = format!("Patient/{LUMBAR}");
        let plans = self.server.with(|store| store.all("CarePlan"));
        plans.into_iter().find(|plan| plan["subject"]["reference"] == *whose).unwrap()
    }

    /// The shipped mapping files, with another code for the tumour's size.
    fn other_mappings(&self) -> PathBuf {
        let other = self.folder.path().join("mappings");
        std::fs::create_dir(&other).unwrap();
        for path in std::fs::read_dir("mappings").unwrap().map(|entry| entry.unwrap().path()) {
            if path.extension().is_some_and(|extension| extension == "toml") {
                let text = std::fs::read_to_string(&path).unwrap().replace("\"33728-7\"", "\"99999-9\"");
                std::fs::write(other.join(path.file_name().unwrap()), text).unwrap();
            }
        }
        other
    }
}

fn told(changes: &[Value], patient: impl Fn(&Value) -> Value) -> Vec<Told> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let told = |it: &Value| {
        let why = it["why"].as_array().unwrap().iter().map(text).collect();
        (text(&patient(it)), text(&it["resource"]), text(&it["what"]), why)
    };
    changes.iter().map(told).collect()
}

fn lumbar(kind: &str, what: &str, why: &[&str]) -> Told {
    let why = why.iter().map(|why| (*why).to_owned()).collect();
    (format!("Patient/{LUMBAR}"), kind.to_owned(), what.to_owned(), why)
}

#[test]
fn a_run_is_listed_and_shown_with_what_was_read_and_why_each_resource_was_written() {
    let place = Place::new();
    let ran = place.sync(DAY, &[]);
    let run = ran.line["run"].as_str().unwrap();
    let listed = place.list(&[]);
    let [listed] = listed.as_slice() else { panic!("{listed:?}") };
    assert_eq!((listed["run"].as_str(), &listed["as_of"]), (Some(run), &json!(DAY)));
    assert_eq!((&listed["server"], &listed["language"]), (&json!(format!("{}/", place.server.base)), &json!("en")));
    assert_eq!((&listed["counts"]["patients"], &listed["counts"]["created"]), (&json!(3), &ran.line["created"]));
    assert!(listed["ended"].as_str().unwrap() >= listed["started"].as_str().unwrap());
    // What decided is what each Provenance names, and the file that was started.
    let provenance = place.server.with(|store| store.all("Provenance"))[0].to_string();
    assert!(provenance.contains(run) && provenance.contains(listed["mappings"].as_str().unwrap()), "{provenance}");
    let program = std::fs::read(env!("CARGO_BIN_EXE_plasmabridge")).unwrap();
    assert_eq!(listed["executable"], plasmabridge::digest::Digest::of(&program).to_string());

    // As much of the id as is needed, with or without its prefix.
    let bare = run.strip_prefix("urn:uuid:").unwrap();
    let shown = place.show(&bare[..6]);
    let patients = shown["patients"].as_array().unwrap();
    assert_eq!(patients.len(), 3);
    let one = patients.iter().find(|it| it["patient"] == format!("Patient/{LUMBAR}")).unwrap();
    let read: Vec<&str> = one["read"].as_array().unwrap().iter().map(|it| it.as_str().unwrap()).collect();
    let wanted =
        ["Condition/07665f-con-01/_history/1", "Observation/07665f-obs-01/_history/1", "Patient/07665f-pt/_history/1"];
    assert!(wanted.iter().all(|reference| read.contains(reference)), "{read:?}");
    // Hypertension is no input, and yet it was in the record that was read.
    assert!(read.contains(&"Condition/07665f-con-02/_history/1"), "{read:?}");

    let (exit, text, _) = call(&["runs", "show", run, "--patient", LUMBAR, "--state", &place.state()]);
    assert_eq!(exit, 0);
    assert!(text.contains("  created CarePlan; why: first\n"), "{text}");
    assert!(text.contains("  read Observation/07665f-obs-01/_history/1\n") && !text.contains(ONE), "{text}");
    let (exit, text, _) = call(&["runs", "list", "--state", &place.state()]);
    assert!(exit == 0 && text.starts_with(run) && text.contains("patients 3, created"), "{text}");
}

#[test]
fn runs_are_found_by_patient_and_server_and_a_name_that_means_none_or_two_is_refused() {
    let place = Place::new();
    place.sync(DAY, &["--patient", LUMBAR]);
    let second = place.sync(DAY, &["--patient", ONE]);
    assert_eq!(place.list(&[]).len(), 2);
    assert_eq!(place.list(&["--patient", &format!("Patient/{ONE}")])[0]["run"], second.line["run"]);
    assert_eq!(place.list(&["--patient", ONE]).len(), 1);
    assert_eq!(place.list(&["--server", &place.server.base]).len(), 2);
    assert_eq!(place.list(&["--server", "http://127.0.0.1:1/fhir"]), Vec::<Value>::new());
    let refused = |arguments: &[&str], words: &str| {
        let (exit, _, stderr) = call(&[arguments, &["--state", &place.state()]].concat());
        assert!(exit == 2 && stderr.contains(words), "{exit} {stderr}");
    };
    refused(&["runs", "show", "urn:uuid:"], "2 runs begin with `urn:uuid:`");
    refused(&["runs", "show", "nothing"], "no run `nothing` is recorded");
    let run = second.line["run"].as_str().unwrap();
    refused(&["runs", "show", run, "--patient", LUMBAR], "did not decide `07665f-pt`");
    refused(&["replay", run, LUMBAR, "--server", &place.server.base], "did not decide `07665f-pt`");
    refused(&["replay", run, ONE, "--server", "http://127.0.0.1:1/fhir"], "give the server of the run");
    let (exit, _, stderr) = call(&["runs", "list", "--state", "no-such-file.sqlite"]);
    assert!(exit == 3 && stderr.contains("there is no state file") && !Path::new("no-such-file.sqlite").exists());
}

#[test]
fn a_replay_gives_the_bytes_of_the_run_though_a_value_has_changed_since() {
    let place = Place::new();
    let decided = place.evaluated(ONE);
    let run = place.sync(DAY, &[]).line["run"].as_str().unwrap().to_owned();
    place.size(SIZE_OF_ONE, 55.0);
    assert_ne!(place.evaluated(ONE), decided, "the change makes no difference, so it shows nothing");
    let (exit, again, stderr) = place.replay(&run, ONE, &[]);

    assert_eq!((exit, &again), (0, &decided), "{stderr}");
    assert!(stderr.contains("the same decision as in the run, to the byte"), "{stderr}");
    let shown = place.show(&run);
    let recorded = shown["patients"].as_array().unwrap().iter().find(|it| it["patient"] == format!("Patient/{ONE}"));
    let digest = plasmabridge::digest::Digest::of(decided.trim_end().as_bytes()).to_string();
    assert_eq!(recorded.unwrap()["decision"], digest);

    // A version that is gone is named, and nothing is decided from the rest.
    place.server.with(|store| store.thrown_away.insert(("Observation".to_owned(), SIZE_OF_ONE.to_owned(), 1)));
    let (exit, nothing, stderr) = place.replay(&run, ONE, &[]);
    assert_eq!((exit, nothing.as_str()), (5, ""), "{stderr}");
    assert!(stderr.contains("`Observation/bf1e3b-obs-02/_history/1`: the server no longer has it"), "{stderr}");
}

#[test]
fn a_replay_says_when_mapping_files_or_program_are_not_those_of_the_run() {
    let place = Place::new();
    let run = place.sync(DAY, &[]).line["run"].as_str().unwrap().to_owned();
    let other = place.other_mappings();
    let (exit, decision, stderr) = place.replay(&run, LUMBAR, &["--mappings", other.to_str().unwrap()]);
    assert_eq!(exit, 7, "{stderr}");
    assert!(decision.contains("\"as_of\":\"2026-11-22\""), "it is printed all the same: {decision}");
    assert!(stderr.contains("the mapping files differ: the run's have SHA-256"), "{stderr}");
    assert!(stderr.contains("another decision than in the run"), "{stderr}");
    place.tables().execute("UPDATE decided_by SET program = '0.0.9', executable = 'of another file'", []).unwrap();
    let (exit, _, stderr) = place.replay(&run, LUMBAR, &[]);
    assert_eq!(exit, 0, "{stderr}");
    assert!(stderr.contains("the program differs: the run was by version 0.0.9"), "{stderr}");
}

/// A server that gives no versions, as some facades do.
fn without_versions(server: &SmallServer) {
    fn strip(value: &mut Value) {
        match value {
            Value::Object(fields) => {
                fields.remove("versionId");
                fields.values_mut().for_each(strip);
            }
            Value::Array(items) => items.iter_mut().for_each(strip),
            _ => {}
        }
    }
    server.fault(usize::MAX, |call| !call.is_write(), Fault::changed(strip));
}

#[test]
fn what_has_no_version_is_replayed_as_it_stands_and_a_change_of_it_is_seen() {
    let place = Place::new();
    without_versions(&place.server);
    let run = place.sync(DAY, &[]).line["run"].as_str().unwrap().to_owned();
    let (exit, _, stderr) = place.replay(&run, LUMBAR, &[]);
    assert_eq!(exit, 0, "{stderr}");
    assert!(stderr.contains("`Observation/07665f-obs-01` has no version, so it was read as it stands now"), "{stderr}");
    place.size(SIZE, 55.0);
    let (exit, _, stderr) = place.replay(&run, LUMBAR, &[]);
    assert_eq!(exit, 7, "{stderr}");
    assert!(place.changes(DAY, &[]).contains(&lumbar("CarePlan", "updated", &["data"])));
}

#[test]
fn the_first_decision_says_so() {
    let place = Place::new();
    let changes = place.changes(DAY, &[]);
    assert!(changes.contains(&lumbar("CarePlan", "created", &["first"])), "{changes:?}");
    assert!(changes.iter().all(|(_, _, what, why)| what == "created" && why == &["first"]), "{changes:?}");
}

#[test]
fn a_value_that_has_changed_is_why() {
    let place = Place::new();
    place.sync(DAY, &[]);
    place.size(SIZE, 55.0);
    assert_eq!(place.changes(DAY, &[]), [lumbar("CarePlan", "updated", &["data"])]);
    // A day later too: no due date passes on it, so the day is not why.
    let on: String =
        place.tables().query_row("SELECT next_look FROM patient WHERE id = ?1", [LUMBAR], |row| row.get(0)).unwrap();
    assert!(on.as_str() > "2026-11-23", "{on}");
    place.size(SIZE, 32.0);
    assert!(place.changes("2026-11-23", &[]).contains(&lumbar("CarePlan", "updated", &["data"])));
}

#[test]
fn time_alone_is_why() {
    let place = Place::new();
    place.sync(DAY, &[]);
    let changes = place.changes("2027-07-11", &[]);
    assert!(!changes.is_empty());
    assert!(changes.iter().all(|(_, _, what, why)| what == "updated" && why == &["time"]), "{changes:?}");
}

#[test]
fn other_mapping_files_are_why_though_they_have_other_resources_read() {
    let place = Place::new();
    place.sync(DAY, &[]);
    let other = place.other_mappings();
    let changes = place.changes(DAY, &["--mappings", other.to_str().unwrap()]);
    assert!(changes.contains(&lumbar("CarePlan", "updated", &["mapping"])), "{changes:?}");
    assert!(changes.iter().all(|(_, _, _, why)| why == &["mapping"]), "{changes:?}");
    // Back again, and a value has changed besides: both are named.
    place.size(SIZE, 55.0);
    place.server.with(|store| store.change("Patient", LUMBAR, |it| it["telecom"] = json!([])));
    let changes = place.changes(DAY, &[]);
    assert!(changes.contains(&lumbar("CarePlan", "updated", &["mapping", "data"])), "{changes:?}");
}

#[test]
fn another_language_is_why() {
    let place = Place::new();
    place.sync(DAY, &[]);
    let changes = place.changes(DAY, &["--lang", "da"]);
    assert!(changes.contains(&lumbar("CarePlan", "updated", &["language"])), "{changes:?}");
    assert!(changes.iter().all(|(_, _, _, why)| why == &["language"]), "{changes:?}");
}

/// Lets the plan say something that no installation of this program writes, under a seal of ours.
fn written_otherwise(place: &Place) {
    let id = place.plan()["id"].as_str().unwrap().to_owned();
    place.server.with(|store| {
        store.change("CarePlan", &id, |plan| {
            plan["title"] = json!("as it was written before");
            fingerprint::seal(plan);
        });
    });
}

#[test]
fn another_program_and_another_guideline_are_why() {
    for (column, value, why) in [
        ("program", "0.0.9", "program"),
        ("executable", "of another file", "program"),
        ("guideline", "x|1", "guideline"),
    ] {
        let place = Place::new();
        place.sync(DAY, &[]);
        written_otherwise(&place);
        place.tables().execute(&format!("UPDATE decided_by SET {column} = ?1"), [value]).unwrap();
        assert_eq!(place.changes(DAY, &[]), [lumbar("CarePlan", "updated", &[why])], "{column}");
    }
}

#[test]
fn what_another_hand_did_to_a_plan_is_why_it_is_made_again() {
    let place = Place::new();
    place.sync(DAY, &[]);
    // Written by another installation.
    written_otherwise(&place);
    assert_eq!(place.changes(DAY, &[]), [lumbar("CarePlan", "updated", &["standing"])]);
    // Deleted.
    let id = place.plan()["id"].as_str().unwrap().to_owned();
    place.server.with(|store| store.delete("CarePlan", &id));
    assert_eq!(place.changes(DAY, &[]), [lumbar("CarePlan", "created", &["standing"])]);
    // Changed by a clinician, and nothing new to say; then there is.
    let id = place.plan()["id"].as_str().unwrap().to_owned();
    place.server.with(|store| store.change("CarePlan", &id, |plan| plan["note"] = json!([{ "text": "seen" }])));
    assert_eq!(place.changes(DAY, &[]), [lumbar("CarePlan", "left_to_other_hand", &["standing"])]);
    place.size(SIZE, 55.0);
    assert_eq!(place.changes(DAY, &[]), [lumbar("CarePlan", "created", &["data", "standing"])]);
}

#[test]
fn a_record_that_is_gone_is_why_its_plan_is_taken_back_and_cannot_be_replayed() {
    let place = Place::new();
    place.sync(DAY, &[]);
    place.server.with(|store| store.delete("Patient", LUMBAR));
    let changes = place.changes(DAY, &[]);
    assert!(changes.contains(&lumbar("CarePlan", "revoked", &["data"])), "{changes:?}");
    let run = place.list(&["--patient", LUMBAR])[0]["run"].as_str().unwrap().to_owned();
    let (exit, _, stderr) = place.replay(&run, LUMBAR, &[]);
    assert!(exit == 2 && stderr.contains("was gone in that run"), "{exit} {stderr}");
}

#[test]
fn without_a_state_file_only_the_first_time_and_another_hand_are_known() {
    let server = server();
    let folder = tempfile::tempdir().unwrap();
    let report = folder.path().join("report.json");
    let sync = || {
        let arguments = ["sync", "--server", &server.base, "--as-of", DAY, "--report", report.to_str().unwrap()];
        assert_eq!(call(&arguments).0, 0);
        let report: Value = serde_json::from_str(&std::fs::read_to_string(&report).unwrap()).unwrap();
        told(report["changes"].as_array().unwrap(), |change| change["patient"].clone())
    };
    assert!(sync().contains(&lumbar("CarePlan", "created", &["first"])));
    server.with(|store| store.change("Observation", SIZE, |it| it["valueQuantity"]["value"] = json!(55)));
    assert_eq!(sync(), [lumbar("CarePlan", "updated", &["unrecorded"])]);
}

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
    assert_eq!(place.number("PRAGMA user_version"), 3);
    // Who was decided before runs were recorded: why a plan differs from then cannot be known.
    assert!(place.changes(DAY, &[]).contains(&lumbar("CarePlan", "created", &["unrecorded"])));

    place.tables().execute_batch("PRAGMA user_version = 4").unwrap();
    let (exit, _, stderr) = call(&["runs", "list", "--state", &place.state()]);
    assert!(exit == 3 && stderr.contains("is of a newer plasmabridge (tables 4, this one knows 3)"), "{exit} {stderr}");
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
