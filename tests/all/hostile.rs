//! Odd records: none stops the program, and each says what the file beside it says that it must say.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use plasmabridge::fhir::{Record, Unreadable};
use plasmabridge::guideline::decide;
use plasmabridge::inputs::Day;
use plasmabridge::map::{Mappings, Reason};
use plasmabridge::plan::{self, Language, ResourceKind};
use plasmabridge::pull::{Damage, PatientFiles};
use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

const FOLDER: &str = "fixtures/hostile";

/// Days before, within and long after everything that the records say.
const DAYS: [&str; 4] = ["1900-01-01", "2026-10-02", "2026-11-22", "2099-12-31"];

/// What a record must say: the file of the same name that ends in `.toml` (see `fixtures/hostile/README.md`).
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    #[serde(default)]
    patient: Vec<ExpectedPatient>,
    #[serde(default)]
    failure: Vec<ExpectedFailure>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ExpectedPatient {
    id: String,
    inputs: BTreeMap<String, Vec<toml::Table>>,
    #[serde(default)]
    not_used: Vec<NotUsed>,
    decision: Option<ExpectedDecision>,
}

#[derive(Clone, Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(deny_unknown_fields)]
struct NotUsed {
    reason: String,
    input: Option<String>,
    source: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ExpectedDecision {
    as_of: String,
    says: Value,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ExpectedFailure {
    damage: String,
    words: Vec<String>,
    not_decided: Vec<String>,
}

/// What a record said.
#[derive(Default)]
struct Said {
    patients: Vec<SaidPatient>,
    failures: Vec<(Damage, String, Vec<String>)>,
}

struct SaidPatient {
    id: String,
    inputs: String,
    not_used: Vec<NotUsed>,
    decisions: Vec<(String, Value)>,
}

struct Case {
    name: String,
    why: String,
    expected: Expected,
    said: Said,
}

/// The record beside a `.toml` file, whatever else its name ends in.
fn record_of(toml: &Path) -> PathBuf {
    let stem = toml.file_stem().unwrap().to_str().unwrap().to_owned() + ".";
    let beside = std::fs::read_dir(FOLDER).unwrap().map(|entry| entry.unwrap().path());
    let mut found =
        beside.filter(|path| path != toml && path.file_name().unwrap().to_str().unwrap().starts_with(&stem));
    let record = found.next().unwrap_or_else(|| panic!("{} has no record beside it", toml.display()));
    assert!(found.next().is_none(), "{} has two records beside it", toml.display());
    record
}

fn cases() -> Vec<Case> {
    let mappings = Mappings::embedded().unwrap();
    let mut files: Vec<PathBuf> = std::fs::read_dir(FOLDER).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
    files.sort();
    let case = |path: &PathBuf| {
        let text = std::fs::read_to_string(path).unwrap();
        let expected = toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let why = text.lines().take_while(|line| line.starts_with("# ")).map(|line| &line[2..]).collect::<Vec<_>>();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        Case { name, why: why.join(" "), said: said(&mappings, &record_of(path), &expected), expected }
    };
    files.iter().map(case).collect()
}

/// Runs the whole line over a file, but for the writing.
fn said(mappings: &Mappings, path: &Path, expected: &Expected) -> Said {
    let files = PatientFiles::open(&[path.to_owned()], 1);
    let mut said = Said::default();
    let mut failures = files.failures().to_vec();
    let days = expected.patient.iter().filter_map(|patient| Some(patient.decision.as_ref()?.as_of.clone()));
    let days: BTreeSet<String> = days.chain(DAYS.map(str::to_owned)).collect();
    files.each(
        |record| said_of(mappings, record, &days),
        |result| {
            match result {
                Ok(patient) => said.patients.push(patient),
                Err(failure) => failures.push(failure),
            }
            ControlFlow::Continue(())
        },
    );
    said.failures = failures.into_iter().map(|it| (it.damage.clone(), it.to_string(), it.patients)).collect();
    said
}

fn said_of(mappings: &Mappings, record: &Record<'_>, days: &BTreeSet<String>) -> SaidPatient {
    let (inputs, coverage) = mappings.map(record);
    let report = coverage.report(mappings, record);
    assert!(!report.to_string().is_empty());
    let not_used = report.not_used.iter().flat_map(|unused| {
        assert_eq!(unused.count, unused.sources.len() as u64);
        unused.sources.iter().map(|source| NotUsed {
            reason: unused.reason.to_owned(),
            input: unused.input.map(str::to_owned),
            source: Some(source.clone()),
        })
    });
    let not_used = not_used.collect();
    let text = serde_json::to_string(&inputs).unwrap();
    let mut decisions = Vec::new();
    for day in days {
        let as_of = Day::parse(day).unwrap();
        let decision = decide(&inputs, as_of);
        for language in [Language::English, Language::Danish] {
            assert!(!plan::text(&decision, language).is_empty());
            for kind in [ResourceKind::CarePlan, ResourceKind::RiskAssessment] {
                plan::resource(kind, &decision, language, as_of).unwrap();
            }
        }
        decisions.push((day.clone(), serde_json::to_value(&decision).unwrap()));
    }
    SaidPatient { id: record.patient().to_owned(), inputs: text, not_used, decisions }
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

fn differences(case: &Case) -> Vec<String> {
    let mut differing = Vec::new();
    let ids = |said: &Said| said.patients.iter().map(|patient| patient.id.clone()).collect::<Vec<_>>();
    let wanted: Vec<String> = case.expected.patient.iter().map(|patient| patient.id.clone()).collect();
    if ids(&case.said) != wanted {
        differing.push(format!("decided are {:?} and not {wanted:?}", ids(&case.said)));
    }
    for (said, expected) in case.said.patients.iter().zip(&case.expected.patient) {
        let found = differing_inputs(said, expected).into_iter().chain(differing_reasons(said, expected));
        differing.extend(found.map(|difference| format!("{}: {difference}", said.id)));
        if let Some(wanted) = &expected.decision {
            let decision = &said.decisions.iter().find(|(day, _)| *day == wanted.as_of).unwrap().1;
            if !holds(decision, &wanted.says) {
                differing.push(format!("{}: the decision does not hold {}: {decision}", said.id, wanted.says));
            }
        }
    }
    let mut left: Vec<_> = case.said.failures.iter().collect();
    for wanted in &case.expected.failure {
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

/// A damage by a word of its own. A new one does not compile until it has one here and a place in one of the two lists.
fn word_of(damage: &Damage) -> &'static str {
    match damage {
        Damage::Closed(_) => "closed",
        Damage::EmptyFolder => "empty_folder",
        Damage::Empty => "empty",
        Damage::Compression => "compression",
        Damage::Utf16 => "utf_16",
        Damage::NotUtf8(_) => "not_utf_8",
        Damage::Markup => "markup",
        Damage::NotJson { .. } => "not_json",
        Damage::NotReadable(Unreadable::NotFhir) => "not_fhir",
        Damage::NotReadable(Unreadable::OtherVersion { .. }) => "other_version",
        Damage::NotReadable(Unreadable::Field { .. }) => "field",
        Damage::TooLarge => "too_large",
        Damage::NamelessPatient => "nameless_patient",
        Damage::NoPatient(_) => "no_patient",
        Damage::NothingRead => "nothing_read",
        Damage::SearchFailed => "search_failed",
        Damage::TwoServers => "two_servers",
        Damage::Changed => "changed",
        Damage::OurFault => "our_fault",
    }
}

/// What a file can cause by what stands in it.
const BY_CONTENT: [&str; 14] = [
    "empty",
    "compression",
    "utf_16",
    "not_utf_8",
    "markup",
    "not_json",
    "not_fhir",
    "other_version",
    "field",
    "nameless_patient",
    "no_patient",
    "nothing_read",
    "search_failed",
    "two_servers",
];

/// What only the world around a file can cause (`bad_input` tests the first two), a gigabyte, or our own mistake.
const NOT_BY_CONTENT: [&str; 5] = ["closed", "empty_folder", "too_large", "changed", "our_fault"];

#[test]
fn each_odd_record_says_what_it_must_say() {
    let cases = cases();
    let wrong: Vec<String> = cases
        .iter()
        .flat_map(|case| differences(case).into_iter().map(|difference| format!("{}: {difference}", case.name)))
        .collect();
    assert!(wrong.is_empty(), "{} differences:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn there_are_at_least_sixty_and_each_says_why() {
    let cases = cases();
    assert!(cases.len() >= 60, "only {}", cases.len());
    for case in &cases {
        assert!(case.why.ends_with('.') && case.why.len() > 30, "{} does not say why", case.name);
        let says = case.expected.patient.len() + case.expected.failure.len();
        assert!(says > 0, "{} expects nothing", case.name);
    }
    let toml = cases.len();
    let records = std::fs::read_dir(FOLDER).unwrap().count() - toml - 1;
    assert_eq!(records, toml, "each record has its expectation, and beside them there is the README alone");
}

#[test]
fn every_reason_has_a_record_that_shows_it() {
    let cases = cases();
    let shown: BTreeSet<&str> = cases
        .iter()
        .flat_map(|case| &case.expected.patient)
        .flat_map(|patient| &patient.not_used)
        .map(|it| it.reason.as_str())
        .collect();
    let missing: Vec<&str> = Reason::ALL.iter().map(|it| it.word()).filter(|word| !shown.contains(word)).collect();
    assert!(missing.is_empty(), "no record shows {missing:?}");
}

#[test]
fn every_damage_that_a_file_can_hold_has_a_record_that_shows_it() {
    let cases = cases();
    let shown: BTreeSet<&str> =
        cases.iter().flat_map(|case| &case.expected.failure).map(|failure| failure.damage.as_str()).collect();
    assert_eq!(shown, BY_CONTENT.into_iter().collect());
    assert!(NOT_BY_CONTENT.iter().all(|word| !shown.contains(word)));
}
