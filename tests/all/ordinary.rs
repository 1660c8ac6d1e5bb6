//! For each input that a decision may ask for: ordinary entries that would answer it, and others that would alarm.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use plasmabridge::inputs::{Day, Input};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// A patient as decision specification §9 writes one, with the entries of each input.
#[derive(Clone, Debug)]
pub struct Patient {
    pub as_of: Day,
    pub inputs: BTreeMap<Input, Vec<Value>>,
}

impl Patient {
    /// The patient of a §9 object that says its `as_of`.
    pub fn of(written: &Value) -> Patient {
        let as_of = Day::parse(written["as_of"].as_str().unwrap()).unwrap();
        let inputs = written["inputs"].as_object().unwrap().iter();
        let inputs = inputs.map(|(name, entries)| (Input::of(name).unwrap(), entries.as_array().unwrap().clone()));
        Patient { as_of, inputs: inputs.collect() }
    }

    /// As §9 writes it.
    pub fn written(&self) -> Value {
        let inputs = self.inputs.iter().map(|(input, entries)| (input.word().to_owned(), json!(entries)));
        let inputs: serde_json::Map<String, Value> = inputs.collect();
        json!({ "patient": "Patient/p1", "as_of": self.as_of.to_string(), "inputs": inputs })
    }

    /// The patient with these entries in place of all others of their inputs.
    pub fn with(&self, answers: &[&Answer]) -> Patient {
        let mut changed = self.clone();
        for (input, entries) in answers.iter().flat_map(|answer| &answer.entries) {
            changed.inputs.insert(*input, entries.clone());
        }
        changed
    }

    fn entries(&self, input: Input) -> &[Value] {
        self.inputs.get(&input).map(Vec::as_slice).unwrap_or_default()
    }
}

/// When an answer is given: days of the baseline, and of the time after treatment.
#[derive(Clone, Debug)]
pub struct Days {
    /// Two days of the baseline, which begins 90 days before the diagnosis.
    pub baseline: [Day; 2],
    /// A day of the baseline that goes on after a resection with which treatment begins: haemoglobin of its first two
    /// weeks is left out.
    pub after_resection: Day,
    /// A day between treatment's start and end, on which what the baseline lacks is still read (§3).
    pub read_on: Day,
    /// The latest day on which an attribution is of the baseline.
    pub baseline_ends: Day,
    pub as_of: Day,
}

impl Days {
    pub fn of(as_of: Day, diagnosis: Option<Day>, start: Option<Day>, end: Option<Day>) -> Days {
        let last = diagnosis.unwrap_or(as_of).min(start.unwrap_or(as_of)).min(as_of);
        let ends = end.unwrap_or(as_of);
        let read_on = last.plus_days(ends.days_since(last) / 2);
        let earliest = diagnosis.map_or(last, |day| day.plus_days(-90));
        let first = last.plus_days(-20).max(earliest.min(last));
        Days {
            baseline: [first, last],
            after_resection: last.plus_days(20).min(as_of),
            read_on,
            baseline_ends: ends,
            as_of,
        }
    }
}

/// The entries with which an input that was asked for is answered, in place of those that it had.
#[derive(Clone, Debug)]
pub struct Answer {
    pub ordinary: bool,
    /// Whether it holds at all times: these are mixed with each other more than the rest.
    pub throughout: bool,
    pub entries: Vec<(Input, Vec<Value>)>,
}

/// The same at several times.
fn at(days: &[Day], entry: &Value) -> Vec<Value> {
    let dated = |day: &Day| {
        let mut dated = entry.clone();
        dated["time"] = json!(day.to_string());
        dated
    };
    days.iter().map(dated).collect()
}

