//! Every story of `fixtures/patients` end to end: its record is mapped and decided as its `expected.toml` says, in each
//! shape that the record has.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use plasmabridge::guideline::decide;
use plasmabridge::inputs::Day;
use plasmabridge::map::Mappings;
use serde_json::{Map, Value, json};
use std::path::{Path, PathBuf};

/// The names that a story's record may have.
const RECORDS: [&str; 3] = ["record.json", "record-danish.json", "record-international.json"];

/// A patient, and what was worked out by hand about them.
pub struct Story {
    /// The folder's name.
    pub name: String,
    /// The patient in a few lines, and what decides.
    pub readme: String,
    /// `expected.toml`.
    pub expected: Map<String, Value>,
    /// The record's files: one, or the same patient in two shapes.
    pub records: Vec<(PathBuf, String)>,
}

impl Story {
    fn of(folder: &Path) -> Story {
        let read = |name: &str| std::fs::read_to_string(folder.join(name));
        let needed = |name: &str| read(name).unwrap_or_else(|error| panic!("{}/{name}: {error}", folder.display()));
        let table: toml::Table = needed("expected.toml").parse().unwrap();
        let Value::Object(expected) = serde_json::to_value(table).unwrap() else { unreachable!() };
        let records = RECORDS.iter().filter_map(|name| Some((folder.join(name), read(name).ok()?)));
        Story {
            name: folder.file_name().unwrap().to_string_lossy().into_owned(),
            readme: needed("README.md"),
            expected,
            records: records.collect(),
        }
    }

    /// Of each recommendation the status that it expects; nothing for a patient out of scope.
    pub fn statuses(&self) -> impl Iterator<Item = (&str, &str)> {
        let statuses = self.expected.get("status").and_then(Value::as_object);
        statuses.into_iter().flatten().map(|(id, status)| (id.as_str(), status.as_str().unwrap()))
    }
}

/// All stories, in the order of their names.
pub fn all() -> Vec<Story> {
    let folders = std::fs::read_dir("fixtures/patients").unwrap().map(|entry| entry.unwrap().path());
    let mut folders: Vec<_> = folders.filter(|path| path.is_dir()).collect();
    folders.sort();
    folders.iter().map(|folder| Story::of(folder)).collect()
}

/// The decision (§10) about the one patient of a record.
fn decided(mappings: &Mappings, text: &str, as_of: &str) -> Value {
    let records = plasmabridge::pull::records(text).unwrap();
    assert_eq!(records.len(), 1, "patients");
    let (inputs, _) = mappings.map(&records[0]);
    serde_json::to_value(decide(&inputs, Day::parse(as_of).unwrap())).unwrap()
}

/// A decision as `expected.toml` says it: everything of §10 but reasons, notes, conflicts, and what was not recorded.
/// `missing` stands in it for all that is undetermined; a story may name some.
fn told(decision: &Value) -> Map<String, Value> {
    let mut told = Map::new();
    for name in ["as_of", "in_scope", "compartment", "marrow", "anchors", "relapse", "events"] {
        take(&mut told, name, decision.get(name));
    }
    for name in ["events_after_treatment", "solitary", "working_diagnosis"] {
        take(&mut told, name, decision.get(name));
    }
    take(&mut told, "classification", decision.pointer("/classification/result"));
    take(&mut told, "possible", decision.pointer("/classification/possible"));
    let recommendations = decision["recommendations"].as_array().map(Vec::as_slice).unwrap_or_default();
    for (key, field) in [
        ("status", "status"),
        ("actions", "actions"),
        ("factors", "factors"),
        ("under_way", "under_way"),
        ("ambiguities", "ambiguities"),
        ("missing", "missing"),
    ] {
        let said =
            |it: &Value| Some((it["id"].as_str()?.to_owned(), it.get(field).filter(|it| !is_empty(it))?.clone()));
        let fields: Map<String, Value> = recommendations.iter().filter_map(said).collect();
        take(&mut told, key, Some(&Value::Object(fields)));
    }
    if let Some(prognosis) = decision.get("prognosis") {
        // R05 is the prognosis: what is unclear in its figures is said with these.
        if let Some(ambiguities) = prognosis.get("ambiguities") {
            let of_all = told.entry("ambiguities").or_insert_with(|| json!({}));
            of_all["R05"] = ambiguities.clone();
        }
        let list = |field: &str| prognosis[field].as_array().unwrap().iter();
        let factors: Map<String, Value> =
            list("factors").map(|it| (it["id"].as_str().unwrap().to_owned(), it["state"].clone())).collect();
        let predictions: Vec<_> = list("predictions").map(|it| it["id"].clone()).collect();
        let said = json!({
            "status": prognosis["status"], "factors": factors, "also": prognosis["also"], "predictions": predictions
        });
        take(&mut told, "prognosis", Some(&said));
    }
    told
}

fn take(told: &mut Map<String, Value>, name: &str, value: Option<&Value>) {
    if let Some(value) = value.filter(|it| !is_empty(it)) {
        told.insert(name.to_owned(), value.clone());
    }
}

fn is_empty(value: &Value) -> bool {
    value.as_array().is_some_and(Vec::is_empty) || value.as_object().is_some_and(Map::is_empty)
}

