//! What stands in a folder: taken back when it no longer holds, left where another hand, a broken file or a missing patient
//! leaves doubt, and untouched by a dry run.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use crate::written::{PELVIS, Place, RIB, counts, json_of, patient_of, resources};
use plasmabridge::inputs::Day;
use plasmabridge::plan::withdrawal::{Reason, withdrawn};
use plasmabridge::plan::{Language, ResourceKind};
use plasmabridge::sync::What;
use plasmabridge::write::gate;
use serde_json::{Value, json};
use std::path::Path;

/// The plan of the rib after a clinician has changed it.
fn changed_by_a_clinician(place: &Place, change: impl Fn(&mut Value)) -> std::path::PathBuf {
    let file = place.place_of(ResourceKind::CarePlan, &json_of(RIB));
    let mut plan = json_of(&file);
    change(&mut plan);
    std::fs::write(&file, plan.to_string()).unwrap();
    file
}

/// The draft that stands beside a plan that is a clinician's now.
fn beside(file: &Path) -> std::path::PathBuf {
    file.with_file_name(format!("{}-2.json", file.file_stem().unwrap().to_str().unwrap()))
}

#[test]
fn a_plan_that_another_hand_has_changed_is_left_alone() {
    let place = Place::of_two();
    place.run("2026-11-22");
    let file = changed_by_a_clinician(&place, |plan| plan["note"] = json!([{ "text": "seen by the clinic" }]));
    let standing = place.standing();
    let report = place.run("2026-11-23");
    assert_eq!(report.summary.left_to_other_hand, 1);
    assert_eq!(place.standing(), standing);
    assert!(!beside(&file).exists());
}

#[test]
fn new_advice_stands_in_a_draft_beside_it_that_replaces_it() {
    let place = Place::of_two();
    place.run("2026-11-22");
    let file = changed_by_a_clinician(&place, |plan| plan["status"] = "active".into());
    let theirs = json_of(&file);
    // Far enough on for the plan to say something else: the next visit is another one.
    let report = place.run("2027-07-11");
    assert_eq!(report.summary.created, 1);
    assert_eq!(json_of(&file), theirs);
    let draft = json_of(beside(&file));
    assert_eq!(draft["status"], "draft");
    assert_eq!(draft["replaces"][0]["reference"], format!("CarePlan/{}", theirs["id"].as_str().unwrap()));
    assert_ne!(draft["identifier"], theirs["identifier"]);
    let standing = place.standing();
    let again = place.run("2027-07-12");
    assert_eq!(counts(&again), [0, 0, 4, 0, 0]);
    assert_eq!(place.standing(), standing);
}