/// The answers to an input: each of its values at baseline, after treatment, or both.
pub fn answers(input: Input, patient: &Patient, days: &Days) -> Vec<Answer> {
    use Input::*;
    let value = |value: Value| json!({ "value": value });
    let (ordinary, alarming): (Vec<Value>, Vec<Value>) = match input {
        EventAttribution => return attributions(days),
        Diagnosis => return diagnoses(patient),
        Radiotherapy => return courses(patient, days),
        Surgery => return margins(patient),
        SerumFlcRatio => return light_chains(days),
        BonePain | Fracture => return complications(input, patient),
        CalciumIonised => (vec![json!({ "value": 1.25, "high": 1.32 })], vec![json!({ "value": 1.6, "high": 1.32 })]),
        Creatinine => (vec![value(json!(80))], vec![value(json!(300))]),
        Haemoglobin => (vec![json!({ "value": 8.5, "low": 7.3 })], vec![json!({ "value": 5.0, "low": 7.3 })]),
        // Of a marrow that is known to hold more than 10 %, the ordinary answer says how much.
        MarrowClonalPlasmaCellPercent
            if patient.entries(input).iter().any(|entry| entry.get("comparator").is_some()) =>
        {
            (vec![value(json!(0)), value(json!(15))], vec![value(json!(5)), value(json!(30)), value(json!(70))])
        }
        MarrowClonalPlasmaCellPercent => {
            (vec![value(json!(0))], vec![value(json!(5)), value(json!(30)), value(json!(70))])
        }
        MarrowPlasmaCellPercent => (vec![value(json!(2))], vec![value(json!(30))]),
        SerumMProtein | UrineMProtein => (vec![value(json!(false))], vec![value(json!(900))]),
        LesionCount => (vec![value(json!(1))], vec![value(json!(2)), value(json!(3))]),
        LyticLesionCount => (vec![value(json!(1)), value(json!(0))], vec![value(json!(2)), value(json!(3))]),
        MriFocalLesionCount => (vec![value(json!(1)), value(json!(0))], vec![value(json!(2)), value(json!(3))]),
        NewLesionCount => (vec![value(json!(0)), value(json!(1))], vec![value(json!(3))]),
        NewLyticLesionCount => (vec![value(json!(0))], vec![value(json!(1))]),
        MarrowFlowClonalPlasmaCells | MriMarrowSignalAbnormal | NeurologicalDeficit => {
            (vec![value(json!(false))], vec![value(json!(true))])
        }
        // Ordinary is what a plasmacytoma shows.
        TumourBiopsyClonalPlasmaCells => (vec![value(json!(true))], vec![value(json!(false))]),
        BoneContact | SurgicalOption => (vec![value(json!(false)), value(json!(true))], vec![]),
        TumourSite => {
            let places = ["vertebra", "rib", "femur", "head_neck", "other_soft_tissue"];
            (places.map(|place| value(json!(place))).to_vec(), vec![])
        }
        TumourLargestDimension => (vec![value(json!(3)), value(json!(7))], vec![]),
        Response => (vec![value(json!("complete"))], vec![value(json!("partial")), value(json!("progression"))]),
        Imaging => (vec![json!({ "modality": "whole_body_mri" }), json!({ "modality": "pet_ct" })], vec![]),
        MarrowAspirate | MarrowBiopsy => (vec![json!({})], vec![]),
        other => panic!("no ordinary value for {other}"),
    };
    let values = ordinary.iter().map(|it| (true, it)).chain(alarming.iter().map(|it| (false, it)));
    // An alarming result counts only where the plasma cell disease has caused it.
    let event = match input {
        CalciumIonised => Some("hypercalcaemia"),
        Creatinine => Some("renal"),
        Haemoglobin => Some("anaemia"),
        _ => None,
    };
    let mut all = Vec::new();
    for (is_ordinary, value) in values {
        let [first, second] = days.baseline;
        let after = days.as_of;
        let calm = &ordinary[0];
        all.push(Answer {
            throughout: true,
            ..alone(input, is_ordinary, at(&[first, second, days.after_resection, days.read_on, after], value))
        });
        all.push(alone(input, is_ordinary, at(&[second], value)));
        all.push(alone(input, is_ordinary, at(&[after], value)));
        if !is_ordinary {
            all.push(alone(input, false, [at(&[first, second], value), at(&[after], calm)].concat()));
            all.push(alone(input, false, [at(&[first, second], calm), at(&[after], value)].concat()));
        }
    }
    for answer in all.iter_mut().filter(|answer| !answer.ordinary) {
        let Some(event) = event else { break };
        let mut entries = patient.entries(EventAttribution).to_vec();
        entries.retain(|entry| entry["event"] != event);
        let caused = json!({ "event": event, "plasma_cell_disease": true });
        entries.extend(at(&[days.baseline_ends, days.as_of], &caused));
        entries.dedup();
        answer.entries.push((EventAttribution, entries));
    }
    all
}

/// What else an input stands for when it is asked for goes with its answer.
fn alone(input: Input, ordinary: bool, entries: Vec<Value>) -> Answer {
    use Input::*;
    let with: &[Input] = match input {
        CalciumIonised => &[CalciumTotal, CalciumCorrected],
        Creatinine => &[CreatinineClearance],
        TumourBiopsyClonalPlasmaCells => &[TumourBiopsyCd138, TumourBiopsyCd38, TumourBiopsyLightChainRestriction],
        _ => &[],
    };
    let mut all = vec![(input, entries)];
    all.extend(with.iter().map(|input| (*input, Vec::new())));
    Answer { ordinary, throughout: false, entries: all }
}

/// Whether the plasma cell disease caused each event, at baseline and after treatment.
fn attributions(days: &Days) -> Vec<Answer> {
    let said = |caused: bool, day: Day| {
        ["hypercalcaemia", "renal", "anaemia"]
            .map(|event| json!({ "event": event, "plasma_cell_disease": caused, "time": day.to_string() }))
    };
    [(false, false), (true, true), (true, false), (false, true)]
        .map(|(baseline, after)| {
            let mut entries = said(baseline, days.baseline_ends).to_vec();
            if days.baseline_ends < days.as_of {
                entries.extend(said(after, days.as_of));
            }
            Answer {
                ordinary: !baseline && !after,
                throughout: baseline == after,
                entries: vec![(Input::EventAttribution, entries)],
            }
        })
        .to_vec()
}

