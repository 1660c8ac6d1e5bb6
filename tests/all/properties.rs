//! What holds for every patient, whatever the record: order, irrelevant resources, the way through §9 and §11.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use crate::generate::{cases, patients};
use crate::ordinary::Patient;
use plasmabridge::guideline::decide;
use plasmabridge::inputs::{Day, Input, Inputs};
use plasmabridge::map::Mappings;
use plasmabridge::plan::{self, Language, ResourceKind};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::sync::LazyLock;

pub static MAPPINGS: LazyLock<Mappings> = LazyLock::new(|| Mappings::embedded().unwrap());

/// What is decided and written for inputs, as text.
fn made(inputs: &Inputs, as_of: Day) -> (String, Vec<String>) {
    let decision = decide(inputs, as_of);
    let kinds = [ResourceKind::CarePlan, ResourceKind::RiskAssessment];
    let written = kinds.map(|kind| {
        let resource = plan::resource(kind, &decision, Language::English, as_of).unwrap();
        resource.map(|resource| resource.to_string()).unwrap_or_default()
    });
    (serde_json::to_string(&decision).unwrap(), written.to_vec())
}

fn of_patient(patient: &Patient) -> (String, Vec<String>) {
    made(&Inputs::from_json(&patient.written().to_string()).unwrap(), patient.as_of)
}

/// The records of the stories, with the Bundle's entries.
pub static RECORDS: LazyLock<Vec<Value>> = LazyLock::new(|| {
    let mut files: Vec<_> = std::fs::read_dir("fixtures/patients")
        .unwrap()
        .flat_map(|story| std::fs::read_dir(story.unwrap().path()).unwrap())
        .map(|file| file.unwrap().path())
        .filter(|path| path.file_name().unwrap().to_str().unwrap().starts_with("record"))
        .collect();
    files.sort();
    files.iter().map(|path| serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()).collect()
});

/// The inputs of a record's only patient.
fn inputs_of(record: &Value) -> Inputs {
    let text = record.to_string();
    let records = plasmabridge::pull::records(&text).unwrap();
    assert_eq!(records.len(), 1);
    MAPPINGS.map(&records[0]).0
}

fn of_record(record: &Value, as_of: Day) -> (String, Vec<String>) {
    made(&inputs_of(record), as_of)
}

fn with_entries(record: &Value, entries: Vec<Value>) -> Value {
    let mut changed = record.clone();
    changed["entry"] = Value::Array(entries);
    changed
}

fn is_patient(entry: &Value) -> bool {
    entry["resource"]["resourceType"] == "Patient"
}

/// A story's record, of which some entries are gone and some have their day moved, and the day on which it is decided.
fn changed_records() -> impl Strategy<Value = (Value, Day)> {
    let chosen = (0..RECORDS.len(), any::<u64>(), any::<u64>(), -200..200i32, 0..900i32);
    chosen.prop_map(|(number, dropped, moved, days, age)| {
        let record = &RECORDS[number];
        let mut entries = record["entry"].as_array().unwrap().clone();
        for (place, entry) in entries.iter_mut().enumerate() {
            if moved >> (place % 61) & 7 == 7 {
                move_days(entry, days);
            }
        }
        let mut place = 0;
        entries.retain(|entry| {
            place += 1;
            is_patient(entry) || dropped >> (place % 61) & 7 != 7
        });
        (with_entries(record, entries), Day::parse("2026-11-22").unwrap().plus_days(-age))
    })
}

/// Moves every day of an entry's resource.
fn move_days(value: &mut Value, days: i32) {
    match value {
        Value::String(text) if text.is_char_boundary(10) => {
            if let Some(day) = Day::parse(&text[..10]) {
                *text = format!("{}{}", day.plus_days(days), &text[10..]);
            }
        }
        Value::Object(fields) => fields.values_mut().for_each(|field| move_days(field, days)),
        Value::Array(items) => items.iter_mut().for_each(|item| move_days(item, days)),
        _ => {}
    }
}

