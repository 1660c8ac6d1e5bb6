//! Public FHIR files run through the whole line: no panic, and no input from a resource that does not say it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use plasmabridge::bounds::Bounds;
use plasmabridge::guideline::decide;
use plasmabridge::inputs::{Day, Inputs};
use plasmabridge::map::Mappings;
use plasmabridge::plan::{self, Language, ResourceKind};
use plasmabridge::pull::PatientFiles;
use rust_decimal::Decimal;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

/// Where the files stand, beside the project; they are not part of it.
const CORPUS: &str = "../shared/corpus";

/// What the laboratory results and the three tumour sizes say, read by hand: each has a code that the terminology
/// trusts, a status that may be read, a patient, a date of its own (`issued` where there is no effective one) and a
/// number. Haemoglobin in mmol/L (1 g/dL = 0.6206), creatinine in µmol/L (1 mg/dL = 88.4); the panel keeps its units;
/// a tumour's size is its largest dimension (33728-7), not the additional one (33729-5). The results of two reports (101,
/// some-id) have no date of their own, and are of the day of the report.
///
/// Not among them, and rightly: results `registered` or `cancelled`; those of the panels of ghp, which are nobody's (`DATED_BY_PANELS`
/// has them); an eGFR without a value (f205); immunofixations in free text; a pain score that
/// does not say bone (ElsePainVRS); the genetics report whose results have no patient.
const MEASURED: &[(&str, &str)] = &[
    ("dk-core/Observation/ElseKalium-aa23036b42b6.json", "potassium 3"),
    ("dk-core/Observation/ElseNatrium-aa812cf6c2ad.json", "sodium 150"),
    ("hl7-be-lab/Bundle/noid-0bc9b6c7ce76.json", "potassium 6, sodium 140"),
    ("hl7-be-lab/Bundle/noid-1177ecabb9da.json", "sodium 140"),
    ("hl7-be-lab/Bundle/noid-17ed6cd92896.json", "iga 0.5"),
    ("hl7-be-lab/Bundle/noid-1fcdc38e7f1a.json", "mcv 96.2, sodium 140"),
    ("hl7-be-lab/Bundle/noid-27749bc3a19c.json", "crp 0.7"),
    ("hl7-be-lab/Bundle/noid-2c76662d2ebc.json", "albumin 30.5, iga 0.35, igg 2.97, igm 22.52"),
    ("hl7-be-lab/Bundle/noid-3177796d737c.json", "potassium 6, sodium 140"),
    (
        "hl7-be-lab/Bundle/noid-394cc07cb90e.json",
        "creatinine 70.72, ldh 355, potassium 4.6, sodium 142, urate 6.5, urea 32",
    ),
    ("hl7-be-lab/Bundle/noid-3cb86d4fe23e.json", "crp 0.7"),
    ("hl7-be-lab/Bundle/noid-6e6bec9e8b46.json", "crp 12"),
    ("hl7-be-lab/Bundle/noid-76d4764878d7.json", "leukocytes 35, potassium 4, sodium 112"),
    ("hl7-be-lab/Bundle/noid-7771d9b1f79c.json", "potassium 5, sodium 140"),
    ("hl7-be-lab/Bundle/noid-8559e7cd4611.json", "potassium 5, sodium 140"),
    (
        "hl7-be-lab/Bundle/noid-855a475eb126.json",
        "crp 63, haemoglobin 9.18488, leukocyte_differential 0, leukocyte_differential 1295, \
         leukocyte_differential 1791, leukocyte_differential 38, leukocyte_differential 686, \
         leukocytes 3810, mcv 90, platelets 151",
    ),
    ("hl7-be-lab/Bundle/noid-9f1c0388f905.json", "potassium 5, sodium 140"),
    ("hl7-be-lab/Bundle/noid-aa7f578d5c48.json", "sodium 140"),
    (
        "hl7-be-lab/Bundle/noid-aced8ad32f58.json",
        "calcium_total 2.55, haemoglobin 9.06076, ldh 651, leukocytes 5690, mcv 88, platelets 301, \
         potassium 8.5, sodium 142",
    ),
    ("hl7-be-lab/Bundle/noid-ad99a6ef9b0d.json", "creatinine 32.708, mcv 6, sodium 140"),
    (
        "hl7-be-lab/Bundle/noid-b44cb84a8cc5.json",
        "crp 63, haemoglobin 9.18488, leukocyte_differential 0, leukocyte_differential 1295, \
         leukocyte_differential 1791, leukocyte_differential 38, leukocyte_differential 686, \
         leukocytes 3810, mcv 90, platelets 151",
    ),
    ("hl7-be-lab/Bundle/noid-c62b621d27b1.json", "potassium 5, sodium 140"),
    (
        "hl7-be-lab/Bundle/noid-c772dfd5b38a.json",
        "haemoglobin 9.24694, leukocyte_differential 1561, leukocyte_differential 1679, \
         leukocyte_differential 52, leukocyte_differential 892, leukocyte_differential 8935, \
         leukocytes 13120, mcv 87.9, platelets 25",
    ),
    ("hl7-be-lab/Bundle/noid-cb1a8f91ac12.json", "calcium_total 2.1, potassium 7, sodium 115"),
    ("hl7-be-lab/Bundle/noid-f1da9d2488d1.json", "albumin 30.5, iga 0.35, igg 2.97, igm 22.52"),
    ("hl7-be-lab/Bundle/some-id-07ab3d7f1d38.json", "haemoglobin 9.24694, mcv 87"),
    (
        "hl7-r4-examples/Bundle/101-fc34254f2928.json",
        "haemoglobin 10.92256, leukocyte_differential 0.9, leukocyte_differential 0.9, leukocyte_differential 0.9, \
         leukocyte_differential 0.92, leukocyte_differential 0.92, leukocytes 4.6, mcv 99, platelets 444",
    ),
    ("hl7-r4-examples/Observation/f005-033dd0db1ef4.json", "haemoglobin 4.46832"),
    ("mcode-json/Observation/tumor-size-pathology-3fb069939b60.json", "tumour_largest_dimension 1.2"),
    ("mcode-json/Observation/tumor-size-pathology-4a4efd9fc8dc.json", "tumour_largest_dimension 1.2"),
    ("mcode-json/Observation/tumor-size-pathology-bb4e4108cffd.json", "tumour_largest_dimension 1.2"),
];

