//! What a run read, decided and changed can be looked up later, said why, and decided again to the byte.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod state_file;
mod why;

use super::faults::{ONE, server};
use super::ran::Ran;
use super::small_server::{Fault, SmallServer, Store};
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
