//! Strategies for patients: inputs as §9 writes them, and the same as a record in the project's own codes (§11).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use crate::ordinary::Patient;
use plasmabridge::inputs::{Day, Input, Kind};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The day on which generated patients are decided.
pub const AS_OF: &str = "2026-11-22";

/// So many cases as PROPTEST_CASES says, else these, and always the same ones unless PROPTEST_RNG_SEED says otherwise:
/// a change is judged by itself, and who searches for more says so. Failures are not written to files.
pub fn cases(default: u32) -> ProptestConfig {
    let said = |name: &str| std::env::var(name).ok().and_then(|said| said.parse().ok());
    let cases = said("PROPTEST_CASES").and_then(|said: u64| said.try_into().ok()).unwrap_or(default);
    let rng_seed = RngSeed::Fixed(said("PROPTEST_RNG_SEED").unwrap_or(1));
    ProptestConfig { cases, rng_seed, failure_persistence: None, ..ProptestConfig::default() }
}

/// Days before and after each anchor: the edges of the windows and a day beyond.
const OFFSETS: [i32; 19] = [-400, -121, -91, -90, -8, -7, -1, 0, 1, 7, 14, 15, 28, 60, 89, 90, 91, 200, 400];

/// An entry in small numbers, so that a failing patient shrinks to few and plain ones.
#[derive(Clone, Debug)]
pub struct Seed {
    input: usize,
    value: usize,
    anchor: usize,
    offset: usize,
    flags: u8,
}

fn seed() -> impl Strategy<Value = Seed> {
    (0..Input::COUNT, 0..8usize, 0..5usize, 0..OFFSETS.len(), 0..64u8)
        .prop_map(|(input, value, anchor, offset, flags)| Seed { input, value, anchor, offset, flags })
}

/// How the patient was treated.
#[derive(Clone, Copy, Debug)]
pub enum Treated {
    No,
    UnderWay,
    Irradiated,
    Resected,
    Both,
    Palliated,
}

/// Patients with most of an ordinary work-up, treated or not, and some entries of any input around the anchors.
pub fn patients() -> impl Strategy<Value = Patient> {
    use Treated::*;
    let treated = prop_oneof![3 => Just(No), 1 => Just(UnderWay), 3 => Just(Irradiated), 1 => Just(Resected), 1 => Just(Both), 1 => Just(Palliated)];
    let work_up = proptest::collection::vec(proptest::bool::weighted(0.8), ORDINARY.len());
    (0..8usize, 0..1500i32, treated, work_up, proptest::collection::vec(seed(), 0..14))
        .prop_map(|(diagnosis, age, treated, work_up, seeds)| patient(diagnosis, age, treated, &work_up, &seeds))
}