/// The results of a report whose three panels date their members and do not say whose they are. Of its results, by the codes that
/// the terminology trusts: the blood count as in 101, and of the chemistry sodium, potassium, creatinine (0.09 mmol/L), urate, LDH,
/// total calcium and albumin.
const DATED_BY_PANELS: &[(&str, &str)] = &[(
    "hl7-r4-examples/Bundle/ghp-aad359432044.json",
    "albumin 42, calcium_total 2.38, creatinine 90, haemoglobin 10.92256, ldh 131, leukocyte_differential 0.9, \
     leukocyte_differential 0.9, leukocyte_differential 0.9, leukocyte_differential 0.92, leukocyte_differential 0.92, \
     leukocytes 4.6, mcv 99, platelets 444, potassium 4.2, sodium 140, urate 0.39",
)];

/// The CodeX course summaries, read by hand: each claims the profile of mCODE's course summary, has no code, is
/// `completed` or `in-progress`, and lists the dose to each volume in cGy. No volume lies where a plasmacytoma is told
/// apart (breast, prostate, brain, cervix), so that those of a course are one, with the highest dose. And each names a cancer
/// as its reason, so that none is the plasma cell disease's: it is set aside, and named.
///
/// Not among them, and rightly: phases, a plan and a fraction, which are parts of these courses.
const COURSES: &[(&str, &str)] = &[
    ("codex-rt/Procedure/RadiotherapyCourseSummary-04-Prostate-e514535f2bf5.json", "other_disease radiotherapy 3.6"),
    (
        "codex-rt/Procedure/RadiotherapyCourseSummary-101-RTTD-BilateralBreast-9d1acf5c3270.json",
        "other_disease radiotherapy 60",
    ),
    (
        "codex-rt/Procedure/RadiotherapyCourseSummary-XRTS-01-22B-01-Prostate-1P-1V-1Fx-4e9c73786022.json",
        "other_disease radiotherapy 2",
    ),
    (
        "codex-rt/Procedure/RadiotherapyCourseSummary-XRTS-01-22B-01-Prostate-1P-1V-c982f60a00f3.json",
        "other_disease radiotherapy 4",
    ),
    (
        "codex-rt/Procedure/RadiotherapyCourseSummary-XRTS-02-22B-01-Prostate-2P-1V-1Fx-a5894e5b59bc.json",
        "other_disease radiotherapy 1.8",
    ),
    (
        "codex-rt/Procedure/RadiotherapyCourseSummary-XRTS-02-22B-01-Prostate-2P-1V-ac8d19c7b5df.json",
        "other_disease radiotherapy 13.4",
    ),
    (
        "codex-rt/Procedure/RadiotherapyCourseSummary-XRTS-03-22B-01-Prostate-1P-3V-1Fx-e1c4ad2bad4a.json",
        "other_disease radiotherapy 2",
    ),
    (
        "codex-rt/Procedure/RadiotherapyCourseSummary-XRTS-03-22B-01-Prostate-1P-3V-32aa312ee9f8.json",
        "other_disease radiotherapy 8",
    ),
    (
        "codex-rt/Procedure/RadiotherapyCourseSummary-XRTS-04-22B-01-Breast-2P-3V-1Fx-8fab8b208b31.json",
        "other_disease radiotherapy 3",
    ),
    (
        "codex-rt/Procedure/RadiotherapyCourseSummary-XRTS-04-22B-01-Breast-2P-3V-412ed7f90a4f.json",
        "other_disease radiotherapy 17",
    ),
    (
        "codex-rt/Procedure/RadiotherapyCourseSummary-XRTS-05-22B-01-BrainMets-1P-1V-1Fx-cd2980b966d0.json",
        "other_disease radiotherapy 5",
    ),
    (
        "codex-rt/Procedure/RadiotherapyCourseSummary-XRTS-05-22B-01-BrainMets-1P-1V-bca03bc78a91.json",
        "other_disease radiotherapy 25",
    ),
    (
        "codex-rt/Procedure/RadiotherapyCourseSummary-XRTS-05-22B-02-BrainMets-1P-1V-4b6e1a49f1d0.json",
        "other_disease radiotherapy 20",
    ),
    (
        "codex-rt/Procedure/RadiotherapyCourseSummary-XRTS-06-22B-01-Uterus-1P-1V-1Fx-8935d0ea5cb4.json",
        "other_disease radiotherapy 6",
    ),
    (
        "codex-rt/Procedure/RadiotherapyCourseSummary-XRTS-06-22B-01-Uterus-1P-1V-7f48c2b0fe15.json",
        "other_disease radiotherapy 30",
    ),
    (
        "codex-rt/Procedure/RadiotherapyCourseSummary-XRTS-07-22B-01-Uterus-1P-1V-5db998cf2d86.json",
        "other_disease radiotherapy 145",
    ),
];

