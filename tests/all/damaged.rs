//! Whoever may have lost a resource by damage is not decided, and what stands stays; what nothing is read from is no damage.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use super::bad_input::{Answer, bundle, condition, evaluate, lines, path, patient, run_with};
use super::faults::{stands, sync_as};
use super::small_server::SmallServer;
use serde_json::{Value, json};
use std::io::Write;

/// A record with a further resource of p1.
fn with(resource: Value) -> Value {
    let mut record = bundle("p1");
    record["entry"].as_array_mut().unwrap().push(json!({ "resource": resource }));
    record
}

fn evaluated(record: &Value) -> Answer {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("record.json");
    std::fs::write(&file, record.to_string()).unwrap();
    evaluate(&[path(&file)])
}

fn radiotherapy(performed: Value) -> Value {
    json!({ "resourceType": "Procedure", "id": "rt", "status": "completed",
        "subject": { "reference": "Patient/p1" }, "performedPeriod": performed,
        "code": { "coding": [{ "system": "http://snomed.info/sct", "code": "1217123003",
            "display": "Radiotherapy course of treatment (regime/therapy)" }] } })
}

/// R06 is told without the radiotherapy that was given only if the record says that none was.
#[test]
fn a_patient_with_a_damaged_course_of_radiotherapy_is_not_decided() {
    let whole = evaluated(&with(radiotherapy(json!({ "start": "2026-09-01", "end": "2026-09-28" }))));
    assert_eq!((whole.exit, whole.decided()), (0, vec!["Patient/p1".to_owned()]), "{}", whole.err);
    let damaged = evaluated(&with(radiotherapy(json!("2026-09"))));
    damaged.some_not_decided(&[], &["entry 3: `performedPeriod`", "1 problem; not decided: Patient/p1"]);
}

#[test]
fn a_patient_whose_death_cannot_be_read_is_not_taken_for_alive() {
    let mut record = bundle("p1");
    record["entry"][0]["resource"]["deceasedBoolean"] = json!("true");
    evaluated(&record).some_not_decided(&[], &["entry 1: `deceasedBoolean`", "not decided: Patient/p1"]);
}

/// A folder in and a folder out.
struct Sync {
    folder: tempfile::TempDir,
}

impl Sync {
    fn of(files: &[(&str, String)]) -> Sync {
        let sync = Sync { folder: tempfile::tempdir().unwrap() };
        std::fs::create_dir(sync.folder.path().join("in")).unwrap();
        files.iter().for_each(|(name, text)| sync.write(name, text.as_bytes()));
        sync
    }

    fn write(&self, name: &str, bytes: &[u8]) {
        std::fs::write(self.folder.path().join("in").join(name), bytes).unwrap();
    }

    /// The exit code, the numbers, and what was said to a person.
    fn run(&self) -> (i32, Value, String) {
        let (from, to) = (self.folder.path().join("in"), self.folder.path().join("out"));
        let answer = run_with(&["sync", "--as-of", "2026-11-22", "--folder", path(&from), "--out", path(&to)], None);
        (answer.exit, serde_json::from_str(&answer.out).unwrap(), answer.err)
    }

    /// What stands, file by file.
    fn stands(&self) -> Vec<String> {
        let plans = std::fs::read_dir(self.folder.path().join("out/CarePlan")).unwrap();
        let mut texts: Vec<String> = plans.map(|it| std::fs::read_to_string(it.unwrap().path()).unwrap()).collect();
        texts.sort();
        texts
    }
}

#[test]
fn a_plan_stays_where_the_diagnosis_is_damaged() {
    let sync = Sync::of(&[("p1.json", bundle("p1").to_string())]);
    let (exit, line, told) = sync.run();
    assert_eq!((exit, &line["created"]), (0, &json!(2)), "{told}");
    let before = sync.stands();
    let mut damaged = bundle("p1");
    damaged["entry"][1]["resource"]["recordedDate"] = json!(20261001);
    sync.write("p1.json", damaged.to_string().as_bytes());
    let (exit, line, told) = sync.run();
    assert_eq!((exit, &line["revoked"], &line["not_evaluated"]), (5, &json!(0), &json!(1)), "{told}");
    assert!(told.contains("not evaluated: Patient/p1") && told.contains("`recordedDate`"), "{told}");
    assert_eq!(sync.stands(), before);
}

/// A bulk export: a file a type, a resource a line.
fn bulk() -> Sync {
    let patients = ["p1", "p2"].map(|id| patient(id).to_string());
    let conditions = ["p1", "p2"].map(|id| condition(id).to_string());
    Sync::of(&[("Patient.ndjson", lines(&patients)), ("Condition.ndjson", lines(&conditions))])
}

