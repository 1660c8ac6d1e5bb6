//! The traps of the terminology's list, each by its number: what a naive mapping gets wrong.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use plasmabridge::inputs::{Input, Inputs};
use plasmabridge::map::file::{CodesIn, ResourceKind};
use plasmabridge::map::{Coverage, Mappings, Reason};
use serde_json::{Value, json};

const NPU: &str = "http://npu-terminology.org";
const LOINC: &str = "http://loinc.org";
const SNOMED: &str = "http://snomed.info/sct";
const SKS: &str = "urn:oid:1.2.208.176.2.4.12";
const ICD10: &str = "http://hl7.org/fhir/sid/icd-10";
const ICD10CM: &str = "http://hl7.org/fhir/sid/icd-10-cm";

/// The inputs of a patient with this one resource beside the Patient.
fn map(mut resource: Value) -> (Inputs, Coverage) {
    resource["id"] = json!("r1");
    resource["subject"] = json!({ "reference": "Patient/p1" });
    let bundle = json!({ "resourceType": "Bundle", "type": "collection", "entry": [
        { "resource": { "resourceType": "Patient", "id": "p1" } }, { "resource": resource } ] });
    let text = bundle.to_string();
    let records = plasmabridge::pull::records(&text).unwrap();
    Mappings::embedded().unwrap().map(&records[0])
}

fn observation(system: &str, code: &str, quantity: Value) -> Value {
    json!({ "resourceType": "Observation", "status": "final", "effectiveDateTime": "2026-10-02",
        "code": { "coding": [{ "system": system, "code": code }] }, "valueQuantity": quantity })
}

fn condition(system: &str, code: &str) -> Value {
    json!({ "resourceType": "Condition", "recordedDate": "2026-10-01",
        "code": { "coding": [{ "system": system, "code": code }] } })
}

/// The entries of an input as §9 writes them.
fn entries(inputs: &Inputs, input: Input) -> Vec<Value> {
    let all = serde_json::to_value(inputs).unwrap();
    all["inputs"][input.word()].as_array().cloned().unwrap_or_default()
}

/// The number of the only entry of an input, as the decimal that it is written with.
fn number(resource: Value, input: Input) -> String {
    let (inputs, coverage) = map(resource);
    let found = entries(&inputs, input);
    assert_eq!(found.len(), 1, "{:?}", coverage.reasons().collect::<Vec<_>>());
    found[0]["value"].to_string()
}

fn reasons(resource: Value) -> Vec<(Option<Input>, Reason)> {
    let (inputs, coverage) = map(resource);
    assert!(inputs.entries().is_empty(), "{:?}", serde_json::to_value(&inputs).unwrap());
    coverage.reasons().collect()
}

fn kind(system: &str, code: &str) -> Value {
    let (inputs, coverage) = map(condition(system, code));
    let found = entries(&inputs, Input::Diagnosis);
    assert_eq!(found.len(), 1, "{system}|{code} {:?}", coverage.reasons().collect::<Vec<_>>());
    found[0]["kind"].clone()
}

#[test]
fn trap_1_npu_has_three_uris() {
    let uris = [NPU, "http://npu-terminology.org/", "urn:oid:1.2.208.176.2.1"];
    for uri in uris {
        let hb = observation(uri, "NPU02319", json!({ "value": 8.4, "unit": "mmol/L" }));
        assert_eq!(number(hb, Input::Haemoglobin), "8.4");
    }
}