/// What Patients say of their death; a `false` too is an entry.
const DEATHS: &[(&str, &str)] = &[
    ("dk-core/Patient/CaesarOestergaard-1e4474adc810.json", "deceased true"),
    ("hl7-r4-examples/Patient/ch-example-d60d0238b2ab.json", "deceased false"),
    ("hl7-r4-examples/Patient/example-d79c880cd88d.json", "deceased false"),
    ("hl7-r4-examples/Patient/f001-0ade978b10de.json", "deceased false"),
    ("hl7-r4-examples/Patient/f201-91e69d202971.json", "deceased false"),
    ("hl7-r4-examples/Patient/pat3-43f5a215ef2b.json", "deceased true"),
    ("hl7-r4-examples/Patient/pat4-fa5e2e821f2e.json", "deceased true"),
    ("hl7-r4-examples/Patient/proband-14431290db46.json", "deceased false"),
];

/// The files, in the order of their names; nothing, and said so, where the corpus is not there.
fn corpus(what: &str) -> Option<Vec<PathBuf>> {
    if !Path::new(CORPUS).exists() {
        eprintln!("SKIPPED: {CORPUS} is not there, so {what} was not run over its 389 public FHIR files");
        return None;
    }
    let mut waiting = vec![PathBuf::from(CORPUS)];
    let mut files = Vec::new();
    while let Some(folder) = waiting.pop() {
        for item in std::fs::read_dir(folder).unwrap() {
            let path = item.unwrap().path();
            match path.is_dir() {
                true => waiting.push(path),
                false if path.file_name().unwrap() == "MANIFEST.json" => {}
                false => files.push(path),
            }
        }
    }
    files.sort();
    assert_eq!(files.len(), 388, "the 389th is the manifest");
    Some(files)
}

/// The file's name within the corpus.
fn name(path: &Path) -> String {
    path.strip_prefix(CORPUS).unwrap().to_str().unwrap().to_owned()
}

fn decided_and_planned(inputs: &Inputs) {
    let day = Day::parse("2026-11-22").unwrap();
    let decision = decide(inputs, day);
    assert!(serde_json::to_value(&decision).unwrap()["in_scope"].is_boolean());
    for language in [Language::English, Language::Danish] {
        for kind in [ResourceKind::CarePlan, ResourceKind::RiskAssessment] {
            plan::resource(kind, &decision, language, day).unwrap();
        }
        assert!(!plan::text(&decision, language).is_empty());
    }
}

/// What a patient's inputs say, an entry each: the input's name and the value that a reader would look for.
fn said(inputs: &Inputs) -> Vec<String> {
    let written = serde_json::to_value(inputs).unwrap();
    let says = |input: &str, entry: &Value| {
        let value = ["value", "dose_gy", "kind", "modality"].iter().find_map(|field| entry.get(field));
        let comparator = entry.get("comparator").and_then(Value::as_str).unwrap_or_default();
        format!("{input} {comparator}{}", value.map(plain).unwrap_or_default()).trim_end().to_owned()
    };
    let mut all = Vec::new();
    for (input, entries) in written["inputs"].as_object().unwrap() {
        all.extend(entries.as_array().unwrap().iter().map(|entry| says(input, entry)));
    }
    for aside in written["set_aside"].as_array().into_iter().flatten() {
        let word = |field: &str| aside[field].as_str().unwrap();
        all.push(format!("{} {}", word("why"), says(word("input"), &aside["entry"])));
    }
    all.sort();
    all
}