/// The suspected myeloma is ruled out, or confirmed.
fn diagnoses(patient: &Patient) -> Vec<Answer> {
    let known = |certainty: &str| {
        let mut entries = patient.entries(Input::Diagnosis).to_vec();
        for entry in &mut entries {
            if entry["certainty"] == "suspected" && entry["kind"].as_str().unwrap().ends_with("myeloma") {
                entry["certainty"] = json!(certainty);
            }
        }
        Answer { ordinary: certainty == "refuted", throughout: true, entries: vec![(Input::Diagnosis, entries)] }
    };
    vec![known("refuted"), known("confirmed")]
}

/// The margin of each resection: free, or not.
fn margins(patient: &Patient) -> Vec<Answer> {
    let known = |margin: &str| {
        let mut entries = patient.entries(Input::Surgery).to_vec();
        for entry in entries.iter_mut().filter(|entry| entry["kind"] == "resection") {
            entry["margin"] = json!(margin);
        }
        Answer { ordinary: true, throughout: true, entries: vec![(Input::Surgery, entries)] }
    };
    vec![known("r0"), known("r1")]
}

/// The course that was missing, to the site that was operated on or without one, or the same with a dose that is too low.
fn courses(patient: &Patient, days: &Days) -> Vec<Answer> {
    let mut all = Vec::new();
    let operations = patient.entries(Input::Surgery).iter().filter_map(|entry| entry["time"].as_str());
    let after_operations = operations.filter_map(|time| Day::parse(&time[..10])).map(|day| day.plus_days(1));
    let starts = [days.baseline[1].plus_days(1), days.as_of.plus_days(-60), days.as_of.plus_days(-120)];
    let operated = patient.entries(Input::Surgery).iter().filter_map(|entry| entry.get("site")).map(Some);
    let sites: Vec<Option<&Value>> = [None].into_iter().chain(operated).collect();
    let starts: Vec<Day> = starts.into_iter().chain(after_operations).collect();
    for (start, site) in starts.iter().flat_map(|start| sites.iter().map(move |site| (start, site))) {
        for (ordinary, dose) in [(true, 40), (false, 20)] {
            let mut course = json!({ "start": start.to_string(), "end": start.plus_days(28).to_string(),
                "dose_gy": dose, "fractions": dose / 2, "intent": "curative" });
            if let Some(site) = site {
                course["site"] = (*site).clone();
            }
            let added = [patient.entries(Input::Radiotherapy), std::slice::from_ref(&course)].concat();
            all.push(Answer { ordinary, throughout: true, entries: vec![(Input::Radiotherapy, added)] });
            all.push(Answer { ordinary, throughout: true, entries: vec![(Input::Radiotherapy, vec![course])] });
        }
        // A course without a site may have been elsewhere.
        let mut elsewhere = patient.entries(Input::Radiotherapy).to_vec();
        for course in elsewhere.iter_mut().filter(|course| course.get("site").is_none()) {
            course["site"] = json!("lung");
        }
        all.push(Answer { ordinary: true, throughout: true, entries: vec![(Input::Radiotherapy, elsewhere)] });
        let mut stated = patient.entries(Input::Radiotherapy).to_vec();
        for course in &mut stated {
            course["dose_gy"] = json!(40);
        }
        all.push(Answer { ordinary: true, throughout: true, entries: vec![(Input::Radiotherapy, stated)] });
    }
    all
}

fn light_chains(days: &Days) -> Vec<Answer> {
    let [first, second] = days.baseline;
    let spans: [&[Day]; 3] = [&[first, second, days.as_of], &[second], &[days.as_of]];
    let mut all = Vec::new();
    for (ordinary, kappa, lambda, ratio) in [(true, 10, 10, 1), (false, 50, 10, 5), (false, 2000, 10, 200)] {
        for span in spans {
            let entries =
                [(Input::SerumFlcKappa, kappa), (Input::SerumFlcLambda, lambda), (Input::SerumFlcRatio, ratio)];
            let entries = entries.map(|(input, value)| (input, at(span, &json!({ "value": value })))).to_vec();
            all.push(Answer { ordinary, throughout: span.len() == 3, entries });
        }
    }
    all
}

/// The complications that are there, each said plainly.
fn complications(input: Input, patient: &Patient) -> Vec<Answer> {
    let plain = |yes: bool| {
        let mut entries = patient.entries(input).to_vec();
        for entry in &mut entries {
            match input {
                Input::BonePain => {
                    entry["value"] = json!(yes);
                    entry.as_object_mut().unwrap().remove("comparator");
                }
                _ => entry["weight_bearing"] = json!(yes),
            }
        }
        Answer { ordinary: !yes, throughout: true, entries: vec![(input, entries)] }
    };
    vec![plain(false), plain(true)]
}
