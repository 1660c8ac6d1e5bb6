//! Nothing after the day of the decision counts anywhere: not in a status, not in a reason, not in what is not recorded.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use plasmabridge::guideline::decide;
use plasmabridge::inputs::{Day, Inputs};
use serde_json::{Value, json};

/// What a later record may say: diagnoses, treatment, and results, each with a date of its own kind.
fn of_later(day: Day) -> Vec<(&'static str, Value)> {
    let day = day.plus_days(1).to_string();
    vec![
        ("diagnosis", json!({ "kind": "plasmacytoma_bone", "recorded": day, "source": "Condition/later" })),
        ("diagnosis", json!({ "kind": "multiple_myeloma", "onset": day, "source": "Condition/later" })),
        ("radiotherapy", json!({ "start": day, "dose_gy": 40, "intent": "curative", "source": "Procedure/later" })),
        ("radiotherapy", json!({ "end": day, "dose_gy": 8, "site": "rib", "source": "Procedure/later" })),
        ("systemic_therapy", json!({ "start": day, "source": "Procedure/later" })),
        ("surgery", json!({ "kind": "resection", "time": day, "source": "Procedure/later" })),
        ("imaging", json!({ "modality": "pet_ct", "time": day, "source": "DiagnosticReport/later" })),
        ("response", json!({ "value": "progression", "time": day, "source": "Observation/later" })),
        ("haemoglobin", json!({ "value": 5, "time": day, "source": "Observation/later" })),
        ("fracture", json!({ "value": "established", "time": day, "source": "Condition/later" })),
    ]
}

fn decided(patient: &Value, as_of: Day) -> String {
    let inputs = Inputs::from_json(&patient.to_string()).unwrap();
    serde_json::to_string(&decide(&inputs, as_of)).unwrap()
}

#[test]
fn what_is_dated_after_the_day_changes_no_word_of_a_decision() {
    let mut wrong = Vec::new();
    for line in include_str!("../../fixtures/examples.ndjson").lines() {
        let mut patient = serde_json::from_str::<Value>(line).unwrap()["patient"].take();
        let as_of = Day::parse(patient["as_of"].as_str().unwrap()).unwrap();
        let before = decided(&patient, as_of);
        for (input, entry) in of_later(as_of) {
            let entries = &mut patient["inputs"][input];
            let with = match entries.as_array_mut() {
                Some(entries) => entries,
                None => {
                    *entries = json!([]);
                    entries.as_array_mut().unwrap()
                }
            };
            with.push(entry);
            if decided(&patient, as_of) != before {
                wrong.push(format!("{}: {input}", patient["patient"]));
            }
            patient["inputs"][input].as_array_mut().unwrap().pop();
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