#[test]
fn a_file_of_a_bulk_export_of_which_nothing_is_left_leaves_everyones_plan_as_it_is() {
    let sync = bulk();
    assert_eq!(sync.run().0, 0);
    let before = sync.stands();
    assert_eq!(before.len(), 2);
    let whole = std::fs::read(sync.folder.path().join("in/Condition.ndjson")).unwrap();
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    packed.write_all(&whole).unwrap();
    let cut = packed.finish().unwrap()[..12].to_vec();
    let utf_16: Vec<u8> = String::from_utf8(whole).unwrap().encode_utf16().flat_map(u16::to_le_bytes).collect();
    let page = b"<html><body>Session expired</body></html>".to_vec();
    for bytes in [cut, utf_16, page] {
        sync.write("Condition.ndjson", &bytes);
        let (exit, line, told) = sync.run();
        assert_eq!((exit, &line["revoked"], &line["not_evaluated"]), (5, &json!(0), &json!(2)), "{told}");
        assert_eq!(sync.stands(), before);
    }
}

#[test]
fn a_lost_file_among_files_of_one_patient_each_was_another_patients() {
    let sync = Sync::of(&[("p1.json", bundle("p1").to_string()), ("p2.json", "<html></html>".to_owned())]);
    let (exit, line, told) = sync.run();
    assert_eq!(
        (exit, &line["patients"], &line["not_evaluated"], &line["not_read"]),
        (5, &json!(1), &json!(0), &json!(1))
    );
    assert!(told.contains("not read: ") && told.contains("p2.json`: it is XML or HTML"), "{told}");
}

#[test]
fn a_folder_that_is_not_there_is_counted_as_not_read_and_nobody_as_decided() {
    let answer = run_with(&["sync", "--folder", "nowhere-at-all", "--out", "nowhere-either"], None);
    let line: Value = serde_json::from_str(&answer.out).unwrap();
    assert_eq!(
        (answer.exit, &line["patients"], &line["not_evaluated"], &line["not_read"]),
        (5, &json!(0), &json!(0), &json!(1))
    );
    assert!(answer.err.contains("not read: `nowhere-at-all`: it cannot be read"), "{}", answer.err);
}

