//! The project's FHIR definitions say what the code says: each is generated here and compared with its file.
//!
//! `PLASMABRIDGE_WRITE_DEFINITIONS=1 cargo test definitions` writes the files anew.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use plasmabridge::guideline::{
    ActionCode, Ambiguity, ClassificationResult, Factor, FactorState, Grade, NoteCode, Outcome, RecommendationId,
    Status, Strength, Target,
};
use plasmabridge::plan::wording::{self, Words};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::PathBuf;

const BASE: &str = "https://plasmabridge.org/fhir";

/// A code with its words.
type Row = (&'static str, Words);

fn rows<T: Copy>(all: &[T], word: fn(T) -> &'static str, words: fn(T) -> Words) -> Vec<Row> {
    all.iter().map(|it| (word(*it), words(*it))).collect()
}

/// The code systems: id, title, codes.
fn code_systems() -> Vec<(&'static str, &'static str, Vec<Row>)> {
    vec![
        (
            "recommendation",
            "Recommendations of the guideline on solitary plasmacytoma",
            rows(RecommendationId::ALL, RecommendationId::word, wording::recommendation),
        ),
        (
            "recommendation-status",
            "Status of a recommendation for a patient",
            rows(Status::ALL, Status::word, wording::status),
        ),
        ("grade", "Grade of a recommendation (Oxford 2009)", rows(Grade::ALL, Grade::word, wording::grade)),
        ("strength", "Strength of a recommendation's verb", rows(Strength::ALL, Strength::word, wording::strength)),
        ("action", "Actions that recommendations lead to", rows(ActionCode::ALL, ActionCode::word, wording::action)),
        ("target", "Targets of curative radiotherapy", rows(Target::ALL, Target::word, wording::target)),
        (
            "ambiguity",
            "Places where the guideline is unclear",
            rows(Ambiguity::ALL, Ambiguity::word, wording::ambiguity),
        ),
        (
            "classification",
            "Classification by Table 1 of the guideline",
            rows(ClassificationResult::ALL, ClassificationResult::word, wording::classification),
        ),
        ("factor", "Prognostic factors", rows(Factor::ALL, Factor::word, wording::factor)),
        (
            "factor-state",
            "State of a prognostic factor",
            rows(FactorState::ALL, FactorState::word, wording::factor_state),
        ),
        ("outcome", "What predictions are of", rows(Outcome::ALL, Outcome::word, wording::outcome)),
        ("note", "What a reader must know first", rows(NoteCode::ALL, NoteCode::word, wording::note)),
    ]
}

/// An identifier of FHIR's kind from words with hyphens: `factor-state` is `FactorState`.
fn name(id: &str) -> String {
    id.split('-').map(|part| part[..1].to_uppercase() + &part[1..]).collect()
}

fn definition(kind: &str, id: &str, title: &str, rest: Value) -> Value {
    let mut all = json!({
        "resourceType": kind,
        "id": id,
        "language": "en",
        "text": {
            "status": "generated",
            "div": format!("<div xmlns=\"http://www.w3.org/1999/xhtml\" lang=\"en\" xml:lang=\"en\"><p>{title}.</p></div>"),
        },
        "url": format!("{BASE}/{kind}/{id}"),
        "version": "0.1.0",
        "name": format!("Plasmabridge{}", name(id)),
        "title": title,
        "status": "active",
        "experimental": false,
        "date": "2026-11-24",
        "publisher": "plasmabridge",
        "description": format!("{title}."),
    });
    let fields = all.as_object_mut().unwrap();
    fields.extend(rest.as_object().unwrap().clone());
    all
}

fn code_system(id: &str, title: &str, rows: &[Row]) -> Value {
    let concepts: Vec<_> = rows
        .iter()
        .map(|(code, words)| {
            json!({
                "code": code,
                "display": words.english,
                "designation": [{ "language": "da", "value": words.danish }],
            })
        })
        .collect();
    let rest = json!({
        "caseSensitive": true,
        "valueSet": format!("{BASE}/ValueSet/{id}"),
        "content": "complete",
        "count": concepts.len(),
        "concept": concepts,
    });
    definition("CodeSystem", id, title, rest)
}

fn value_set(id: &str, title: &str) -> Value {
    definition(
        "ValueSet",
        id,
        title,
        json!({ "compose": { "include": [{ "system": format!("{BASE}/CodeSystem/{id}") }] } }),
    )
}

/// What an extension, or a part of one, may say.
#[derive(Clone, Copy)]
enum Shape {
    Code(&'static str),
    Plain(&'static str),
    Parts(&'static [(&'static str, &'static str, Shape)]),
}

/// The parts of an action: name, how many, shape.
const SCHEDULE: &[(&str, &str, Shape)] =
    &[("dose", "1..1", Shape::Plain("Range")), ("fractions", "1..1", Shape::Plain("Range"))];
const ACTION: &[(&str, &str, Shape)] = &[
    ("code", "1..1", Shape::Code("action")),
    ("text", "1..1", Shape::Plain("string")),
    ("due", "0..1", Shape::Plain("Period")),
    ("overdue", "0..1", Shape::Plain("boolean")),
    ("urgent", "0..1", Shape::Plain("boolean")),
    ("ifConfirmed", "0..1", Shape::Plain("boolean")),
    ("strength", "0..1", Shape::Code("strength")),
    ("input", "0..*", Shape::Plain("Coding")),
    ("modality", "0..*", Shape::Plain("Coding")),
    ("target", "0..1", Shape::Code("target")),
    ("dose", "0..1", Shape::Plain("Range")),
    ("fractionDose", "0..1", Shape::Plain("Range")),
    ("schedule", "0..*", Shape::Parts(SCHEDULE)),
];
const FACTOR: &[(&str, &str, Shape)] =
    &[("factor", "1..1", Shape::Code("factor")), ("state", "1..1", Shape::Code("factor-state"))];

/// The extensions: id, title, where they may stand, shape.
const EXTENSIONS: &[(&str, &str, &[&str], Shape)] = &[
    (
        "recommendation-status",
        "Status of the recommendation for this patient",
        &["CarePlan.activity.detail"],
        Shape::Code("recommendation-status"),
    ),
    ("grade", "Grade of the recommendation", &["CarePlan.activity.detail"], Shape::Code("grade")),
    ("strength", "Strength of the recommendation", &["CarePlan.activity.detail"], Shape::Code("strength")),
    (
        "ambiguity",
        "Place where the guideline is unclear",
        &["CarePlan.activity.detail", "Annotation"],
        Shape::Code("ambiguity"),
    ),
    (
        "risk-factor",
        "Factor for which closer follow-up is preferable",
        &["CarePlan.activity.detail"],
        Shape::Code("factor"),
    ),
    (
        "action",
        "What is to be done, in parts that a program can read",
        &["CarePlan.activity.detail"],
        Shape::Parts(ACTION),
    ),
    (
        "evidence",
        "Resource that the outcome rests on and that reasonReference does not take: a Procedure, the Patient",
        &["CarePlan.activity.detail"],
        Shape::Plain("Reference"),
    ),
    ("classification", "Classification by Table 1 of the guideline", &["CarePlan"], Shape::Code("classification")),
    (
        "instantiates-canonical",
        "The guideline with its version: R4 has no element for it in a RiskAssessment, and does not allow HL7's extension there",
        &["RiskAssessment"],
        Shape::Plain("canonical"),
    ),
    ("prognostic-factor", "Prognostic factor and its state", &["RiskAssessment"], Shape::Parts(FACTOR)),
    (
        "probability-range",
        "The range of a prediction's probability, on a server that cannot store it in probabilityRange",
        &["RiskAssessment.prediction"],
        Shape::Plain("Range"),
    ),
    ("note", "What the note is about, as a code", &["Annotation"], Shape::Code("note")),
    (
        "fingerprint",
        "SHA-256 of what plasmabridge wrote: shows whether another hand has changed the resource",
        &["CarePlan", "RiskAssessment"],
        Shape::Plain("string"),
    ),
    (
        "basis",
        "SHA-256 of the inputs, values and times that an activity rests on: while it stays, what a clinician has rejected is not proposed again",
        &["CarePlan.activity.detail"],
        Shape::Plain("string"),
    ),
];

fn extension(id: &str, title: &str, contexts: &[&str], shape: Shape) -> Value {
    let url = format!("{BASE}/StructureDefinition/{id}");
    let mut elements =
        vec![json!({ "id": "Extension", "path": "Extension", "short": title, "definition": format!("{title}.") })];
    elements.extend(inside("Extension", "Extension", &url, shape));
    let contexts: Vec<_> = contexts.iter().map(|it| json!({ "type": "element", "expression": it })).collect();
    let rest = json!({
        "fhirVersion": "4.0.1",
        "kind": "complex-type",
        "abstract": false,
        "context": contexts,
        "type": "Extension",
        "baseDefinition": "http://hl7.org/fhir/StructureDefinition/Extension",
        "derivation": "constraint",
        "differential": { "element": elements },
    });
    definition("StructureDefinition", id, title, rest)
}

/// The elements within an extension: either its parts, each a slice by name, or its value.
fn inside(id: &str, path: &str, url: &str, shape: Shape) -> Vec<Value> {
    let fixed = json!({ "id": format!("{id}.url"), "path": format!("{path}.url"), "fixedUri": url });
    let value = |rest: Value| {
        let mut element = json!({ "id": format!("{id}.value[x]"), "path": format!("{path}.value[x]") });
        element.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
        element
    };
    match shape {
        Shape::Code(system) => vec![
            json!({ "id": format!("{id}.extension"), "path": format!("{path}.extension"), "max": "0" }),
            fixed,
            value(json!({
                "min": 1,
                "type": [{ "code": "code" }],
                "binding": { "strength": "required", "valueSet": format!("{BASE}/ValueSet/{system}") },
            })),
        ],
        Shape::Plain(kind) => vec![
            json!({ "id": format!("{id}.extension"), "path": format!("{path}.extension"), "max": "0" }),
            fixed,
            value(json!({ "min": 1, "type": [{ "code": kind }] })),
        ],
        Shape::Parts(parts) => {
            let least = parts.iter().filter(|(_, count, _)| count.starts_with('1')).count();
            let mut elements = vec![json!({
                "id": format!("{id}.extension"),
                "path": format!("{path}.extension"),
                "slicing": { "discriminator": [{ "type": "value", "path": "url" }], "rules": "closed" },
                "min": least,
            })];
            for (name, count, shape) in parts {
                let (slice, path) = (format!("{id}.extension:{name}"), format!("{path}.extension"));
                let (min, max) = count.split_once("..").unwrap();
                let min: u32 = min.parse().unwrap();
                elements.push(json!({ "id": slice, "path": path, "sliceName": name, "min": min, "max": max }));
                elements.extend(inside(&slice, &path, name, *shape));
            }
            elements.push(fixed);
            elements.push(value(json!({ "max": "0" })));
            elements
        }
    }
}

fn profile(id: &str, title: &str, kind: &str, elements: Value) -> Value {
    let rest = json!({
        "fhirVersion": "4.0.1",
        "kind": "resource",
        "abstract": false,
        "type": kind,
        "baseDefinition": format!("http://hl7.org/fhir/StructureDefinition/{kind}"),
        "derivation": "constraint",
        "differential": { "element": elements },
    });
    definition("StructureDefinition", id, title, rest)
}

fn extension_slices(path: &str, slices: &[(&str, u32, &str)]) -> Vec<Value> {
    let mut elements = vec![json!({
        "id": format!("{path}.extension"),
        "path": format!("{path}.extension"),
        "slicing": { "discriminator": [{ "type": "value", "path": "url" }], "rules": "open" },
    })];
    elements.extend(slices.iter().map(|(name, min, max)| {
        json!({
            "id": format!("{path}.extension:{name}"),
            "path": format!("{path}.extension"),
            "sliceName": name,
            "min": min,
            "max": max,
            "type": [{ "code": "Extension", "profile": [format!("{BASE}/StructureDefinition/{name}")] }],
        })
    }));
    elements
}

fn care_plan() -> Value {
    let element = |path: &str, rest: Value| {
        let mut element = json!({ "id": path, "path": path });
        element.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
        element
    };
    let mut elements = vec![element("CarePlan", json!({}))];
    elements.push(element("CarePlan.text", json!({ "min": 1 })));
    elements.extend(extension_slices("CarePlan", &[("classification", 0, "1"), ("fingerprint", 1, "1")]));
    elements.push(element("CarePlan.identifier", json!({ "min": 1 })));
    elements.push(element("CarePlan.instantiatesCanonical", json!({ "min": 1, "max": "1" })));
    elements.push(element("CarePlan.intent", json!({ "fixedCode": "proposal" })));
    elements.push(element("CarePlan.title", json!({ "min": 1 })));
    elements.push(element("CarePlan.description", json!({ "min": 1 })));
    elements.push(element(
        "CarePlan.subject",
        json!({ "type": [{ "code": "Reference", "targetProfile": ["http://hl7.org/fhir/StructureDefinition/Patient"] }] }),
    ));
    elements.push(element("CarePlan.created", json!({ "min": 1 })));
    elements.push(element("CarePlan.activity", json!({ "max": "21" })));
    elements.push(element("CarePlan.activity.detail", json!({ "min": 1 })));
    elements.extend(extension_slices(
        "CarePlan.activity.detail",
        &[
            ("recommendation-status", 1, "1"),
            ("grade", 1, "1"),
            ("strength", 0, "1"),
            ("ambiguity", 0, "*"),
            ("risk-factor", 0, "*"),
            ("action", 0, "*"),
            ("evidence", 0, "*"),
            ("basis", 1, "1"),
        ],
    ));
    let binding = json!({ "strength": "required", "valueSet": format!("{BASE}/ValueSet/recommendation") });
    elements.push(element("CarePlan.activity.detail.code", json!({ "min": 1, "binding": binding })));
    elements.push(element("CarePlan.activity.detail.description", json!({ "min": 1 })));
    profile(
        "guideline-care-plan",
        "Plan that proposes what the guideline says of a patient",
        "CarePlan",
        Value::Array(elements),
    )
}

fn risk_assessment() -> Value {
    let element = |path: &str, rest: Value| {
        let mut element = json!({ "id": path, "path": path });
        element.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
        element
    };
    let mut elements = vec![element("RiskAssessment", json!({}))];
    elements.push(element("RiskAssessment.text", json!({ "min": 1 })));
    // What was written before it had the guideline's address can still be taken back.
    elements.extend(extension_slices(
        "RiskAssessment",
        &[("instantiates-canonical", 0, "1"), ("prognostic-factor", 0, "*"), ("fingerprint", 1, "1")],
    ));
    elements.push(element("RiskAssessment.identifier", json!({ "min": 1 })));
    elements.push(element(
        "RiskAssessment.subject",
        json!({ "type": [{ "code": "Reference", "targetProfile": ["http://hl7.org/fhir/StructureDefinition/Patient"] }] }),
    ));
    elements.push(element("RiskAssessment.occurrence[x]", json!({ "min": 1, "type": [{ "code": "dateTime" }] })));
    let binding = json!({ "strength": "required", "valueSet": format!("{BASE}/ValueSet/outcome") });
    elements.push(element("RiskAssessment.prediction.outcome", json!({ "min": 1, "binding": binding })));
    elements.push(element("RiskAssessment.prediction.qualitativeRisk", json!({ "max": "0" })));
    elements.push(element("RiskAssessment.prediction.rationale", json!({ "min": 1 })));
    let title = "Prognosis: factors and studies side by side, no score";
    profile("guideline-risk-assessment", title, "RiskAssessment", Value::Array(elements))
}

fn all() -> BTreeMap<String, Value> {
    let mut files = BTreeMap::new();
    for (id, title, rows) in code_systems() {
        files.insert(format!("CodeSystem-{id}.json"), code_system(id, title, &rows));
        files.insert(format!("ValueSet-{id}.json"), value_set(id, title));
    }
    for (id, title, contexts, shape) in EXTENSIONS {
        files.insert(format!("StructureDefinition-{id}.json"), extension(id, title, contexts, *shape));
    }
    for profile in [care_plan(), risk_assessment()] {
        files.insert(format!("StructureDefinition-{}.json", profile["id"].as_str().unwrap()), profile);
    }
    files
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("mappings/definitions")
}

#[test]
fn definitions_say_what_the_code_says() {
    let files = all();
    if std::env::var_os("PLASMABRIDGE_WRITE_DEFINITIONS").is_some() {
        for (name, definition) in &files {
            std::fs::write(folder().join(name), plasmabridge::write::json::text(definition)).unwrap();
        }
    }
    for (name, definition) in &files {
        let text = std::fs::read_to_string(folder().join(name)).unwrap_or_default();
        let found: Value = serde_json::from_str(&text).unwrap_or_default();
        assert!(found == *definition, "mappings/definitions/{name} differs from the code: see the top of this file");
    }
    let found = std::fs::read_dir(folder()).unwrap().map(|it| it.unwrap().file_name().into_string().unwrap());
    let strangers: Vec<_> = found.filter(|it| it.ends_with(".json") && !files.contains_key(it)).collect();
    assert!(strangers.is_empty(), "no code for {strangers:?}");
}

#[test]
fn every_code_has_words_in_both_languages() {
    for (system, _, rows) in code_systems() {
        for (code, words) in rows {
            for text in [words.english, words.danish] {
                assert!(!text.trim().is_empty(), "{system} {code} has no words");
                assert!(!text.contains('_'), "{system} {code}: `{text}` is a code, not words");
            }
        }
    }
}

#[test]
fn every_input_has_words_in_both_languages() {
    for input in plasmabridge::inputs::Input::ALL {
        let words = wording::input(*input);
        for text in [words.english, words.danish] {
            assert!(!text.trim().is_empty() && !text.contains('_'), "{input}: `{text}`");
        }
    }
}