#[test]
fn trap_2_sks_diagnoses_are_known_with_and_without_d_and_dot_and_before_a_plus() {
    for code in ["DC903", "DC90.3", "C903", "C90.3", "DC903+TUL1"] {
        assert_eq!(kind(SKS, code), "plasmacytoma_bone", "{code}");
    }
    // The Danish code also comes in the URI of ICD-10, and keeps its Danish meaning there.
    assert_eq!(kind(ICD10, "DC903"), "plasmacytoma_bone");
    // What the ICD-10 of the WHO does not have is Danish there without its D too; in that of the USA it is not.
    for code in ["DC900A", "C900A", "C90.0A", "c90.0a", "C90.0A+TUL1"] {
        assert_eq!(kind(ICD10, code), "smouldering_myeloma", "{code}");
    }
    assert_eq!(reasons(condition(ICD10CM, "C90.0A")), [(None, Reason::UnknownCode)]);
    assert_eq!(reasons(condition(ICD10, "C90.0B")), [(None, Reason::UnknownCode)]);
    // The two URLs that a branch of dk-core has for what only Denmark has.
    for branch in ["icd10-danish-extensions", "sks-icd10-deviations"] {
        let system = format!("http://hl7.dk/fhir/core/CodeSystem/{branch}");
        for code in ["DC900A", "C900A", "C90.0A"] {
            assert_eq!(kind(&system, code), "smouldering_myeloma", "{branch} {code}");
        }
    }
    // And a server is asked for it in each of them.
    let tokens = Mappings::embedded()
        .unwrap()
        .search_tokens(ResourceKind::Condition, CodesIn::Code, |input| input == Input::Diagnosis);
    for token in [format!("{ICD10}|C90.0A"), format!("{ICD10}|C900A"), format!("{SKS}|DC900A")] {
        assert!(tokens.contains(&token), "{token}");
    }
    assert!(!tokens.contains(&format!("{ICD10CM}|C90.0A")));
    // What stands after the plus names nothing by itself.
    assert_eq!(reasons(condition(SKS, "DZ031+DC903")), [(None, Reason::UnknownCode)]);
    // The oid of the other SKS codes is not that of diagnoses, but the code itself says that it is one.
    assert_eq!(kind("urn:oid:1.2.208.176.2.4", "DC903"), "plasmacytoma_bone");
}

#[test]
fn trap_3_smouldering_is_not_swallowed_by_its_parent() {
    assert_eq!(kind(SKS, "DC900A"), "smouldering_myeloma");
    let (inputs, _) = map(condition(SKS, "DC900"));
    let myeloma = &entries(&inputs, Input::Diagnosis)[0];
    assert_eq!(myeloma["kind"], "multiple_myeloma");
    assert_eq!(myeloma["shared_with_smouldering"], true);
    // A child that is not in the mapping is not its parent.
    assert_eq!(reasons(condition(SKS, "DC900B")), [(None, Reason::UnknownCode)]);
}

#[test]
fn trap_4_c90_3_says_bone_only_in_danish() {
    assert_eq!(kind(SKS, "DC903"), "plasmacytoma_bone");
    assert_eq!(kind(ICD10, "C90.3"), "plasmacytoma_unspecified");
    assert_eq!(kind(ICD10, "C903"), "plasmacytoma_unspecified");
    assert_eq!(kind(ICD10CM, "C90.30"), "plasmacytoma_unspecified");
    assert_eq!(kind(SKS, "DC902"), "plasmacytoma_extramedullary");
    // Retired in 2011, and never said which.
    assert_eq!(kind(SKS, "DC902A"), "plasmacytoma_unspecified");
}

#[test]
fn trap_5_light_chains_keep_their_names_and_need_a_unit() {
    let lambda = observation(LOINC, "33944-0", json!({ "value": 12, "unit": "mg/L" }));
    assert_eq!(number(lambda, Input::SerumFlcLambda), "12");
    let kappa = observation(LOINC, "36916-5", json!({ "value": 12, "unit": "mg/dL" }));
    assert_eq!(number(kappa, Input::SerumFlcKappa), "120");
    let fake = observation(LOINC, "33944-8", json!({ "value": 12, "unit": "mg/L" }));
    assert_eq!(reasons(fake), [(None, Reason::UnknownCode)]);
    let bare = observation(LOINC, "36916-5", json!({ "value": 120 }));
    assert_eq!(reasons(bare), [(Some(Input::SerumFlcKappa), Reason::NoUnit)]);
    // Monomer or dimer: no factor is agreed.
    let molar = observation(LOINC, "36916-5", json!({ "value": 1.2, "unit": "µmol/L" }));
    assert_eq!(reasons(molar), [(Some(Input::SerumFlcKappa), Reason::UnreadableUnit)]);
}

#[test]
fn trap_6_total_light_chains_are_no_free_ratio() {
    for code in ["NPU28596", "NPU10608"] {
        let total = observation(NPU, code, json!({ "value": 1.5, "unit": "1" }));
        assert_eq!(reasons(total), [(Some(Input::SerumFlcRatio), Reason::NearMiss)]);
    }
    let free = observation(NPU, "NPU19608", json!({ "value": 1.5, "unit": "1" }));
    assert_eq!(number(free, Input::SerumFlcRatio), "1.5");
}