/// Where what is expected and what was made differ, a line each.
fn differences(place: &str, expected: Option<&Value>, made: Option<&Value>, told: &mut Vec<String>) {
    match (expected, made) {
        (Some(Value::Object(expected)), Some(Value::Object(made))) => {
            let names: std::collections::BTreeSet<_> = expected.keys().chain(made.keys()).collect();
            for name in names {
                differences(&format!("{place}.{name}"), expected.get(name), made.get(name), told);
            }
        }
        (Some(Value::Array(expected)), Some(Value::Array(made))) if expected.len() == made.len() => {
            for (index, pair) in expected.iter().zip(made).enumerate() {
                differences(&format!("{place}[{index}]"), Some(pair.0), Some(pair.1), told);
            }
        }
        (expected, made) if expected == made => {}
        (expected, made) => {
            let show = |it: Option<&Value>| it.map_or("nothing".to_owned(), Value::to_string);
            told.push(format!("{place}: expected {}, made {}", show(expected), show(made)));
        }
    }
}

/// How a story's expectation differs from a decision; of `missing` only what the story names is compared.
fn wrong(story: &Story, decision: &Value) -> Vec<String> {
    let mut expected = story.expected.clone();
    // Held against the record by the test of the mappings.
    expected.remove("inputs");
    let mut made = told(decision);
    if let Some(missing) = made.remove("missing") {
        let named = expected.get("missing").and_then(Value::as_object).cloned().unwrap_or_default();
        let of_named = named.keys().filter_map(|id| Some((id.clone(), missing.get(id)?.clone())));
        take(&mut made, "missing", Some(&Value::Object(of_named.collect())));
    }
    let mut wrong = Vec::new();
    differences("", Some(&Value::Object(expected)), Some(&Value::Object(made)), &mut wrong);
    wrong
}

#[test]
fn every_story_is_decided_as_it_was_worked_out_by_hand() {
    let mappings = Mappings::embedded().unwrap();
    let mut told = Vec::new();
    for story in all() {
        for (path, text) in &story.records {
            let decision = decided(&mappings, text, story.expected["as_of"].as_str().unwrap());
            let wrong = wrong(&story, &decision);
            told.extend(
                wrong.iter().map(|it| format!("{}{it}", path.strip_prefix("fixtures/patients").unwrap().display())),
            );
        }
    }
    assert!(told.is_empty(), "{} differences\n{}", told.len(), told.join("\n"));
}

/// The comparison itself: a key that nothing answers to, a value that differs and a value that is not said are told.
#[test]
fn an_unknown_key_a_wrong_value_and_an_unsaid_action_are_told() {
    let story = |text: &str| {
        let table: toml::Table = text.parse().unwrap();
        let Value::Object(expected) = serde_json::to_value(table).unwrap() else { unreachable!() };
        Story { name: String::new(), readme: String::new(), expected, records: Vec::new() }
    };
    let decision = json!({ "as_of": "2026-11-22", "in_scope": true, "recommendations": [
        { "id": "R13", "status": "consider", "actions": [{ "code": "palliative_radiotherapy" }], "ambiguities": [] } ] });
    let right = "as_of = \"2026-11-22\"\nin_scope = true\nstatus.R13 = \"consider\"\n";
    let action = "[[actions.R13]]\ncode = \"palliative_radiotherapy\"\n";
    assert_eq!(wrong(&story(&format!("{right}{action}")), &decision), Vec::<String>::new());
    assert_eq!(wrong(&story(&format!("{right}in_scop = true\n{action}")), &decision).len(), 1);
    assert_eq!(wrong(&story(&format!("{right}{action}urgent = true\n")), &decision).len(), 1);
    assert_eq!(wrong(&story(right), &decision).len(), 1);
    assert_eq!(wrong(&story(&format!("{}{action}", right.replace("consider", "fulfilled"))), &decision).len(), 1);
    assert_eq!(wrong(&story(&format!("{right}missing.R13 = [\"bone_pain\"]\n{action}")), &decision).len(), 1);
}

/// What depends on how a record says it, not on what it says: the patient's reference, the sources, and the looks.
fn without_shape(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let said = fields.iter().filter(|(name, _)| !["patient", "sources", "because"].contains(&name.as_str()));
            said.map(|(name, field)| (name.clone(), without_shape(field))).collect()
        }
        Value::Array(items) => items.iter().map(without_shape).collect(),
        other => other.clone(),
    }
}

#[test]
fn twin_records_decide_alike() {
    let mappings = Mappings::embedded().unwrap();
    let mut told = Vec::new();
    let mut twins = 0;
    for story in all().iter().filter(|story| story.records.len() > 1) {
        twins += 1;
        let as_of = story.expected["as_of"].as_str().unwrap();
        let made = |index: usize| without_shape(&decided(&mappings, &story.records[index].1, as_of));
        differences(&story.name, Some(&made(0)), Some(&made(1)), &mut told);
    }
    assert!(twins >= 12, "{twins} stories in two shapes");
    assert!(told.is_empty(), "{} differences\n{}", told.len(), told.join("\n"));
}
