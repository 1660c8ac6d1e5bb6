//! What a run writes: everything that the stories give passes the gate, and a folder is brought into agreement with the
//! records and no further.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use crate::stories;
use plasmabridge::bounds::Bounds;
use plasmabridge::guideline::decide;
use plasmabridge::inputs::Day;
use plasmabridge::map::Mappings;
use plasmabridge::plan::{self, Language, ResourceKind};
use plasmabridge::pull::PatientFiles;
use plasmabridge::sync::{Report, Run, What};
use plasmabridge::write::folder::Folder;
use plasmabridge::write::gate;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

const LANGUAGES: [Language; 2] = [Language::English, Language::Danish];

/// A story with a plan and a prognosis, in one shape.
pub const RIB: &str = "fixtures/patients/complete-remission-after-two-years/record-danish.json";
/// Another, so that one patient's trouble can be seen to leave the other alone.
pub const PELVIS: &str = "fixtures/patients/more-gray-than-a-small-tumour-needs/record.json";

fn day(text: &str) -> Day {
    Day::parse(text).unwrap()
}

pub fn json_of(path: impl AsRef<Path>) -> Value {
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// A folder of records, a folder of plans, and runs from the one to the other.
pub struct Place {
    folder: tempfile::TempDir,
    mappings: Mappings,
}

impl Place {
    pub fn new() -> Place {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("in")).unwrap();
        Place { folder, mappings: Mappings::embedded().unwrap() }
    }

    /// A place with the records of two patients.
    pub fn of_two() -> Place {
        let place = Place::new();
        place.put("rib", &json_of(RIB));
        place.put("pelvis", &json_of(PELVIS));
        place
    }

    pub fn records(&self) -> PathBuf {
        self.folder.path().join("in")
    }

    pub fn plans(&self) -> PathBuf {
        self.folder.path().join("out")
    }

    pub fn put(&self, name: &str, record: &Value) {
        std::fs::write(self.records().join(format!("{name}.json")), record.to_string()).unwrap();
    }

    fn run_over(&self, records: &Path, as_of: &str, dry: bool) -> Report {
        let files = PatientFiles::open(&[records.to_owned()], 2, Bounds::default());
        let run = Run { as_of: day(as_of), mappings: &self.mappings, language: Language::English, dry };
        run.folder(&files, &Folder::new(&self.plans(), Bounds::default()), true).unwrap()
    }

    pub fn run(&self, as_of: &str) -> Report {
        self.run_over(&self.records(), as_of, false)
    }

    /// `sync` as a person calls it: the exit code, and what it told.
    pub fn call(&self, more: &[&str]) -> (i32, String) {
        let output = Command::new(env!("CARGO_BIN_EXE_plasmabridge"))
            .arg("sync")
            .args(["--as-of", "2026-11-22", "--folder"])
            .arg(self.records())
            .arg("--out")
            .arg(self.plans())
            .args(more)
            .output()
            .unwrap();
        (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
    }

    /// Every file that stands, with its bytes.
    pub fn standing(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let kinds = ResourceKind::ALL.map(|kind| self.plans().join(kind.name()));
        let files = kinds.iter().filter_map(|kind| std::fs::read_dir(kind).ok()).flatten();
        files.map(|file| file.unwrap().path()).map(|path| (path.clone(), std::fs::read(path).unwrap())).collect()
    }

    pub fn place_of(&self, kind: ResourceKind, record: &Value) -> PathBuf {
        Folder::new(&self.plans(), Bounds::default()).place(kind, &plan::codes::identifier(kind, &patient_of(record)))
    }

    pub fn plan_of(&self, record: &Value) -> Value {
        json_of(self.place_of(ResourceKind::CarePlan, record))
    }
}

pub fn resources<'r>(record: &'r mut Value, kind: &'r str) -> impl Iterator<Item = &'r mut Value> {
    let entries = record["entry"].as_array_mut().unwrap().iter_mut().map(|entry| &mut entry["resource"]);
    entries.filter(move |resource| resource["resourceType"] == kind)
}

pub fn patient_of(record: &Value) -> String {
    let mut record = record.clone();
    let patient = resources(&mut record, "Patient").next().unwrap();
    format!("Patient/{}", patient["id"].as_str().unwrap())
}

/// The numbers of created, updated, unchanged, revoked and left resources.
pub fn counts(report: &Report) -> [u64; 5] {
    let it = &report.summary;
    [it.created, it.updated, it.unchanged, it.revoked, it.left_to_other_hand]
}

#[test]
fn everything_that_the_stories_write_passes_the_gate_under_an_id_of_its_own() {
    let mappings = Mappings::embedded().unwrap();
    let mut ids = BTreeSet::new();
    let mut objections = Vec::new();
    let stories = stories::all();
    for (path, text) in stories.iter().flat_map(|story| &story.records) {
        let records = plasmabridge::pull::records(text).unwrap();
        let (inputs, _) = mappings.map(&records[0]);
        let read: BTreeSet<&str> = inputs.sources().collect();
        for kind in ResourceKind::ALL {
            let made = |as_of: &str, language| {
                let decision = decide(&inputs, day(as_of));
                plan::resource(kind, &decision, language, day(as_of)).unwrap()
            };
            let Some(english) = made("2026-11-22", Language::English) else { continue };
            let id = english["id"].as_str().unwrap().to_owned();
            assert!(ids.insert(id.clone()), "{}: the id of another resource", path.display());
            for (as_of, language) in
                [("2026-11-22", LANGUAGES[0]), ("2026-11-22", LANGUAGES[1]), ("2027-05-04", LANGUAGES[0])]
            {
                let Some(resource) = made(as_of, language) else { continue };
                let found = gate::objections(&resource, inputs.patient(), &read);
                objections.extend(found.iter().map(|it| format!("{} {kind:?} {language:?}: {it}", path.display())));
                assert_eq!(resource["id"], id, "{}", path.display());
                assert_eq!(resource["identifier"][0]["value"], id, "{}", path.display());
                assert_eq!(resource["language"], language.tag());
            }
        }
    }
    assert!(ids.len() >= 200, "{} resources", ids.len());
    assert!(objections.is_empty(), "{}", objections.join("\n"));
}

/// A plan has an activity for each recommendation that says something, and a prognosis stands where R05 applies.
#[test]
fn a_plan_says_what_the_story_expects_of_each_recommendation() {
    let place = Place::new();
    place.run_over(Path::new("fixtures/patients"), "2026-11-22", false);
    let mut plans = 0;
    for story in stories::all().iter().filter(|story| story.expected["as_of"] == "2026-11-22") {
        for (path, text) in &story.records {
            let record: Value = serde_json::from_str(text).unwrap();
            let stands = |kind| place.place_of(kind, &record).exists();
            assert_eq!(json!(stands(ResourceKind::CarePlan)), story.expected["in_scope"], "{}", path.display());
            let has_prognosis = story.expected.contains_key("prognosis");
            assert_eq!(stands(ResourceKind::RiskAssessment), has_prognosis, "{}", path.display());
            if !stands(ResourceKind::CarePlan) {
                continue;
            }
            plans += 1;
            let plan = place.plan_of(&record);
            let said: Vec<_> = plan["activity"].as_array().into_iter().flatten().map(said_of).collect();
            let expected: Vec<_> = story.statuses().filter(|(_, status)| *status != "not_applicable").collect();
            assert_eq!(said, expected, "{}", path.display());
        }
    }
    assert!(plans >= 100, "{plans} plans");
}

/// The number and our status of an activity.
fn said_of(activity: &Value) -> (&str, &str) {
    let detail = &activity["detail"];
    let url = "https://plasmabridge.org/fhir/StructureDefinition/recommendation-status";
    let status = detail["extension"].as_array().unwrap().iter().find(|it| it["url"] == url).unwrap();
    (detail["code"]["coding"][0]["code"].as_str().unwrap(), status["valueCode"].as_str().unwrap())
}

#[test]
fn a_second_run_writes_nothing() {
    let place = Place::new();
    let stories = Path::new("fixtures/patients");
    let first = place.run_over(stories, "2026-11-22", false);
    let standing = place.standing();
    assert_eq!(counts(&first), [standing.len() as u64, 0, 0, 0, 0]);
    assert!(standing.len() >= 200, "{} resources", standing.len());
    let second = place.run_over(stories, "2026-11-22", false);
    assert_eq!(counts(&second), [0, 0, standing.len() as u64, 0, 0]);
    assert!(second.changes.is_empty());
    assert!(place.standing() == standing);
}

/// A decision without its day, and without the looks, which name what was tested on that day.
fn without_day(value: Value) -> Value {
    match value {
        Value::Object(fields) => {
            let said = fields.into_iter().filter(|(name, _)| !["as_of", "because"].contains(&name.as_str()));
            said.map(|(name, field)| (name, without_day(field))).collect()
        }
        Value::Array(items) => items.into_iter().map(without_day).collect(),
        other => other,
    }
}

#[test]
fn a_day_later_only_what_is_decided_otherwise_is_written() {
    let place = Place::new();
    place.run_over(Path::new("fixtures/patients"), "2026-11-22", false);
    let report = place.run_over(Path::new("fixtures/patients"), "2026-11-23", false);
    assert!(report.summary.unchanged > 0 && report.summary.created == 0);
    let written: BTreeSet<_> = report.changes.iter().map(|change| change.patient.clone()).collect();
    for (path, text) in stories::all().iter().flat_map(|story| &story.records) {
        let records = plasmabridge::pull::records(text).unwrap();
        let (inputs, _) = place.mappings.map(&records[0]);
        let decided = |as_of: &str| without_day(serde_json::to_value(decide(&inputs, day(as_of))).unwrap());
        let is_other = decided("2026-11-22") != decided("2026-11-23");
        assert!(
            is_other || !written.contains(inputs.patient()),
            "{}: written, and nothing has changed",
            path.display()
        );
    }
}

/// The rib's visit of + 36 months is due up to 10 July 2027 (its README); on the next day that of + 48 months is shown.
/// Nothing in the prognosis depends on it.
#[test]
fn the_day_after_a_visit_was_due_the_plan_shows_the_next_and_the_prognosis_stays() {
    let place = Place::new();
    place.put("rib", &json_of(RIB));
    assert_eq!(counts(&place.run("2027-07-09")), [2, 0, 0, 0, 0]);
    assert_eq!(counts(&place.run("2027-07-10")), [0, 0, 2, 0, 0]);
    assert_eq!(place.plan_of(&json_of(RIB))["created"], "2027-07-09");
    let report = place.run("2027-07-11");
    assert_eq!(counts(&report), [0, 1, 1, 0, 0]);
    assert_eq!((report.changes[0].resource, report.changes[0].what), ("CarePlan", What::Updated));
    let plan = place.plan_of(&json_of(RIB));
    assert_eq!(plan["created"], "2027-07-11");
    let visits = plan["activity"].as_array().unwrap().iter().find(|it| said_of(it).0 == "R16").unwrap();
    assert!(visits.to_string().contains("2028-05-10") && !visits.to_string().contains("2027-05-10"), "{visits}");
}

/// A plan as a server may store it: versions taken out of references, numbers and narrative written in another way.
#[test]
fn what_a_server_writes_in_its_own_way_is_no_other_hand() {
    let place = Place::of_two();
    place.run("2026-11-22");
    let plan = place.plan_of(&json_of(RIB));
    assert!(plan.to_string().contains("/_history/"));
    let mut stored: Value = {
        let versions = plan.to_string();
        let parts: Vec<&str> = versions.split("/_history/").collect();
        let without = parts[1..].iter().map(|part| part.trim_start_matches(|c: char| c.is_ascii_digit()));
        serde_json::from_str(&std::iter::once(parts[0]).chain(without).collect::<String>()).unwrap()
    };
    assert!(!stored.to_string().contains("/_history/"));
    let div = stored["text"]["div"].as_str().unwrap().replacen("<div ", "<div id=\"a\" ", 1).replace("&quot;", "\"");
    stored["text"]["div"] = div.replace("<ul>", "<ul> ").into();
    stored["id"] = "1234".into();
    stored["meta"]["versionId"] = "1".into();
    assert!(plan::fingerprint::is_intact(&stored));
    stored["activity"][0]["detail"]["status"] = "stopped".into();
    assert!(!plan::fingerprint::is_intact(&stored));
}
