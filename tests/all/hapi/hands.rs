//! Other hands at the same records: a clinician's, and a second adapter's.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use super::changes::{activity, larger_tumour};
use super::server::{Hapi, STORY, hapi, reference, sibling};
use crate::ran::Ran;
use serde_json::{Value, json};
use std::process::Stdio;

/// A clinician rejects the radiotherapy and says why; their plan as the server has it then.
fn rejected(hapi: &Hapi, patient: &str) -> Value {
    let path = reference(&hapi.only("CarePlan", patient));
    hapi.change(&path, |plan| {
        let activities = plan["activity"].as_array_mut().unwrap();
        let radiotherapy = activities.iter_mut().find(|it| it["detail"]["code"]["coding"][0]["code"] == "R06").unwrap();
        radiotherapy["detail"]["status"] = json!("cancelled");
        let notes = plan["note"].as_array().cloned().unwrap_or_default();
        plan["note"] = json!([notes, vec![json!({ "text": "The patient does not want radiotherapy." })]].concat());
    });
    hapi.get(&path)
}

#[test]
fn what_a_clinician_changed_is_never_overwritten() {
    let Some(hapi) = hapi() else { return };
    let patient = hapi.seeded(STORY);
    hapi.sync_patient(&patient);
    let theirs = rejected(&hapi, &patient);
    for _ in 0..2 {
        let ran = hapi.sync(&["--patient", &patient]);
        assert_eq!((ran.exit, ran.counts()), (0, [0, 0, 1, 0]), "{ran:?}");
        assert_eq!(ran.line["left_to_other_hand"], 1, "{ran:?}");
    }
    assert_eq!(hapi.only("CarePlan", &patient), theirs);
}

#[test]
fn new_advice_after_a_clinicians_change_is_a_draft_that_leaves_out_what_they_rejected() {
    let Some(hapi) = hapi() else { return };
    let patient = hapi.seeded(STORY);
    hapi.sync_patient(&patient);
    let theirs = rejected(&hapi, &patient);
    // LDH was a mistake: the work-up asks for it again (R04), and the radiotherapy does not rest on it.
    let ldh = format!("Observation/{}", sibling(&patient, "obs-22"));
    hapi.change(&ldh, |observation| observation["status"] = json!("entered-in-error"));
    assert_eq!(hapi.sync_patient(&patient)[0], 1);
    let plans = hapi.of_patient("CarePlan", &patient);
    let [left, draft] = &plans[..] else { panic!("{plans:#?}") };
    assert_eq!(*left, theirs);
    assert_eq!((&draft["status"], &draft["replaces"][0]["reference"]), (&json!("draft"), &json!(reference(&theirs))));
    assert!(activity(draft, "R06").is_none(), "rejected: {draft:#}");
    assert!(activity(draft, "R10").is_some(), "{draft:#}");
    assert_eq!(hapi.sync_patient(&patient)[..2], [0, 0], "the draft is written once");

    larger_tumour(&hapi, &patient);
    assert_eq!(hapi.sync_patient(&patient)[..2], [0, 1], "what the radiotherapy rests on has changed");
    let plans = hapi.of_patient("CarePlan", &patient);
    assert_eq!(plans[0], theirs);
    assert!(activity(&plans[1], "R06").is_some(), "{:#}", plans[1]);
}

#[test]
fn adapters_at_once_write_no_duplicate() {
    let Some(hapi) = hapi() else { return };
    let patients: Vec<String> = (0..4).map(|_| hapi.seeded(STORY)).collect();
    let named: Vec<&str> = patients.iter().flat_map(|it| ["--patient", it.as_str()]).collect();
    let arguments = [&["--as-of", super::server::AS_OF][..], &named].concat();
    let start = || {
        let mut run = hapi.command("sync", &arguments);
        run.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let runs = [start(), start(), start()];
    let ran = runs.map(|run| Ran::of(&run.wait_with_output().unwrap()));
    for patient in &patients {
        for kind in ["CarePlan", "RiskAssessment"] {
            let resource = hapi.only(kind, patient);
            assert_eq!(hapi.versions(&resource), 1, "{ran:?}");
            // The transaction of who comes second finds the resource and adds its own Provenance all the same.
            assert!((1..=3).contains(&hapi.provenances(&resource).len()), "{ran:?}");
        }
    }
    assert!(ran.iter().all(|it| it.exit == 0), "{ran:?}");
    let created: u64 = ran.iter().map(|it| it.counts()[0]).sum();
    assert_eq!(created, 8, "each is created by one of them: {ran:?}");
}

#[test]
fn of_two_copies_the_newest_stands_and_the_other_is_revoked() {
    let Some(hapi) = hapi() else { return };
    let patient = hapi.seeded(STORY);
    hapi.sync_patient(&patient);
    let older = hapi.only("CarePlan", &patient);
    let mut copy = older.clone();
    copy["id"] = json!(sibling(&patient, "copy"));
    copy["meta"] = json!({ "profile": older["meta"]["profile"] });
    hapi.put(&copy);
    assert_eq!(hapi.sync_patient(&patient), [0, 0, 2, 1]);
    assert_eq!(hapi.get(&reference(&copy))["status"], "draft");
    assert_eq!(hapi.get(&reference(&older))["status"], "revoked");
    assert_eq!(hapi.sync_patient(&patient), [0, 0, 2, 0], "the one that was revoked last is not what stands");
    assert_eq!(hapi.get(&reference(&copy))["status"], "draft");
}
