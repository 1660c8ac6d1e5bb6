//! Odd records: none stops the program, and each says what the file beside it says that it must say.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod expected;

use expected::{Expected, NotUsed, Said, SaidPatient, differences};
use plasmabridge::bounds::Bounds;
use plasmabridge::fhir::{Record, Unreadable};
use plasmabridge::guideline::decide;
use plasmabridge::inputs::Day;
use plasmabridge::map::{Mappings, Reason};
use plasmabridge::plan::{self, Language, ResourceKind};
use plasmabridge::pull::{Damage, PatientFiles};
use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

const FOLDER: &str = "fixtures/hostile";

/// Days before, within and long after everything that the records say.
const DAYS: [&str; 4] = ["1900-01-01", "2026-10-02", "2026-11-22", "2099-12-31"];

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
    let files = PatientFiles::open(&[path.to_owned()], 1, Bounds::default());
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
    let not_used = report.not_used.values().flat_map(|unused| {
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
        Damage::NotReadable(Unreadable::Contained(_)) => "contained",
        Damage::Beyond(_) => "beyond",
        Damage::NamelessPatient => "nameless_patient",
        Damage::NoPatient(_) => "no_patient",
        Damage::SharedName(_) => "shared_name",
        Damage::NothingRead => "nothing_read",
        Damage::SearchFailed => "search_failed",
        Damage::MorePages => "more_pages",
        Damage::More(_) => "more",
        Damage::TwoServers => "two_servers",
        Damage::Changed => "changed",
        Damage::OurFault => "our_fault",
    }
}

/// What a file can cause by what stands in it.
const BY_CONTENT: [&str; 17] = [
    "empty",
    "compression",
    "utf_16",
    "not_utf_8",
    "markup",
    "not_json",
    "not_fhir",
    "other_version",
    "field",
    "contained",
    "nameless_patient",
    "no_patient",
    "shared_name",
    "nothing_read",
    "search_failed",
    "more_pages",
    "two_servers",
];

/// What only the world around a file can cause (`bad_input` tests the first two), a limit (`limits`), or our own mistake.
const NOT_BY_CONTENT: [&str; 6] = ["closed", "empty_folder", "beyond", "more", "changed", "our_fault"];

#[test]
fn each_odd_record_says_what_it_must_say() {
    let cases = cases();
    let wrong: Vec<String> = cases
        .iter()
        .flat_map(|case| {
            differences(&case.said, &case.expected).into_iter().map(|difference| format!("{}: {difference}", case.name))
        })
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
