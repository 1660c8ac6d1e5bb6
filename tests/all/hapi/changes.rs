//! The record changes: what stands follows it, or is taken back.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use super::server::{Hapi, STORY, hapi, sibling};
use serde_json::{Value, json};

/// The same patient's tumour larger than 5 cm: 40 to 50 Gy instead of 35 to 40 (R06).
pub fn larger_tumour(hapi: &Hapi, patient: &str) {
    let tumour = format!("Observation/{}", sibling(patient, "obs-01"));
    hapi.change(&tumour, |observation| observation["valueQuantity"]["value"] = json!(62));
}

pub fn activity<'p>(plan: &'p Value, code: &str) -> Option<&'p Value> {
    plan["activity"].as_array().unwrap().iter().find(|it| it["id"] == code || code_of(it) == Some(code))
}

fn code_of(activity: &Value) -> Option<&str> {
    activity.pointer("/detail/code/coding/0/code")?.as_str()
}

#[test]
fn a_value_that_changes_the_advice_updates_the_plan_once() {
    let Some(hapi) = hapi() else { return };
    let patient = hapi.seeded(STORY);
    hapi.sync_patient(&patient);
    let before = hapi.only("CarePlan", &patient);
    larger_tumour(&hapi, &patient);
    assert_eq!(hapi.sync_patient(&patient), [0, 1, 1, 0]);
    let after = hapi.only("CarePlan", &patient);
    assert_eq!((after["id"].clone(), hapi.versions(&after)), (before["id"].clone(), 2));
    assert_ne!(activity(&after, "R06"), activity(&before, "R06"));
    assert_eq!(activity(&after, "R10"), activity(&before, "R10"));
    assert_eq!(hapi.provenances(&after).len(), 2);
    assert_eq!(hapi.versions(&hapi.only("RiskAssessment", &patient)), 1);
    assert_eq!(hapi.sync_patient(&patient), [0, 0, 2, 0]);
}

#[test]
fn a_refuted_diagnosis_takes_plan_and_prognosis_back_as_mistaken() {
    let Some(hapi) = hapi() else { return };
    let patient = hapi.seeded(STORY);
    hapi.sync_patient(&patient);
    hapi.change(&format!("Condition/{}", sibling(&patient, "con-01")), |condition| {
        condition["verificationStatus"]["coding"][0]["code"] = json!("refuted");
    });
    assert_eq!(hapi.sync_patient(&patient), [0, 0, 0, 2]);
    assert_eq!(hapi.only("CarePlan", &patient)["status"], "revoked");
    assert_eq!(hapi.only("RiskAssessment", &patient)["status"], "entered-in-error");
    assert_eq!(hapi.sync_patient(&patient), [0, 0, 2, 0], "taken back once");
}

#[test]
fn a_patient_who_has_died_has_no_plan_any_more() {
    let Some(hapi) = hapi() else { return };
    let patient = hapi.seeded(STORY);
    hapi.sync_patient(&patient);
    hapi.change(&format!("Patient/{patient}"), |it| it["deceasedDateTime"] = json!("2026-11-18"));
    assert_eq!(hapi.sync_patient(&patient), [0, 0, 0, 2]);
    assert_eq!(hapi.only("CarePlan", &patient)["status"], "revoked");
    assert_eq!(hapi.only("RiskAssessment", &patient)["status"], "corrected");
    assert_eq!(hapi.sync_patient(&patient), [0, 0, 2, 0], "taken back once");
}

#[test]
fn a_death_that_was_an_error_brings_the_plan_back() {
    let Some(hapi) = hapi() else { return };
    let patient = hapi.seeded(STORY);
    hapi.sync_patient(&patient);
    let path = format!("Patient/{patient}");
    hapi.change(&path, |it| it["deceasedBoolean"] = json!(true));
    hapi.sync_patient(&patient);
    hapi.change(&path, |it| it["deceasedBoolean"] = json!(false));
    assert_eq!(hapi.sync_patient(&patient), [0, 2, 0, 0]);
    assert_eq!(hapi.only("CarePlan", &patient)["status"], "draft");
    assert_eq!(hapi.only("RiskAssessment", &patient)["status"], "final");
}