/// The codes of a plan's activities.
fn codes(plan: &Value) -> Vec<String> {
    let activities = plan["activity"].as_array().unwrap().iter();
    activities.map(|it| it["detail"]["code"]["coding"][0]["code"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn what_a_clinician_has_rejected_is_not_proposed_again_until_what_it_rests_on_has_changed() {
    let place = Place::of_two();
    place.run("2026-11-22");
    let reject = |plan: &mut Value| {
        for activity in plan["activity"].as_array_mut().unwrap() {
            if activity["detail"]["code"]["coding"][0]["code"] == "R16" {
                activity["detail"]["status"] = "cancelled".into();
            }
        }
    };
    let file = changed_by_a_clinician(&place, reject);
    // Follow-up is all that changes with time here, and it was rejected: there is nothing new to say.
    assert_eq!(place.run("2027-07-11").summary.left_to_other_hand, 1);
    assert!(!beside(&file).exists());
    // A response that is no longer complete is new: follow-up is proposed again.
    let mut record = json_of(RIB);
    for observation in resources(&mut record, "Observation") {
        if observation["id"] == "6bfe96-obs-43" {
            observation["valueQuantity"]["value"] = json!(7.9);
        }
    }
    place.put("rib", &record);
    place.run("2027-07-11");
    assert!(codes(&json_of(beside(&file))).contains(&"R16".to_owned()));
}

fn status(path: &Path) -> String {
    json_of(path)["status"].as_str().unwrap().to_owned()
}

/// What stands of the rib, after its record was changed: revoked once, and left as it is by the next run.
fn revoked(change: impl Fn(&mut Value), reason: &str, risk_assessment: &str) {
    let place = Place::of_two();
    place.run("2026-11-22");
    let [plan, risk] = ResourceKind::ALL.map(|kind| place.place_of(kind, &json_of(RIB)));
    let before = json_of(&plan);
    let mut record = json_of(RIB);
    change(&mut record);
    place.put("rib", &record);
    let report = place.run("2026-11-30");
    assert_eq!(report.summary.revoked, 2);
    let revoked: Vec<_> = report.changes.iter().filter(|it| it.what == What::Revoked).map(|it| it.reason).collect();
    assert_eq!(revoked, [Some(reason); 2]);
    assert_eq!([status(&plan), status(&risk)], ["revoked", risk_assessment]);
    assert!(json_of(&risk).get("prediction").is_none());
    let after = json_of(&plan);
    assert_eq!(after["identifier"], before["identifier"]);
    let of = |plan: &Value, status: &str| {
        plan["activity"].as_array().unwrap().iter().filter(|it| it["detail"]["status"] == status).count()
    };
    assert!(of(&before, "not-started") > 0 && of(&after, "not-started") == 0);
    assert_eq!(of(&after, "completed"), of(&before, "completed"));
    for resource in [&after, &json_of(&risk)] {
        let read = gate::references(resource).into_iter().collect();
        assert_eq!(gate::objections(resource, &patient_of(&record), &read), Vec::<String>::new());
    }
    assert_eq!(place.run("2026-12-01").summary.revoked, 0);
    assert_eq!(json_of(&plan), after);
    // Whoever was recorded in error comes back with the next run.
    place.put("rib", &json_of(RIB));
    place.run("2026-12-01");
    assert_eq!([status(&plan), status(&risk)], ["draft", "final"]);
}

#[test]
fn nothing_of_a_plan_that_is_taken_back_is_still_to_be_done() {
    let activity = |status: &str| json!({ "detail": { "status": status } });
    let statuses =
        ["not-started", "scheduled", "in-progress", "on-hold", "completed", "cancelled", "stopped", "unknown"];
    let plan = json!({ "resourceType": "CarePlan", "status": "draft", "activity": statuses.map(activity) });
    let day = Day::parse("2026-11-22").unwrap();
    let taken_back = withdrawn(ResourceKind::CarePlan, &plan, Reason::Died, Language::English, day);
    let left = taken_back["activity"].as_array().unwrap().iter().map(|it| it["detail"]["status"].as_str().unwrap());
    let expected = ["cancelled", "cancelled", "stopped", "stopped", "completed", "cancelled", "stopped", "cancelled"];
    assert_eq!(left.collect::<Vec<_>>(), expected);
}

#[test]
fn plan_and_prognosis_of_a_patient_who_has_died_are_taken_back() {
    let died = |record: &mut Value| {
        let patient = resources(record, "Patient").next().unwrap();
        patient.as_object_mut().unwrap().remove("deceasedBoolean");
        patient["deceasedDateTime"] = "2026-11-29".into();
    };
    revoked(died, "died", "corrected");
}

#[test]
fn plan_and_prognosis_of_a_diagnosis_that_was_refuted_are_taken_back() {
    let refuted = |record: &mut Value| {
        let system = "http://terminology.hl7.org/CodeSystem/condition-ver-status";
        for condition in resources(record, "Condition") {
            condition["verificationStatus"] = json!({ "coding": [{ "system": system, "code": "refuted" }] });
        }
    };
    revoked(refuted, "out_of_scope", "entered-in-error");
}

#[test]
fn a_patient_of_whom_the_input_has_nothing_is_left_and_named() {
    let place = Place::of_two();
    place.run("2026-11-22");
    let standing = place.standing();
    std::fs::remove_file(place.records().join("rib.json")).unwrap();
    let report = place.run("2026-11-22");
    assert_eq!(report.without_record, [patient_of(&json_of(RIB))]);
    assert_eq!(counts(&report), [0, 0, 2, 0, 0]);
    assert!(place.standing() == standing);
}

#[test]
fn a_standing_file_that_is_no_json_is_not_written_over_and_the_other_patient_is_done() {
    let place = Place::of_two();
    let file = place.place_of(ResourceKind::CarePlan, &json_of(RIB));
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(&file, "{ \"resourceType\": \"CareP").unwrap();
    let (code, told) = place.call(&[]);
    assert_eq!(code, 5, "{told}");
    assert!(told.contains(file.to_str().unwrap()) && told.contains("not JSON"), "{told}");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "{ \"resourceType\": \"CareP");
    // Both resources of a patient or none: the prognosis was not written either.
    assert!(!place.place_of(ResourceKind::RiskAssessment, &json_of(RIB)).exists());
    assert!(ResourceKind::ALL.iter().all(|kind| place.place_of(*kind, &json_of(PELVIS)).exists()));
}

#[test]
fn a_dry_run_exits_6_while_there_is_something_to_write_and_writes_nothing() {
    let place = Place::of_two();
    let (code, told) = place.call(&["--dry-run"]);
    assert_eq!(code, 6, "{told}");
    assert!(!place.plans().exists());
    assert_eq!(place.call(&[]).0, 0);
    let standing = place.standing();
    assert_eq!(standing.len(), 4);
    assert_eq!(place.call(&["--dry-run"]).0, 0);
    let mut record = json_of(RIB);
    resources(&mut record, "Patient").next().unwrap()["deceasedDateTime"] = "2026-11-20".into();
    place.put("rib", &record);
    assert_eq!(place.call(&["--dry-run"]).0, 6);
    assert!(place.standing() == standing);
}

#[test]
fn a_dry_run_tells_what_would_be_different_and_for_whom() {
    let place = Place::of_two();
    let told = |as_of: &str| {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_plasmabridge"))
            .args(["sync", "--dry-run", "--as-of", as_of, "--folder"])
            .arg(place.records())
            .arg("--out")
            .arg(place.plans())
            .output()
            .unwrap();
        (output.status.code(), String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap())
    };
    let (code, text, errors) = told("2026-11-22");
    assert_eq!(code, Some(6));
    let patient = patient_of(&json_of(RIB));
    assert!(text.contains(&format!("{patient} · CarePlan would be created")), "{text}");
    assert!(text.contains("+ R16: [not-started]"), "{text}");
    place.run("2026-11-22");
    let (code, text, _) = told("2027-07-11");
    assert_eq!(code, Some(6));
    assert!(text.contains(&format!("{patient} · CarePlan would be updated")), "{text}");
    // The next visit is another one; what was done stays as it was.
    assert!(text.contains("~ R16: ") && text.contains("(was: [not-started]"), "{text}");
    assert!(!text.contains("R06"), "{text}");
    // What a patient has is for the one who asked, and not for the log.
    assert!(!errors.contains("R16"), "{errors}");
}

#[test]
fn a_plan_that_was_revoked_and_then_touched_holds_nothing_back_when_its_reason_was_an_error() {
    let place = Place::of_two();
    place.run("2026-11-22");
    let file = place.place_of(ResourceKind::CarePlan, &json_of(RIB));
    let advised = codes(&json_of(&file));
    let mut record = json_of(RIB);
    resources(&mut record, "Patient").next().unwrap()["deceasedBoolean"] = json!(true);
    place.put("rib", &record);
    place.run("2026-11-22");
    assert_eq!(json_of(&file)["status"], "revoked");
    changed_by_a_clinician(&place, |plan| plan["note"] = json!([{ "text": "the death was another patient's" }]));
    resources(&mut record, "Patient").next().unwrap()["deceasedBoolean"] = json!(false);
    place.put("rib", &record);
    place.run("2026-11-22");
    let anew = json_of(beside(&file));
    assert_eq!((&anew["status"], codes(&anew)), (&json!("draft"), advised));
}

#[test]
fn the_plan_of_a_record_that_another_has_replaced_is_revoked() {
    let place = Place::of_two();
    place.run("2026-11-22");
    let file = place.place_of(ResourceKind::CarePlan, &json_of(RIB));
    let mut record = json_of(RIB);
    let link = json!([{ "other": { "reference": "Patient/another" }, "type": "replaced-by" }]);
    resources(&mut record, "Patient").next().unwrap()["link"] = link;
    place.put("rib", &record);
    place.run("2026-11-22");
    assert_eq!(json_of(&file)["status"], "revoked");
    let standing = place.standing();
    place.run("2026-11-22");
    assert_eq!(place.standing(), standing);
}