#[test]
fn trap_7_urine_m_component_is_grams_a_day_and_a_concentration_is_not() {
    // The guideline's limit, 200 mg a day, is 0.2 g a day.
    let excretion = observation(NPU, "NPU19848", json!({ "value": 0.2, "unit": "g/d" }));
    assert_eq!(number(excretion, Input::UrineMProtein), "200");
    let concentration = observation(NPU, "NPU19845", json!({ "value": 0.2, "unit": "g/L" }));
    assert_eq!(reasons(concentration), [(Some(Input::UrineMProtein), Reason::NearMiss)]);
}

#[test]
fn trap_8_calcium_total_corrected_and_ionised_stay_apart() {
    for (code, input) in
        [("NPU01443", Input::CalciumTotal), ("NPU04169", Input::CalciumCorrected), ("NPU01446", Input::CalciumIonised)]
    {
        let (inputs, _) = map(observation(NPU, code, json!({ "value": 1.3, "unit": "mmol/L" })));
        assert_eq!(entries(&inputs, input).len(), 1, "{code}");
        assert_eq!(inputs.entries().len(), 1, "{code}");
    }
}

#[test]
fn trap_9_one_analyte_in_two_units_of_factor_1000() {
    // The work-up panel keeps the unit that a value came in; both are urate.
    for (code, unit) in [("NPU09356", "µmol/L"), ("NPU03688", "mmol/L")] {
        let (inputs, _) = map(observation(NPU, code, json!({ "value": 0.3, "unit": unit })));
        assert_eq!(entries(&inputs, Input::Urate).len(), 1, "{code}");
    }
    let creatinine = observation(NPU, "NPU18016", json!({ "value": 0.08, "unit": "mmol/L" }));
    assert_eq!(number(creatinine, Input::Creatinine), "80");
}

#[test]
fn trap_10_the_laboratorys_own_limits_stay_with_the_ratio() {
    let mut ratio = observation(LOINC, "48378-4", json!({ "value": 1.6, "unit": "1" }));
    ratio["referenceRange"] =
        json!([{ "low": { "value": 0.31, "unit": "1" }, "high": { "value": 1.56, "unit": "1" } }]);
    let (inputs, _) = map(ratio);
    let entry = &entries(&inputs, Input::SerumFlcRatio)[0];
    assert_eq!((entry["low"].to_string(), entry["high"].to_string()), ("0.31".into(), "1.56".into()));
}

#[test]
fn trap_11_units_come_as_text_in_many_spellings() {
    for unit in ["µmol/L", "μmol/L", "umol/L", "?mol/L", "µmol / L"] {
        let creatinine = observation(NPU, "NPU18016", json!({ "value": 80, "unit": unit }));
        assert_eq!(number(creatinine, Input::Creatinine), "80", "{unit}");
    }
    for unit in ["10E9/L", "× 10^9/L", "10*9/L", "10^9/L"] {
        let (inputs, _) = map(observation(NPU, "NPU02593", json!({ "value": 6, "unit": unit })));
        assert_eq!(entries(&inputs, Input::Leukocytes).len(), 1, "{unit}");
    }
    // Code and text that say two different units are not believed.
    let two = json!({ "value": 80, "unit": "mmol/L", "system": "http://unitsofmeasure.org", "code": "umol/L" });
    assert_eq!(reasons(observation(NPU, "NPU18016", two)), [(Some(Input::Creatinine), Reason::UnreadableUnit)]);
}

#[test]
fn trap_12_morphology_is_no_diagnosis() {
    for code in ["10639003", "55921005", "128922003", "1162576007", "1187107005", "35601003"] {
        assert_eq!(reasons(condition(SNOMED, code)), [(Some(Input::Diagnosis), Reason::NearMiss)], "{code}");
    }
}

#[test]
fn haemoglobin_per_tetramer_is_suspect() {
    // 2.1 mmol/L would be 8.4 per iron: below 2 no patient lives with it.
    let tetramer = observation(NPU, "NPU02319", json!({ "value": 1.9, "unit": "mmol/L" }));
    assert_eq!(reasons(tetramer), [(Some(Input::Haemoglobin), Reason::Suspect)]);
    // The specification's own factor: 1 g/dL is 0.6206 mmol/L.
    let mass = observation(LOINC, "718-7", json!({ "value": 10.0, "unit": "g/dL" }));
    assert_eq!(number(mass, Input::Haemoglobin), "6.206");
}