/// Resources that say nothing of the disease: of another kind, another code, another disease or another patient.
fn irrelevant(patient: &str) -> Vec<Value> {
    let own = json!({ "reference": patient });
    let other = json!({ "reference": "Patient/somebody-else" });
    let coded = |system: &str, code: &str| json!({ "coding": [{ "system": system, "code": code }] });
    let loinc = "http://loinc.org";
    vec![
        json!({ "resourceType": "Encounter", "id": "x1", "status": "finished", "subject": own,
            "class": { "system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB" } }),
        json!({ "resourceType": "Immunization", "id": "x2", "status": "completed", "patient": own,
            "occurrenceDateTime": "2026-10-01", "vaccineCode": { "text": "influenza" } }),
        json!({ "resourceType": "Observation", "id": "x3", "status": "final", "subject": own,
            "effectiveDateTime": "2026-10-01", "code": coded(loinc, "8867-4"), "valueQuantity": { "value": 72, "unit": "/min" } }),
        json!({ "resourceType": "Observation", "id": "x4", "status": "final", "subject": own,
            "effectiveDateTime": "2026-10-01", "code": { "text": "haemoglobin" }, "valueString": "4.1 mmol/L" }),
        json!({ "resourceType": "Condition", "id": "x5", "subject": own, "recordedDate": "2026-10-01",
            "code": coded("http://hl7.org/fhir/sid/icd-10", "E11.9") }),
        json!({ "resourceType": "Procedure", "id": "x6", "status": "completed", "subject": own,
            "performedDateTime": "2026-10-01", "code": coded("http://snomed.info/sct", "80146002") }),
        json!({ "resourceType": "Observation", "id": "x7", "status": "entered-in-error", "subject": own,
            "effectiveDateTime": "2026-10-01", "code": coded(loinc, "718-7"), "valueQuantity": { "value": 4, "unit": "g/dL" } }),
        json!({ "resourceType": "Patient", "id": "somebody-else", "birthDate": "1950-01-01" }),
        json!({ "resourceType": "Observation", "id": "x8", "status": "final", "subject": other,
            "effectiveDateTime": "2026-10-01", "code": coded(loinc, "718-7"), "valueQuantity": { "value": 4, "unit": "g/dL" } }),
    ]
}

proptest! {
    #![proptest_config(cases(64))]

    #[test]
    fn the_order_of_resources_changes_nothing(((record, as_of), shuffled) in changed_records().prop_flat_map(|it| {
        let entries = it.0["entry"].as_array().unwrap().clone();
        (Just(it), Just(entries).prop_shuffle())
    })) {
        prop_assert_eq!(of_record(&record, as_of), of_record(&with_entries(&record, shuffled), as_of));
    }

    #[test]
    fn a_resource_of_no_relevance_changes_nothing((record, as_of) in changed_records(), mask in 1..512u16, place in 0..40usize) {
        let mut entries = record["entry"].as_array().unwrap().clone();
        let patient = entries.iter().find(|entry| is_patient(entry)).unwrap();
        let id = patient["resource"]["id"].as_str().unwrap();
        let reference = patient["fullUrl"].as_str().map_or_else(|| format!("Patient/{id}"), str::to_owned);
        for (number, resource) in irrelevant(&reference).into_iter().enumerate() {
            if mask >> number & 1 == 1 {
                let full = format!("urn:uuid:00000000-0000-4000-8000-00000000000{number}");
                entries.insert(place.min(entries.len()), json!({ "fullUrl": full, "resource": resource }));
            }
        }
        let text = with_entries(&record, entries).to_string();
        let before = inputs_of(&record);
        let records = plasmabridge::pull::records(&text).unwrap();
        let after = records.iter().map(|it| MAPPINGS.map(it).0).find(|it| it.patient() == before.patient()).unwrap();
        prop_assert_eq!(made(&before, as_of), made(&after, as_of));
    }

    #[test]
    fn the_inputs_of_a_record_fed_back_decide_as_the_record((record, as_of) in changed_records()) {
        let inputs = inputs_of(&record);
        let printed = serde_json::to_string(&inputs.clone().for_day(as_of)).unwrap();
        let again = Inputs::from_json(&printed).unwrap();
        prop_assert_eq!(again.as_of(), Some(as_of));
        prop_assert_eq!(made(&inputs, as_of), made(&again, as_of));
        has_the_form(&serde_json::from_str(&made(&inputs, as_of).0).unwrap());
    }
}