/// Every bulk export has Organizations; a patient's folder has what the patient takes. Nothing of it is read, and nothing
/// is missing without it. A file that is no FHIR stays damage.
#[test]
fn resources_of_types_that_are_not_read_are_no_damage() {
    let bulk = bulk();
    let subject = json!({ "reference": "Patient/p1" });
    bulk.write("Organization.ndjson", b"{\"resourceType\":\"Organization\",\"id\":\"o1\",\"name\":\"x\"}\n");
    let drug = json!({ "resourceType": "MedicationStatement", "id": "m1", "status": "active", "subject": subject });
    bulk.write("drug.json", drug.to_string().as_bytes());
    bulk.write("nothing-found.json", br#"{"resourceType":"Bundle","type":"searchset","total":0}"#);
    let (exit, line, told) = bulk.run();
    assert_eq!((exit, &line["patients"], &line["not_read"]), (0, &json!(2), &json!(0)), "{told}");
    bulk.write("settings.json", br#"{"theme": "dark"}"#);
    let (exit, line, told) = bulk.run();
    assert_eq!((exit, &line["patients"], &line["not_read"]), (5, &json!(2), &json!(1)), "{told}");
    assert!(told.contains("settings.json`: it has no `resourceType`"), "{told}");
}

#[test]
fn nothing_but_types_that_are_not_read_is_named_since_it_may_not_be_what_was_meant() {
    let sync = Sync::of(&[("Organization.ndjson", "{\"resourceType\":\"Organization\",\"id\":\"o1\"}\n".to_owned())]);
    let (exit, line, told) = sync.run();
    assert_eq!((exit, &line["not_read"]), (5, &json!(1)), "{told}");
    assert!(told.contains("it holds nothing of any patient"), "{told}");
}

#[test]
fn a_diagnosis_whose_identifier_two_patients_have_leaves_both_undecided() {
    let identified = |id: &str| {
        let mut patient = patient(id);
        patient["identifier"] = json!([{ "system": "urn:oid:1.2.208.176.1.2", "value": "2512489996" }]);
        patient.to_string()
    };
    let mut shared = condition("p1");
    shared["subject"] = json!({ "identifier": { "system": "urn:oid:1.2.208.176.1.2", "value": "2512489996" } });
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("all.ndjson");
    let text = lines(&[identified("p1"), identified("p2"), shared.to_string(), bundle("p3").to_string()]);
    std::fs::write(&file, text).unwrap();
    let answer = evaluate(&[path(&file)]);
    let words = ["line 3: `Condition/c-p1` names its patient by", "2 patients are not decided: Patient/p1, Patient/p2"];
    answer.some_not_decided(&["Patient/p3"], &words);
    assert!(!answer.err.contains("2512489996"), "{}", answer.err);
}

/// One patient with one address may be met with the server's address and without; the identifier is still one patient's.
#[test]
fn an_identifier_is_not_shared_by_one_patient_who_comes_twice() {
    let folder = tempfile::tempdir().unwrap();
    let identified = json!({ "resourceType": "Patient", "id": "p1",
        "identifier": [{ "system": "https://example.org/mrn", "value": "4711" }] });
    let mut by_identifier = condition("p1");
    by_identifier["subject"] = json!({ "identifier": { "system": "https://example.org/mrn", "value": "4711" } });
    let first = json!({ "resourceType": "Bundle", "type": "searchset",
        "entry": [{ "fullUrl": "https://fhir.example.org/r4/Patient/p1", "resource": identified }] });
    std::fs::write(folder.path().join("a.json"), first.to_string()).unwrap();
    std::fs::write(folder.path().join("b.json"), identified.to_string()).unwrap();
    std::fs::write(folder.path().join("c.json"), by_identifier.to_string()).unwrap();
    let answer = evaluate(&[path(folder.path())]);
    assert_eq!((answer.exit, answer.decided()), (0, vec!["Patient/p1".to_owned()]), "{}", answer.err);
    let decision: Value = serde_json::from_str(&answer.out).unwrap();
    assert_eq!(decision["in_scope"], json!(true));
}

/// Three patients with a plasmacytoma whose site is a BodyStructure that does not say whose it is.
fn sites_that_do_not_say_whose_they_are() -> SmallServer {
    let server = SmallServer::start();
    let places = [("p1", "71341001", "Bone structure of femur"), ("p2", "51299004", "Bone structure of clavicle")];
    server.with(|store| {
        for (id, code, display) in places {
            store.put(patient(id));
            store.put(json!({ "resourceType": "BodyStructure", "id": format!("site-{id}"),
                "location": { "coding": [{ "system": "http://snomed.info/sct", "code": code, "display": display }] } }));
            let mut condition = condition(id);
            condition["bodySite"] = json!([{ "extension": [{
                "url": "http://hl7.org/fhir/StructureDefinition/bodySite",
                "valueReference": { "reference": format!("BodyStructure/site-{id}") } }] }]);
            store.put(condition);
        }
    });
    server
}

#[test]
fn a_site_belongs_to_whoever_refers_to_it_however_many_patients_are_read_at_once() {
    let plans = |patients: u8| {
        let server = sites_that_do_not_say_whose_they_are();
        let ran = sync_as(&server.base, &format!("[search]\npatients = {patients}\n"), &[]);
        assert_eq!((ran.exit, &ran.line["patients"]), (0, &json!(2)), "{}", ran.stderr);
        stands(&server)
    };
    let (alone, together) = (plans(1), plans(50));
    assert_eq!(alone, together);
    let femur = "target: the tumour with a margin of 3 cm, not the whole bone";
    assert!(alone.iter().any(|plan| plan.contains(femur)), "the site is read");
}

#[test]
fn a_damaged_resource_on_a_server_leaves_its_patient_alone_undecided() {
    let damages: [fn(&mut Value); 3] = [
        |course| course["performedPeriod"] = json!("2026-09"),
        |course| course["subject"]["identifier"] = json!("p1"),
        |course| course["status"] = json!(["completed"]),
    ];
    for damage in damages {
        let server = sites_that_do_not_say_whose_they_are();
        assert_eq!(sync_as(&server.base, "", &[]).exit, 0);
        let before = stands(&server);
        let mut course = radiotherapy(json!({ "start": "2026-09-01" }));
        damage(&mut course);
        server.with(|store| store.put(course));
        let ran = sync_as(&server.base, "", &[]);
        let line = &ran.line;
        assert_eq!((ran.exit, &line["patients"], &line["not_evaluated"]), (5, &json!(1), &json!(1)), "{}", ran.stderr);
        assert!(ran.stderr.contains("not evaluated: Patient/p1"), "{}", ran.stderr);
        assert_eq!(stands(&server), before);
    }
}