/// An ordinary work-up: a solitary plasmacytoma of a vertebra.
const ORDINARY: [(Input, &str); 19] = [
    (Input::BirthDate, r#"{"value":"1961-04-02"}"#),
    (Input::TumourSite, r#"{"value":"vertebra"}"#),
    (Input::TumourLargestDimension, r#"{"value":3.2}"#),
    (Input::TumourBiopsyClonalPlasmaCells, r#"{"value":true}"#),
    (Input::LesionCount, r#"{"value":1}"#),
    (Input::LyticLesionCount, r#"{"value":1}"#),
    (Input::MriFocalLesionCount, r#"{"value":1}"#),
    (Input::MriMarrowSignalAbnormal, r#"{"value":false}"#),
    (Input::Imaging, r#"{"modality":"whole_body_mri"}"#),
    (Input::MarrowAspirate, "{}"),
    (Input::MarrowBiopsy, "{}"),
    (Input::MarrowClonalPlasmaCellPercent, r#"{"value":0}"#),
    (Input::MarrowFlowClonalPlasmaCells, r#"{"value":false}"#),
    (Input::Haemoglobin, r#"{"value":8.4,"low":7.3,"high":9.5}"#),
    (Input::CalciumIonised, r#"{"value":1.25,"low":1.18,"high":1.32}"#),
    (Input::Creatinine, r#"{"value":80}"#),
    (Input::SerumFlcRatio, r#"{"value":1.2}"#),
    (Input::UrineMProtein, r#"{"value":false}"#),
    (Input::SerumMProtein, r#"{"value":4.1}"#),
];

fn patient(diagnosis: usize, age: i32, treated: Treated, work_up: &[bool], seeds: &[Seed]) -> Patient {
    let as_of = Day::parse(AS_OF).unwrap();
    let diagnosed = as_of.plus_days(-age);
    let mut inputs: BTreeMap<Input, Vec<Value>> = BTreeMap::new();
    let kinds = ["plasmacytoma_bone", "plasmacytoma_extramedullary", "plasmacytoma_unspecified", "multiple_myeloma"];
    let kind = kinds[diagnosis.saturating_sub(4)];
    let coded = json!({ "kind": kind, "recorded": diagnosed.to_string() });
    inputs.insert(Input::Diagnosis, vec![coded]);
    for ((input, entry), _) in ORDINARY.iter().zip(work_up).filter(|(_, there)| **there) {
        let mut entry: Value = serde_json::from_str(entry).unwrap();
        if *input != Input::BirthDate {
            entry["time"] = json!(diagnosed.to_string());
        }
        inputs.insert(*input, vec![entry]);
    }
    let start = diagnosed.plus_days(20);
    let course = |end: Option<Day>, dose: u8| {
        let mut course = json!({ "start": start.to_string(), "site": "vertebra", "dose_gy": dose, "fractions": 20 });
        if let Some(end) = end {
            course["end"] = json!(end.to_string());
        }
        (Input::Radiotherapy, course)
    };
    let resection =
        (Input::Surgery, json!({ "kind": "resection", "site": "vertebra", "margin": "r1", "time": start.to_string() }));
    let treatments = match treated {
        Treated::No => vec![],
        Treated::UnderWay => vec![course(None, 40)],
        Treated::Irradiated => vec![course(Some(start.plus_days(28)), 40)],
        Treated::Resected => vec![resection],
        Treated::Both => vec![resection, course(Some(start.plus_days(50)), 40)],
        Treated::Palliated => vec![course(Some(start.plus_days(5)), 20)],
    };
    for (input, entry) in treatments {
        inputs.entry(input).or_default().push(entry);
    }
    let anchors = [diagnosed, start, start.plus_days(28), as_of, as_of.plus_days(-100)];
    for seed in seeds {
        let input = Input::ALL[seed.input];
        inputs.entry(input).or_default().push(entry(input, seed, anchors[seed.anchor].plus_days(OFFSETS[seed.offset])));
    }
    Patient { as_of, inputs }
}

fn pick<'a>(words: &[&'a str], number: usize) -> &'a str {
    words[number % words.len()]
}

const SITES: [&str; 12] = [
    "vertebra",
    "head_neck",
    "rib",
    "femur",
    "other_extremity_bone",
    "skull",
    "sternum",
    "other_bone",
    "pelvis",
    "gastrointestinal",
    "lung",
    "other_soft_tissue",
];

/// An entry of an input; the numbers lie at, below and above the guideline's limits.
fn entry(input: Input, seed: &Seed, day: Day) -> Value {
    use Input::*;
    let (number, day) = (seed.value, day.to_string());
    let flag = |bit: u8| seed.flags & (1 << bit) != 0;
    let numbers = |all: &[&str]| serde_json::from_str::<Value>(pick(all, number)).unwrap();
    let value = match input {
        BirthDate => return json!({ "value": pick(&["1961-04-02", "1966-11-22"], number) }),
        Diagnosis => {
            let kinds = ["plasmacytoma_bone", "multiple_myeloma", "smouldering_myeloma", "plasmacytoma_extramedullary"];
            let certainties = ["confirmed", "suspected", "refuted"];
            return json!({ "kind": pick(&kinds, number), "certainty": pick(&certainties, seed.flags.into()),
                "clinical_status": pick(&["active", "relapse", "remission", "resolved"], number / 2), "onset": day });
        }
        Radiotherapy | SystemicTherapy => return course(input, seed, &day),
        Surgery => {
            let kinds = ["resection", "stabilisation", "decompression"];
            json!({ "kind": pick(&kinds, number), "margin": pick(&["r0", "r1", "r2", "unknown"], number / 2),
                "osteosynthesis": flag(0), "site": pick(&SITES, number) })
        }
        Imaging => json!({ "modality": pick(&["pet_ct", "mri_spine_pelvis", "whole_body_ct", "other"], number) }),
        MarrowAspirate | MarrowBiopsy => json!({}),
        Fish => json!({ "abnormality": pick(&["del_17p", "gain_1q", "t_4_14"], number), "detected": flag(0) }),
        EventAttribution => {
            let event = pick(&["hypercalcaemia", "renal", "anaemia"], number);
            json!({ "event": event, "plasma_cell_disease": flag(0) })
        }
        TumourSite => json!({ "value": pick(&SITES, number) }),
        TumourBiopsyLightChainRestriction => json!({ "value": pick(&["kappa", "lambda", "none"], number) }),
        SpinalCordCompression | Fracture => json!({ "value": pick(&["none", "threatened", "established"], number) }),
        Response => json!({ "value": pick(&["complete", "partial", "stable", "residual", "progression"], number) }),
        Relapse => json!({ "value": pick(&["none", "suspected", "local", "new_site", "treated"], number) }),
        LifeExpectancy => json!({ "value": pick(&["short", "usual", "very_long"], number) }),
        MarrowClonalPlasmaCellPercent | MarrowPlasmaCellPercent => {
            json!({ "value": numbers(&["0", "9.9", "10", "59.9", "60", "100"]) })
        }
        Haemoglobin => json!({ "value": numbers(&["6.2", "6.1", "7.1", "7.0", "8.9"]), "low": 7.3 }),
        CalciumTotal | CalciumCorrected => json!({ "value": numbers(&["2.3", "2.75", "2.76"]), "high": 2.51 }),
        CalciumIonised => json!({ "value": numbers(&["1.32", "1.33", "1.2"]), "high": 1.32 }),
        Creatinine => json!({ "value": numbers(&["105", "106", "177", "178"]) }),
        CreatinineClearance => json!({ "value": numbers(&["40", "39", "90"]) }),
        SerumFlcKappa | SerumFlcLambda => json!({ "value": numbers(&["15", "100", "99.9", "2000"]) }),
        SerumFlcRatio => json!({ "value": numbers(&["0.26", "1.65", "1.66", "0.25", "100", "99.9", "0.01"]) }),
        SerumMProtein | UrineMProtein | BonePain if flag(0) => json!({ "value": flag(1) }),
        UrineMProtein => json!({ "value": numbers(&["0", "199", "200"]) }),
        TumourLargestDimension => json!({ "value": numbers(&["4.9", "5", "5.0", "5.1"]) }),
        PerformanceStatus => json!({ "value": number % 5 }),
        _ if input.kind() == Kind::Bool => json!({ "value": flag(0) }),
        _ => json!({ "value": number % 4 }),
    };
    flagged(input, seed, value, &day)
}

/// The entry with its time, and with a comparator, a site or a flag here and there.
fn flagged(input: Input, seed: &Seed, mut entry: Value, day: &str) -> Value {
    let flag = |bit: u8| seed.flags & (1 << bit) != 0;
    if !(flag(2) && flag(3)) {
        let instant = flag(3) && flag(4);
        entry["time"] = json!(if instant { format!("{day}T09:30:00+01:00") } else { day.to_owned() });
    }
    let measured = entry["value"].is_number();
    if measured && flag(4) && flag(5) {
        entry["comparator"] = json!(pick(&["<", "<=", ">", ">="], seed.value));
    }
    if input.is_complication() && flag(2) {
        entry["site"] = json!(pick(&SITES, seed.value));
    }
    if input == Input::Fracture && flag(5) {
        entry["weight_bearing"] = json!(flag(0));
    }
    if entry.get("value").is_some() && seed.flags % 11 == 10 {
        entry["adjudicated"] = json!(true);
    }
    if seed.flags % 7 == 6 {
        entry["preliminary"] = json!(true);
    }
    entry
}

fn course(input: Input, seed: &Seed, start: &str) -> Value {
    let mut course = json!({ "start": start });
    if !seed.flags.is_multiple_of(4) {
        let days = [0, 10, 28, 42][seed.value % 4];
        course["end"] = json!(Day::parse(start).unwrap().plus_days(days).to_string());
    }
    if input == Input::Radiotherapy {
        if !seed.flags.is_multiple_of(3) {
            course["dose_gy"] = json!([8, 20, 30, 34, 35, 40, 45, 50][seed.value]);
            course["fractions"] = json!([1, 5, 10, 20, 20, 20, 25, 25][seed.value]);
        }
        if seed.flags % 5 < 3 {
            course["intent"] = json!(pick(&["curative", "palliative"], seed.value));
        }
        if seed.flags % 7 < 5 {
            course["site"] = json!(pick(&SITES, seed.value));
        }
    }
    course
}