proptest! {
    #![proptest_config(cases(128))]

    #[test]
    fn the_order_of_entries_changes_nothing((patient, shuffled) in patients().prop_flat_map(|patient| {
        let lists: Vec<_> = patient.inputs.clone().into_values().map(|entries| Just(entries).prop_shuffle()).collect();
        (Just(patient), lists)
    })) {
        let inputs = patient.inputs.keys().copied().zip(shuffled).collect();
        prop_assert_eq!(of_patient(&patient), of_patient(&Patient { inputs, ..patient.clone() }));
    }

    #[test]
    fn inputs_printed_and_read_again_decide_alike(patient in patients()) {
        let inputs = Inputs::from_json(&patient.written().to_string()).unwrap();
        let again = Inputs::from_json(&serde_json::to_string(&inputs).unwrap()).unwrap();
        prop_assert_eq!(made(&inputs, patient.as_of), made(&again, patient.as_of));
    }

    #[test]
    fn what_lies_after_the_day_counts_nowhere(patient in patients()) {
        let mut known = patient.clone();
        for (input, entries) in &mut known.inputs {
            entries.retain(|entry| !begins_after(*input, entry, patient.as_of));
        }
        prop_assert_eq!(without_reasons(&patient), without_reasons(&known));
    }

    #[test]
    fn every_decision_has_the_form_of_section_10(patient in patients()) {
        let decision: Value = serde_json::from_str(&of_patient(&patient).0).unwrap();
        has_the_form(&decision);
    }
}

/// Whether an entry is of a time after the day; a birth date has none.
fn begins_after(input: Input, entry: &Value, day: Day) -> bool {
    let fields: &[&str] = match input {
        Input::BirthDate => &[],
        Input::Diagnosis => &["onset"],
        Input::Radiotherapy | Input::SystemicTherapy => &["start"],
        _ => &["time"],
    };
    fields.iter().filter_map(|field| entry[*field].as_str()).any(|text| Day::parse(&text[..10]).unwrap() > day)
}

/// The decision without what was looked at (a look at a course says that it begins too late), and without word of
/// courses among what is not recorded: one that is planned is.
fn without_reasons(patient: &Patient) -> Value {
    let mut decision: Value = serde_json::from_str(&of_patient(patient).0).unwrap();
    for recommendation in decision["recommendations"].as_array_mut().into_iter().flatten() {
        recommendation.as_object_mut().unwrap().remove("because");
    }
    if let Some(closed) = decision["not_recorded"].as_array_mut() {
        closed.retain(|input| input != "radiotherapy" && input != "systemic_therapy");
    }
    decision
}

fn no_null(value: &Value) {
    match value {
        Value::Null => panic!("a null"),
        Value::Object(fields) => fields.values().for_each(no_null),
        Value::Array(items) => items.iter().for_each(no_null),
        _ => {}
    }
}

const STATUSES: [&str; 7] =
    ["not_applicable", "undetermined", "recommended", "consider", "advise_against", "fulfilled", "deviates"];

/// §10: all 21 in order, nothing null, `missing` with what is open and with nothing else.
fn has_the_form(decision: &Value) {
    no_null(decision);
    let fields = decision.as_object().unwrap();
    if decision["in_scope"] == false {
        assert_eq!(fields.keys().collect::<Vec<_>>(), ["as_of", "guideline", "in_scope", "patient"]);
        return;
    }
    let all = decision["recommendations"].as_array().unwrap();
    let ids: Vec<&str> = all.iter().map(|it| it["id"].as_str().unwrap()).collect();
    let numbered: Vec<String> = (1..=21).map(|number| format!("R{number:02}")).collect();
    assert_eq!(ids, numbered);
    for it in all {
        let status = it["status"].as_str().unwrap();
        assert!(STATUSES.contains(&status), "{status}");
        assert_eq!(it.get("missing").is_some(), status == "undetermined", "{it}");
        for input in it["missing"].as_array().into_iter().flatten() {
            assert!(Input::of(input.as_str().unwrap()).is_some(), "{input}");
        }
        if status == "not_applicable" {
            assert!(it.get("actions").is_none_or(|actions| actions == &json!([])), "{it}");
        }
    }
    let concerns =
        ["compartment", "marrow", "anchors", "relapse", "events", "classification", "solitary", "working_diagnosis"];
    let there = concerns.iter().filter(|field| fields.contains_key(**field)).count();
    assert!(there == concerns.len() || there == 0, "all of the plasmacytoma, or nothing");
    let r05 = &all[4]["status"];
    assert_eq!(fields.contains_key("prognosis"), r05 != "not_applicable", "prognosis as R05");
    if there > 0 {
        let classification = &decision["classification"];
        let open = classification["result"] == "undetermined";
        assert_eq!(classification.get("possible").is_some(), open);
        assert_eq!(classification.get("missing").is_some(), open);
        let treated =
            decision["anchors"].get("treatment_end").is_some() && decision["anchors"].get("under_way").is_none();
        assert_eq!(fields.contains_key("events_after_treatment"), treated);
    }
    for list in ["conflicts", "not_recorded", "notes"] {
        assert!(decision[list].is_array(), "{list}");
    }
}
