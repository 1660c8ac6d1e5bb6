//! Treatments that are set aside: what they leave open, what they change nothing of, and that a reader hears of them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use plasmabridge::guideline::decide;
use plasmabridge::inputs::{Day, Inputs};
use plasmabridge::map::Mappings;
use plasmabridge::plan::{self, Language, ResourceKind};
use serde_json::{Value, json};

const UNPLACED: &str = "treatment_unplaced";

/// The inputs of a story as §9 writes them, with these treatments set aside.
fn story(name: &str, file: &str, set_aside: Value) -> Value {
    let text = std::fs::read_to_string(format!("fixtures/patients/{name}/{file}")).unwrap();
    let records = plasmabridge::pull::records(&text).unwrap();
    let mut inputs = serde_json::to_value(Mappings::embedded().unwrap().map(&records[0]).0).unwrap();
    inputs["set_aside"] = set_aside;
    inputs
}

/// Kjeld with one lesion of 3.2 cm in L2, who awaits radiotherapy: bone under 5 cm, so 35 to 40 Gy.
fn waiting(set_aside: Value) -> Value {
    story("lumbar-plasmacytoma-awaiting-radiotherapy", "record-danish.json", set_aside)
}

fn decided(inputs: &Value) -> Value {
    let inputs = Inputs::from_json(&inputs.to_string()).unwrap();
    serde_json::to_value(decide(&inputs, Day::parse("2026-11-22").unwrap())).unwrap()
}

fn recommendation<'d>(decision: &'d Value, id: &str) -> &'d Value {
    decision["recommendations"].as_array().unwrap().iter().find(|it| it["id"] == id).unwrap()
}

fn codes(notes: &Value) -> Vec<&str> {
    notes.as_array().into_iter().flatten().map(|note| note["code"].as_str().unwrap()).collect()
}

fn course(why: &str) -> Value {
    json!([{ "input": "radiotherapy", "why": why, "entry": { "start": "2026-10-14", "end": "2026-11-10", "dose_gy": 40,
        "fractions": 20, "intent": "curative", "source": "Procedure/somewhere" } }])
}

#[test]
fn a_course_to_a_place_that_is_not_known_leaves_the_tumours_open() {
    for why in ["unknown_site", "unknown_reason"] {
        let decision = decided(&waiting(course(why)));
        let r06 = recommendation(&decision, "R06");
        assert_eq!(r06["status"], "undetermined", "{why}");
        assert_eq!(r06["missing"], json!(["radiotherapy"]));
        assert_eq!(r06["actions"][0]["code"], "curative_radiotherapy");
        assert_eq!(r06["actions"][0]["dose_gy"], json!({ "low": 35, "high": 40 }));
        assert_eq!(codes(&r06["notes"]), [UNPLACED]);
        assert!(r06["because"].as_array().unwrap().iter().any(|look| look["source"] == "Procedure/somewhere"));
        // It is not the tumour's treatment either: nothing has begun, and nothing is followed up.
        assert_eq!(decision["anchors"], json!({ "diagnosis_date": "2026-10-06" }));
        assert_eq!(recommendation(&decision, "R15")["status"], "not_applicable");
        assert_eq!(codes(&decision["notes"]), [UNPLACED]);
        assert!(!decision["not_recorded"].as_array().unwrap().contains(&json!("radiotherapy")));
    }
}

#[test]
fn treatment_of_another_disease_is_named_and_changes_nothing_else() {
    let mut with = decided(&waiting(course("other_disease")));
    let mut without = decided(&waiting(json!([])));
    assert_eq!(recommendation(&with, "R06")["status"], "recommended");
    assert_eq!(codes(&with["notes"]), ["other_disease_treatment"]);
    assert_eq!(with["notes"][0]["sources"], json!(["Procedure/somewhere"]));
    with["notes"] = json!(null);
    without["notes"] = json!(null);
    assert_eq!(with, without);
}

