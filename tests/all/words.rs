//! What a person reads: findings are named, what is missing is said, and no number is shown on another side of a limit.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use super::stories;
use plasmabridge::guideline::decide;
use plasmabridge::inputs::{Day, Input, Inputs};
use plasmabridge::map::Mappings;
use plasmabridge::plan::{Language, ResourceKind, resource, text, wording};
use serde_json::{Value, json};

/// What a story says on its day, in one line.
fn said(story: &str, language: Language) -> String {
    let story = stories::all().into_iter().find(|it| it.name == story).unwrap();
    let records = plasmabridge::pull::records(&story.records[0].1).unwrap();
    let (inputs, _) = Mappings::embedded().unwrap().map(&records[0]);
    let as_of = Day::parse(story.expected["as_of"].as_str().unwrap()).unwrap();
    let said = text(&decide(&inputs, as_of), language);
    said.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The part of what was said that a recommendation has.
fn of<'s>(said: &'s str, id: &str) -> &'s str {
    said.split(" - R").find(|part| part.starts_with(&id[1..])).unwrap_or_else(|| panic!("{said}"))
}

#[track_caller]
fn holds(text: &str, words: &[&str], not: &[&str]) {
    words.iter().for_each(|words| assert!(text.contains(words), "`{words}` is not in: {text}"));
    not.iter().for_each(|words| assert!(!text.contains(words), "`{words}` is in: {text}"));
}

#[test]
fn after_a_resection_alone_is_said_only_of_patients_who_had_one() {
    let danish = said("palliative-dose-only-then-lasting-pain", Language::Danish);
    holds(of(&danish, "R15"), &["Slutevaluerende billeddiagnostik"], &["resektion"]);
    let resected = said("clean-margin-resection-needs-no-radiotherapy", Language::Danish);
    holds(of(&resected, "R15"), &["Efter resektion alene står dette i retningslinjens tekst"], &[]);
    let both = said("incomplete-resection-irradiated-afterwards", Language::Danish);
    holds(of(&both, "R15"), &[], &["Efter resektion alene"]);
}

#[test]
fn what_is_missing_of_an_earlier_course_is_what_it_was_for() {
    // 20 Gy in 5 fractions to the vertebra, with its dates: nothing of it is missing but its purpose.
    let full = said("palliative-dose-only-then-lasting-pain", Language::Danish);
    let purpose = "Mangler: hvad den tidligere behandling var rettet mod: denne tumor eller noget andet.";
    holds(of(&full, "R06"), &["20 Gy på 5 fraktioner", purpose], &["dosis, fraktioner", "dosis."]);
    let by_code = said("radiotherapy-known-only-by-its-procedure-code", Language::English);
    holds(of(&by_code, "R06"), &["dose not recorded", "or something else; its dose; its site."], &["its dates"]);
    // A relapse is coded and no treatment is on record: there the treatment itself is what is missing.
    let nothing = said("coded-as-recurrence-without-earlier-records", Language::English);
    holds(of(&nothing, "R06"), &["Missing: radiotherapy: dose, fractions, site and dates."], &["something else"]);
}

#[test]
fn what_is_urgent_names_its_finding_with_site_and_day() {
    let english = said("relapse-in-the-spine-with-a-cord-at-risk", Language::English);
    let finding = "Because of spinal cord compression: threatened, vertebra (2026-11-19); neurological deficit: yes, \
                   vertebra (2026-11-20).";
    holds(of(&english, "R08"), &["URGENT: Assessment by a spinal or orthopaedic surgeon.", finding], &[]);
    let danish = said("relapse-in-the-spine-with-a-cord-at-risk", Language::Danish);
    holds(of(&danish, "R08"), &["AKUT: ", "Anledning: medullært tværsnit: truende, ryghvirvel (19-11-2026)"], &[]);
    let myeloma = said("cord-threatened-and-no-surgeon-asked-yet", Language::English);
    holds(
        of(&myeloma, "R11"),
        &["URGENT", "Because of spinal cord compression: threatened, vertebra (2026-11-21)"],
        &[],
    );
    let open = said("broken-humerus-weight-bearing-or-not", Language::English);
    holds(of(&open, "R08"), &["Because of fracture: established, bone of a limb", "Missing: fracture"], &[]);
    let operated = said("decompression-without-radiotherapy-after-it", Language::English);
    holds(of(&operated, "R12"), &["After operation: decompression, vertebra (2026-10-20)."], &["Because of"]);
}

#[test]
fn the_tolerance_is_spoken_of_only_where_a_date_is_shown() {
    let without = said("local-relapse-in-the-femur", Language::Danish);
    holds(&without, &["Lokalt recidiv"], &["Tolerancen omkring disse datoer"]);
    let with = said("clean-margin-resection-needs-no-radiotherapy", Language::Danish);
    holds(&with, &["tidsrum:", "Tolerancen omkring disse datoer er programmets"], &[]);
}

#[test]
fn no_note_names_its_subject_twice() {
    let danish = said("kidney-disease-known-for-years", Language::Danish);
    holds(
        &danish,
        &["Systemisk antimyelombehandling er allerede påbegyndt: fra 10-11-2026."],
        &["systemisk antimyelombehandling: fra"],
    );
}

