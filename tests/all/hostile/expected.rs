//! What an odd record must say, what it said, and how these differ.

use super::word_of;
use plasmabridge::pull::Damage;
use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
use std::collections::{BTreeMap, BTreeSet};

/// What a record must say: the file of the same name that ends in `.toml` (see `fixtures/hostile/README.md`).
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expected {
    #[serde(default)]
    pub patient: Vec<ExpectedPatient>,
    #[serde(default)]
    pub failure: Vec<ExpectedFailure>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExpectedPatient {
    pub id: String,
    pub inputs: BTreeMap<String, Vec<toml::Table>>,
    #[serde(default)]
    pub not_used: Vec<NotUsed>,
    pub decision: Option<ExpectedDecision>,
}

#[derive(Clone, Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(deny_unknown_fields)]
pub struct NotUsed {
    pub reason: String,
    pub input: Option<String>,
    pub source: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExpectedDecision {
    pub as_of: String,
    pub says: Value,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExpectedFailure {
    pub damage: String,
    pub words: Vec<String>,
    pub not_decided: Vec<String>,
}

/// What a record said.
#[derive(Default)]
pub struct Said {
    pub patients: Vec<SaidPatient>,
    pub failures: Vec<(Damage, String, Vec<String>)>,
}

pub struct SaidPatient {
    pub id: String,
    pub inputs: String,
    pub not_used: Vec<NotUsed>,
    pub decisions: Vec<(String, Value)>,
}

/// Inputs as §9 writes them, each number as it stands there.
#[derive(Deserialize)]
struct Written {
    inputs: BTreeMap<String, Vec<BTreeMap<String, Box<RawValue>>>>,
}

/// Whether an entry says what is expected of it; `without` lists fields that it must not have.
fn says(entry: &BTreeMap<String, Box<RawValue>>, expected: &toml::Table) -> bool {
    expected.iter().all(|(field, value)| match (field.as_str(), value) {
        ("without", toml::Value::Array(fields)) => {
            fields.iter().all(|field| !entry.contains_key(field.as_str().unwrap()))
        }
        _ => entry.get(field).is_some_and(|written| same(written.get(), value)),
    })
}

/// Numbers are compared as decimals: as many digits as are written in the expectation, as a string if a float cannot
/// hold them.
fn same(written: &str, expected: &toml::Value) -> bool {
    let number = |text: &str| Decimal::from_str_exact(text).ok();
    match expected {
        toml::Value::String(text) if !written.starts_with('"') => {
            number(text).is_some() && number(text) == number(written)
        }
        toml::Value::String(text) => serde_json::from_str::<String>(written).unwrap() == *text,
        toml::Value::Integer(_) | toml::Value::Float(_) => {
            number(&expected.to_string()).is_some() && number(&expected.to_string()) == number(written)
        }
        toml::Value::Boolean(answer) => written == answer.to_string(),
        other => panic!("`{other}` cannot be expected of an entry"),
    }
}

/// How the inputs differ from those that are expected: exactly these entries, in any order, and no others.
fn differing_inputs(said: &SaidPatient, expected: &ExpectedPatient) -> Vec<String> {
    let written: Written = serde_json::from_str(&said.inputs).unwrap();
    let mut differing = Vec::new();
    let names: BTreeSet<&String> = written.inputs.keys().chain(expected.inputs.keys()).collect();
    for name in names {
        let mut left: Vec<_> = written.inputs.get(name).map(|entries| entries.iter().collect()).unwrap_or_default();
        let wanted = expected.inputs.get(name).map(Vec::as_slice).unwrap_or_default();
        for entry in wanted {
            match left.iter().position(|found| says(found, entry)) {
                Some(place) => drop(left.remove(place)),
                None => differing.push(format!("{name}: no entry says {}", entry.to_string().replace('\n', ", "))),
            }
        }
        differing.extend(left.iter().map(|entry| format!("{name}: an entry that is not expected: {entry:?}")));
    }
    differing
}

/// Exactly these reasons, each with its input; the source only where the expectation names it.
fn differing_reasons(said: &SaidPatient, expected: &ExpectedPatient) -> Vec<String> {
    let mut left = said.not_used.clone();
    let mut differing = Vec::new();
    for wanted in &expected.not_used {
        let suits = |found: &NotUsed| {
            found.reason == wanted.reason
                && found.input == wanted.input
                && (wanted.source.is_none() || found.source == wanted.source)
        };
        match left.iter().position(suits) {
            Some(place) => drop(left.remove(place)),
            None => differing.push(format!("not said: {wanted:?}")),
        }
    }
    differing.extend(left.iter().map(|found| format!("not expected: {found:?}")));
    differing
}

/// Whether a decision holds what is expected of it; objects may hold more.
fn holds(found: &Value, expected: &Value) -> bool {
    match (found, expected) {
        (Value::Object(found), Value::Object(expected)) => {
            expected.iter().all(|(name, value)| found.get(name).is_some_and(|found| holds(found, value)))
        }
        _ => found == expected,
    }
}

/// How what was said differs from what is expected.
pub fn differences(all_said: &Said, expected: &Expected) -> Vec<String> {
    let mut differing = Vec::new();
    let ids = |said: &Said| said.patients.iter().map(|patient| patient.id.clone()).collect::<Vec<_>>();
    let wanted: Vec<String> = expected.patient.iter().map(|patient| patient.id.clone()).collect();
    if ids(all_said) != wanted {
        differing.push(format!("decided are {:?} and not {wanted:?}", ids(all_said)));
    }
    for (said, expected) in all_said.patients.iter().zip(&expected.patient) {
        let found = differing_inputs(said, expected).into_iter().chain(differing_reasons(said, expected));
        differing.extend(found.map(|difference| format!("{}: {difference}", said.id)));
        if let Some(wanted) = &expected.decision {
            let decision = &said.decisions.iter().find(|(day, _)| *day == wanted.as_of).unwrap().1;
            if !holds(decision, &wanted.says) {
                differing.push(format!("{}: the decision does not hold {}: {decision}", said.id, wanted.says));
            }
        }
    }
    let mut left: Vec<_> = all_said.failures.iter().collect();
    for wanted in &expected.failure {
        let suits = |(damage, message, patients): &&(Damage, String, Vec<String>)| {
            word_of(damage) == wanted.damage
                && wanted.words.iter().all(|words| message.contains(words))
                && *patients == wanted.not_decided
        };
        match left.iter().position(suits) {
            Some(place) => drop(left.remove(place)),
            None => differing.push(format!("no failure `{}` with {:?}", wanted.damage, wanted.words)),
        }
    }
    differing.extend(left.iter().map(|(damage, message, _)| format!("failed with `{}`: {message}", word_of(damage))));
    differing
}