#[test]
fn an_excision_of_a_place_that_is_not_known_asks_for_the_operation() {
    let operation = |kind: &str| {
        json!([{ "input": "surgery", "why": "unknown_site", "entry": { "kind": kind, "time": "2026-10-20",
            "source": "Procedure/somewhere" } }])
    };
    let decision = decided(&waiting(operation("resection")));
    assert_eq!(recommendation(&decision, "R06")["status"], "undetermined");
    assert_eq!(recommendation(&decision, "R06")["missing"], json!(["surgery"]));
    // A bone that was only stabilised still has its tumour.
    let decision = decided(&waiting(operation("stabilisation")));
    assert_eq!(recommendation(&decision, "R06")["status"], "recommended");
    assert_eq!(codes(&decision["notes"]), [UNPLACED]);
}

#[test]
fn blood_lost_in_any_operation_is_no_anaemia() {
    // 5.9 mmol/L is below 6.2, five days after an excision of another cancer; 15 days after it, it counts.
    let after = |operation: Option<&str>| {
        let set_aside = operation.map_or(json!([]), |day| {
            json!([{ "input": "surgery", "why": "other_disease", "entry": { "kind": "resection", "time": day } }])
        });
        let mut inputs = waiting(set_aside);
        let low = json!({ "value": 5.9, "low": 8.3, "time": "2026-10-25", "source": "Observation/low" });
        inputs["inputs"]["haemoglobin"].as_array_mut().unwrap().push(low);
        decided(&inputs)["events"]["anaemia"].clone()
    };
    assert_eq!(after(Some("2026-10-20")), "false");
    assert_eq!(after(Some("2026-10-10")), "unattributed");
    assert_eq!(after(None), "unattributed");
}

#[test]
fn what_cannot_wait_is_advised_all_the_same() {
    let cord = "cord-compression-without-a-surgical-option";
    let decision = decided(&story(cord, "record-danish.json", course("unknown_site")));
    let without = decided(&story(cord, "record-danish.json", json!([])));
    let (r11, before) = (recommendation(&decision, "R11"), recommendation(&without, "R11"));
    assert_eq!(r11["status"], "recommended");
    assert_eq!(r11["actions"], before["actions"]);
    assert_eq!(codes(&r11["notes"])[0], UNPLACED);
}

#[test]
fn what_began_after_the_day_is_not_there_yet() {
    let mut later = course("unknown_site");
    later[0]["entry"]["start"] = json!("2026-11-23");
    later[0]["entry"]["end"] = json!("2026-12-04");
    let mut on_the_day = later.clone();
    on_the_day[0]["entry"]["start"] = json!("2026-11-22");
    assert_eq!(decided(&waiting(later)), decided(&waiting(json!([]))));
    assert_eq!(recommendation(&decided(&waiting(on_the_day)), "R06")["status"], "undetermined");
}

#[test]
fn the_plan_says_it_first_and_refers_to_it() {
    let inputs = Inputs::from_json(&waiting(course("unknown_site")).to_string()).unwrap();
    let day = Day::parse("2026-11-22").unwrap();
    let decision = decide(&inputs, day);
    let first = |language| plan::text(&decision, language).lines().take(6).collect::<Vec<_>>().join(" ");
    assert!(first(Language::English).contains("does not say whether this was treatment of this disease"));
    assert!(first(Language::Danish).contains("ikke, om dette var behandling af denne sygdom"));
    let made = plan::resource(ResourceKind::CarePlan, &decision, Language::English, day).unwrap().unwrap();
    let supporting = made["supportingInfo"].as_array().unwrap();
    assert!(supporting.iter().any(|it| it["reference"] == "Procedure/somewhere"));
}

#[test]
fn they_are_printed_and_read_again() {
    let text = waiting(course("unknown_site")).to_string();
    let again = serde_json::to_value(Inputs::from_json(&text).unwrap()).unwrap();
    assert_eq!(again["set_aside"], course("unknown_site"));
    assert!(
        serde_json::to_value(Inputs::from_json(&waiting(json!([])).to_string()).unwrap())
            .unwrap()
            .get("set_aside")
            .is_none()
    );
    for (field, value, words) in [
        ("input", "haemoglobin", "`set_aside`, entry 1: `input` is not surgery, radiotherapy or systemic_therapy"),
        ("why", "because", "`set_aside`, entry 1: `why` is not a reason to set a treatment aside"),
    ] {
        let mut wrong = course("unknown_site");
        wrong[0][field] = json!(value);
        assert_eq!(Inputs::from_json(&waiting(wrong).to_string()).unwrap_err().to_string(), words);
    }
}
