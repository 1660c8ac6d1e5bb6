//! The specification's invented patients: each is decided as two independent implementations decide it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use plasmabridge::guideline::decide;
use plasmabridge::inputs::Inputs;
use serde_json::Value;
use serde_json::value::RawValue;
use std::io::Read;
use std::path::Path;

/// Where the whole file of the specification stands, beside the project; it is not part of it.
const ALL: &str = "../shared/guideline/examples.ndjson.gz";

/// What the examples say nothing of.
const UNSAID: [&str; 6] = ["missing", "because", "conflicts", "not_recorded", "ambiguities", "notes"];

/// The decision without it; of a prediction they give the identifier alone.
fn without_unsaid(value: Value) -> Value {
    match value {
        Value::Object(fields) if fields.contains_key("reference") => {
            fields.into_iter().filter(|(name, _)| name == "id").collect()
        }
        Value::Object(fields) => {
            let said = fields.into_iter().filter(|(name, _)| !UNSAID.contains(&name.as_str()));
            said.map(|(name, field)| (name, without_unsaid(field))).collect()
        }
        Value::Array(items) => items.into_iter().map(without_unsaid).collect(),
        other => other,
    }
}

/// How a line's decision differs from the one that it gives.
fn difference(line: &str) -> Option<String> {
    #[derive(serde::Deserialize)]
    struct Example<'a> {
        #[serde(borrow)]
        patient: &'a RawValue,
        decision: Value,
    }
    let example: Example<'_> = serde_json::from_str(line).unwrap();
    let inputs = Inputs::from_json(example.patient.get()).unwrap();
    let made = without_unsaid(serde_json::to_value(decide(&inputs, inputs.as_of().unwrap())).unwrap());
    if made == example.decision {
        return None;
    }
    let fields = example.decision.as_object().unwrap();
    let differing: Vec<String> = fields
        .iter()
        .filter(|(name, expected)| made.get(name.as_str()) != Some(expected))
        .flat_map(|(name, expected)| match (expected, made.get(name.as_str())) {
            (Value::Array(expected), Some(Value::Array(made))) if expected.len() == made.len() => {
                let pairs = expected.iter().zip(made).filter(|(expected, made)| expected != made);
                pairs.map(|(expected, made)| format!("{name}: {expected} and not {made}")).collect()
            }
            (expected, made) => vec![format!("{name}: {expected} and not {made:?}")],
        })
        .collect();
    Some(format!("{}: {}", inputs.patient(), differing.join("; ")))
}

fn decided_as_they_say(text: &str) -> usize {
    let wrong: Vec<String> = text.lines().filter_map(difference).collect();
    let count = text.lines().count();
    assert!(wrong.is_empty(), "{} of {count} differ:\n{}", wrong.len(), wrong.join("\n"));
    count
}

#[test]
fn the_projects_own_selection_is_decided_as_it_says() {
    assert!(decided_as_they_say(include_str!("../../fixtures/examples.ndjson")) >= 50);
}

/// The examples of the specification; said loudly where they are not there.
pub fn all() -> Option<String> {
    if !Path::new(ALL).exists() {
        eprintln!("SKIPPED: {ALL} is not there, so the specification's 1,500 examples were not run");
        return None;
    }
    let mut text = String::new();
    flate2::read::GzDecoder::new(std::fs::File::open(ALL).unwrap()).read_to_string(&mut text).unwrap();
    Some(text)
}

#[test]
fn every_example_of_the_specification_is_decided_as_it_says() {
    if let Some(text) = all() {
        assert_eq!(decided_as_they_say(&text), 1500);
    }
}
