//! Each change says why it was made: data, time, mapping files, program, guideline, language, another hand.

use super::*;

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