/// A number of an input as it is shown, in English.
fn shown(input: Input, entry: Value) -> String {
    let inputs = json!({ "patient": "Patient/p1", "inputs": { input.word(): [entry] } });
    let inputs = Inputs::from_json(&inputs.to_string()).unwrap();
    wording::entry(&inputs.of(input)[0], Language::English)
}

/// Each number with what is shown of it: as laboratories report it (haemoglobin with one decimal, creatinine whole,
/// calcium with two), but with more decimals where fewer would lie on the limit or beyond it.
#[test]
fn a_number_is_shown_short_but_never_on_another_side_of_its_limit() {
    use Input::*;
    let cases = [
        (Haemoglobin, "8.87458", "8.9 mmol/L"),
        (Haemoglobin, "8.4", "8.4 mmol/L"),
        (Haemoglobin, "9", "9 mmol/L"),
        // Below 6.2 is anaemia; from 7.1 on it is none, even without a limit of the laboratory's.
        (Haemoglobin, "6.19", "6.19 mmol/L"),
        (Haemoglobin, "6.1999", "6.1999 mmol/L"),
        (Haemoglobin, "6.2", "6.2 mmol/L"),
        (Haemoglobin, "6.2041", "6.204 mmol/L"),
        (Haemoglobin, "6.149", "6.1 mmol/L"),
        (Haemoglobin, "7.09", "7.09 mmol/L"),
        // Above 177 is a renal event; up to 105 it is none.
        (Creatinine, "195.364", "195 µmol/L"),
        (Creatinine, "76.024", "76 µmol/L"),
        (Creatinine, "177.4", "177.4 µmol/L"),
        (Creatinine, "105.2", "105.2 µmol/L"),
        (CreatinineClearance, "39.6", "39.6 mL/min"),
        // Above 2.75 is hypercalcaemia.
        (CalciumTotal, "2.754", "2.754 mmol/L"),
        (CalciumTotal, "2.758", "2.76 mmol/L"),
        (CalciumIonised, "1.240015", "1.24 mmol/L"),
        // Normal from 0.26 to 1.65.
        (SerumFlcRatio, "1.6521", "1.652"),
        (SerumFlcRatio, "0.2649", "0.265"),
        (SerumFlcRatio, "1.2345", "1.23"),
        // 5 cm divides the doses.
        (TumourLargestDimension, "4.96", "4.96 cm"),
        (TumourLargestDimension, "4.94", "4.9 cm"),
        (TumourLargestDimension, "5.04", "5.04 cm"),
        // Any is some.
        (SerumMProtein, "0.04", "0.04 g/L"),
        // The panel's values are not converted, and shown as they came.
        (Iga, "1.8342", "1.8342"),
    ];
    for (input, number, wanted) in cases {
        let value: Value = serde_json::from_str(number).unwrap();
        assert_eq!(shown(input, json!({ "value": value })), wanted, "{input} {number}");
    }
}

/// Haemoglobin is compared with 1.25 below its own lower limit, total calcium with 0.25 above its upper one.
#[test]
fn the_laboratorys_own_limits_are_kept_to_as_well() {
    // 7.27 − 1.25 = 6.02: 6.024 is above it, and 6.0 would not be.
    let low = |value: f64| shown(Input::Haemoglobin, json!({ "value": value, "low": 7.27 }));
    assert_eq!(low(6.024), "6.024 mmol/L");
    assert_eq!(low(6.04), "6.04 mmol/L");
    assert_eq!(low(6.07), "6.1 mmol/L");
    // The limit itself: 7.267 is below it, and 7.27 would not be.
    assert_eq!(low(7.267), "7.267 mmol/L");
    // 2.451 + 0.25 = 2.701: 2.7019 is above it, and 2.70 would not be.
    let high = |value: f64| shown(Input::CalciumTotal, json!({ "value": value, "high": 2.451 }));
    assert_eq!(high(2.7019), "2.702 mmol/L");
    let ionised = shown(Input::CalciumIonised, json!({ "value": 1.3204, "high": 1.32 }));
    assert_eq!(ionised, "1.3204 mmol/L");
    let comparator = shown(Input::Creatinine, json!({ "value": 88.42, "comparator": "<" }));
    assert_eq!(comparator, "< 88 µmol/L");
}

#[test]
fn a_risk_assessment_names_the_guideline_with_its_version() {
    let records = std::fs::read_to_string(super::written::RIB).unwrap();
    let records = plasmabridge::pull::records(&records).unwrap();
    let (inputs, _) = Mappings::embedded().unwrap().map(&records[0]);
    let as_of = Day::parse("2026-11-22").unwrap();
    let decision = decide(&inputs, as_of);
    let of_kind = |kind| resource(kind, &decision, Language::English, as_of).unwrap().unwrap();
    let guideline = "https://plasmabridge.org/fhir/PlanDefinition/dmsg-solitary-plasmacytoma|2025-12-17";
    assert_eq!(of_kind(ResourceKind::CarePlan)["instantiatesCanonical"], json!([guideline]));
    let assessment = of_kind(ResourceKind::RiskAssessment);
    let wanted = json!({ "url": "https://plasmabridge.org/fhir/StructureDefinition/instantiates-canonical",
        "valueCanonical": guideline });
    assert!(assessment["extension"].as_array().unwrap().contains(&wanted), "{assessment}");
}