/// A word as it is, a number without the zeros at its end.
fn plain(value: &Value) -> String {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    text.parse::<Decimal>().map_or(text, |number| number.normalize().to_string())
}

/// What a file says of all of its patients.
fn said_by(path: &Path, mappings: &Mappings) -> Vec<String> {
    let files = PatientFiles::open(&[path.to_owned()], 1, Bounds::default());
    let mut all = Vec::new();
    files.each(
        |record| {
            let (inputs, coverage) = mappings.map(record);
            serde_json::to_value(coverage.report(mappings, record)).unwrap();
            decided_and_planned(&inputs);
            said(&inputs)
        },
        |result| {
            all.extend(result.unwrap_or_default());
            ControlFlow::Continue(())
        },
    );
    all.sort();
    all
}

/// The resources of a file: its own, or those of its Bundle.
fn resources(path: &Path) -> Vec<Value> {
    let whole: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    match whole["entry"].as_array() {
        Some(entries) if whole["resourceType"] == "Bundle" => {
            entries.iter().filter_map(|entry| entry.get("resource").cloned()).collect()
        }
        _ => vec![whole],
    }
}

/// What the file would say if all of its resources but the Patients were of one patient.
fn said_if_of_one_patient(path: &Path, mappings: &Mappings) -> Vec<String> {
    let mut entries = vec![json!({ "resource": { "resourceType": "Patient", "id": "one" } })];
    for mut resource in resources(path).into_iter().filter(|resource| resource["resourceType"] != "Patient") {
        let whose = if resource.get("patient").is_some() { "patient" } else { "subject" };
        resource[whose] = json!({ "reference": "Patient/one" });
        entries.push(json!({ "resource": resource }));
    }
    let text = json!({ "resourceType": "Bundle", "type": "collection", "entry": entries }).to_string();
    let mut all = Vec::new();
    for record in plasmabridge::pull::records(&text).unwrap() {
        let (inputs, _) = mappings.map(&record);
        decided_and_planned(&inputs);
        all.extend(said(&inputs));
    }
    all.sort();
    all
}

/// The birth dates of a file's Patients, a whole date each; read here by the name of the field alone.
fn birth_dates(path: &Path) -> Vec<String> {
    let patients = resources(path).into_iter().filter(|resource| resource["resourceType"] == "Patient");
    let dates = patients.filter_map(|patient| patient["birthDate"].as_str().map(str::to_owned));
    dates.filter(|date| date.len() == 10).map(|date| format!("birth_date {date}")).collect()
}

/// The files of which something else came out than the lists say, with both.
fn differing(
    files: &[PathBuf],
    lists: &[&[(&str, &str)]],
    also: impl Fn(&Path) -> Vec<String>,
    found: impl Fn(&Path) -> Vec<String>,
) -> Vec<String> {
    let listed: BTreeMap<&str, &str> = lists.iter().flat_map(|list| list.iter().copied()).collect();
    let names: Vec<String> = files.iter().map(|path| name(path)).collect();
    assert!(listed.keys().all(|listed| names.iter().any(|name| name == listed)), "a listed file is not there");
    let of_file = |path: &PathBuf| {
        let mut expected = also(path);
        expected.extend(listed.get(&*name(path)).iter().flat_map(|said| said.split(", ")).map(str::to_owned));
        expected.sort();
        let found = found(path);
        (found != expected).then(|| format!("{}: {found:?} and not {expected:?}", name(path)))
    };
    files.iter().filter_map(of_file).collect()
}

#[test]
fn the_corpus_gives_the_inputs_that_it_says_and_no_other() {
    let Some(files) = corpus("the whole line") else { return };
    let mappings = Mappings::embedded().unwrap();
    let wrong = differing(&files, &[MEASURED, DEATHS], birth_dates, |path| said_by(path, &mappings));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Most resources of the corpus name no patient that can be found, or one of another file. This gives them one, so that
/// each is read; nothing more may come of it.
#[test]
fn the_corpus_as_the_resources_of_one_patient_gives_nothing_more() {
    let Some(files) = corpus("the reading of each resource") else { return };
    let mappings = Mappings::embedded().unwrap();
    let found = |path: &Path| said_if_of_one_patient(path, &mappings);
    let wrong = differing(&files, &[MEASURED, DATED_BY_PANELS, COURSES], |_| Vec::new(), found);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
