//! A patient's inputs as a record in the project's own codes (decision specification §11), and read back.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use crate::generate::{cases, patients};
use crate::ordinary::Patient;
use plasmabridge::guideline::decide;
use plasmabridge::inputs::{Input, Inputs};
use plasmabridge::map::Mappings;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::sync::LazyLock;

static MAPPINGS: LazyLock<Mappings> = LazyLock::new(|| Mappings::embedded().unwrap());
const OWN: &str = "https://plasmabridge.org/fhir/CodeSystem/input";

fn own(code: &str) -> Value {
    json!({ "coding": [{ "system": OWN, "code": code }] })
}

fn quantity(value: &Value, unit: &str) -> Value {
    json!({ "value": value, "system": "http://unitsofmeasure.org", "code": unit })
}

/// Puts a value where §11 has it: by its kind, into `value[x]`.
fn put(into: &mut Value, value: &Value, unit: &str, comparator: Option<&Value>) {
    match value {
        Value::Bool(_) => into["valueBoolean"] = value.clone(),
        Value::String(word) => into["valueCodeableConcept"] = own(word),
        Value::Number(_) => {
            into["valueQuantity"] = quantity(value, unit);
            if let Some(comparator) = comparator {
                into["valueQuantity"]["comparator"] = comparator.clone();
            }
        }
        other => panic!("{other}"),
    }
}

/// An entry as an Observation.
fn observation(input: Input, entry: &Value, id: usize) -> Value {
    let unit = input.unit().unwrap_or("1");
    let mut made = json!({ "resourceType": "Observation", "id": format!("o{id}"), "code": own(input.word()),
        "status": if entry["preliminary"] == true { "preliminary" } else { "final" },
        "subject": { "reference": "Patient/p1" } });
    let mut components = Vec::new();
    for (field, value) in entry.as_object().unwrap() {
        match field.as_str() {
            "value" => put(&mut made, value, unit, entry.get("comparator")),
            "comparator" | "low" | "high" | "preliminary" | "source" => {}
            "time" => made["effectiveDateTime"] = value.clone(),
            "start" | "end" => made["effectivePeriod"][field] = value.clone(),
            _ => {
                let mut component = json!({ "code": own(field) });
                put(&mut component, value, if field == "dose_gy" { "Gy" } else { "1" }, None);
                components.push(component);
            }
        }
    }
    let limits =
        ["low", "high"].iter().filter_map(|limit| Some((limit.to_string(), quantity(entry.get(*limit)?, unit))));
    let limits: serde_json::Map<String, Value> = limits.collect();
    if !limits.is_empty() {
        made["referenceRange"] = json!([limits]);
    }
    if !components.is_empty() {
        made["component"] = Value::Array(components);
    }
    made
}

/// A diagnosis as a Condition.
fn condition(entry: &Value, id: usize) -> Value {
    let (system, code) = match entry["kind"].as_str().unwrap() {
        "plasmacytoma_bone" => ("urn:oid:1.2.208.176.2.4.12", "DC903"),
        "plasmacytoma_extramedullary" => ("urn:oid:1.2.208.176.2.4.12", "DC902"),
        "plasmacytoma_unspecified" => ("http://hl7.org/fhir/sid/icd-10", "C90.3"),
        "multiple_myeloma" => ("http://snomed.info/sct", "109989006"),
        "smouldering_myeloma" => ("urn:oid:1.2.208.176.2.4.12", "DC900A"),
        other => panic!("{other}"),
    };
    let status = |field: &str, system: &str, code: &str| {
        (
            field.to_owned(),
            json!({ "coding": [{ "system": format!("http://terminology.hl7.org/CodeSystem/{system}"), "code": code }] }),
        )
    };
    let certainty = match entry["certainty"].as_str() {
        Some("suspected") => "provisional",
        Some("refuted") => "refuted",
        _ => "confirmed",
    };
    let mut made = json!({ "resourceType": "Condition", "id": format!("c{id}"), "subject": { "reference": "Patient/p1" },
        "code": { "coding": [{ "system": system, "code": code }] } });
    let statuses = [
        status("verificationStatus", "condition-ver-status", certainty),
        status("clinicalStatus", "condition-clinical", entry["clinical_status"].as_str().unwrap_or("active")),
    ];
    made.as_object_mut().unwrap().extend(statuses);
    for (field, element) in [("onset", "onsetDateTime"), ("recorded", "recordedDate")] {
        if let Some(day) = entry.get(field) {
            made[element] = day.clone();
        }
    }
    made
}

/// The record; the Patient says birth and death, once.
fn record(patient: &Patient) -> Value {
    let mut person = json!({ "resourceType": "Patient", "id": "p1" });
    let mut resources = Vec::new();
    for (input, entries) in &patient.inputs {
        for entry in entries {
            match input {
                Input::BirthDate => person["birthDate"] = entry["value"].clone(),
                Input::Deceased => match entry.get("time") {
                    Some(time) => person["deceasedDateTime"] = time.clone(),
                    None => person["deceasedBoolean"] = entry["value"].clone(),
                },
                Input::Diagnosis => resources.push(condition(entry, resources.len())),
                _ => resources.push(observation(*input, entry, resources.len())),
            }
        }
    }
    resources.push(person);
    let entries: Vec<Value> = resources.into_iter().map(|resource| json!({ "resource": resource })).collect();
    json!({ "resourceType": "Bundle", "type": "collection", "entry": entries })
}

/// What a FHIR record can say: one birth date, one word on death (a time means that it is so).
fn sayable(patient: &Patient) -> Patient {
    let mut patient = patient.clone();
    for input in [Input::BirthDate, Input::Deceased] {
        if let Some(entries) = patient.inputs.get_mut(&input) {
            entries.truncate(1);
        }
    }
    for entry in patient.inputs.get_mut(&Input::Deceased).into_iter().flatten() {
        let time = entry.get("time").cloned();
        *entry = time.map_or(json!({ "value": entry["value"] }), |time| json!({ "value": true, "time": time }));
    }
    patient
}

/// A decision without the resources that it names.
fn without_sources(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.remove("source");
            fields.remove("sources");
            fields.values_mut().for_each(without_sources);
        }
        Value::Array(items) => items.iter_mut().for_each(without_sources),
        _ => {}
    }
}

proptest! {
    #![proptest_config(cases(96))]

    #[test]
    fn inputs_in_the_own_codes_decide_as_the_inputs(patient in patients()) {
        let patient = sayable(&patient);
        let direct = Inputs::from_json(&patient.written().to_string()).unwrap();
        let text = record(&patient).to_string();
        let records = plasmabridge::pull::records(&text).unwrap();
        let (mapped, coverage) = MAPPINGS.map(&records[0]);
        prop_assert_eq!(direct.entries().len(), mapped.entries().len(), "{:?}", coverage.reasons().collect::<Vec<_>>());
        let [direct, mapped] = [direct, mapped].map(|inputs| {
            let mut decision = serde_json::to_value(decide(&inputs, patient.as_of)).unwrap();
            without_sources(&mut decision);
            decision
        });
        prop_assert_eq!(direct, mapped);
    }
}
