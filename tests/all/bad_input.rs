//! Bad input at the command line: the error names the place and who is not decided, and everybody else is decided.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use serde_json::{Value, json};
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

/// What the program answered.
pub struct Answer {
    pub exit: i32,
    pub out: String,
    pub err: String,
}

impl Answer {
    /// The patients that were decided, in order.
    pub fn decided(&self) -> Vec<String> {
        let patient = |line: &str| {
            let decision: Value = serde_json::from_str(line).unwrap();
            decision["patient"].as_str().unwrap().to_owned()
        };
        self.out.lines().map(patient).collect()
    }

    /// Ends with code 5, decides these, and says all of these words.
    #[track_caller]
    pub fn some_not_decided(&self, decided: &[&str], words: &[&str]) {
        assert_eq!(self.exit, 5, "{}", self.err);
        assert_eq!(self.decided(), decided, "{}", self.err);
        for word in words {
            assert!(self.err.contains(word), "`{word}` is not in:\n{}", self.err);
        }
    }
}

pub fn run_with(arguments: &[&str], standard_input: Option<&[u8]>) -> Answer {
    let mut command = Command::new(env!("CARGO_BIN_EXE_plasmabridge"));
    command.args(arguments).env_remove("PLASMABRIDGE_MAPPINGS").env_remove("PLASMABRIDGE_LANG");
    command.stdin(if standard_input.is_some() { Stdio::piped() } else { Stdio::null() });
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    if let Some(bytes) = standard_input {
        child.stdin.take().unwrap().write_all(bytes).unwrap();
    }
    let output = child.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Answer { exit: output.status.code().unwrap(), out: text(output.stdout), err: text(output.stderr) }
}

pub fn evaluate(arguments: &[&str]) -> Answer {
    run_with(&[&["evaluate", "--as-of", "2026-11-22"], arguments].concat(), None)
}

pub fn patient(id: &str) -> Value {
    json!({ "resourceType": "Patient", "id": id })
}

pub fn condition(id: &str) -> Value {
    json!({ "resourceType": "Condition", "id": format!("c-{id}"), "recordedDate": "2026-10-01",
        "subject": { "reference": format!("Patient/{id}") },
        "code": { "coding": [{ "system": "urn:oid:1.2.208.176.2.4.12", "code": "DC903" }] } })
}

/// A patient's whole record in one Bundle.
pub fn bundle(id: &str) -> Value {
    json!({ "resourceType": "Bundle", "type": "collection",
        "entry": [{ "resource": patient(id) }, { "resource": condition(id) }] })
}

pub fn lines(texts: &[String]) -> String {
    texts.iter().map(|text| format!("{text}\n")).collect()
}

/// A folder with two good patients, and this file between them; then what the program says of it.
fn between_good_ones(name: &str, bytes: &[u8]) -> Answer {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a-good.json"), bundle("good1").to_string()).unwrap();
    std::fs::write(folder.path().join(name), bytes).unwrap();
    std::fs::write(folder.path().join("z-good.json"), bundle("good2").to_string()).unwrap();
    evaluate(&[path(folder.path())])
}

pub fn path(path: &Path) -> &str {
    path.to_str().unwrap()
}

const GOOD: [&str; 2] = ["Patient/good1", "Patient/good2"];

#[test]
fn a_file_that_is_not_json_names_its_line_and_whom_it_speaks_of() {
    let text = serde_json::to_string_pretty(&bundle("bad")).unwrap();
    // The last two lines close the list of entries and the Bundle.
    let cut = text.lines().count() - 2;
    let text: String = text.lines().take(cut).map(|line| format!("{line}\n")).collect();
    let answer = between_good_ones("m-bad.json", text.as_bytes());
    let place = format!("m-bad.json`: it is not JSON (line {}, ", cut + 1);
    answer.some_not_decided(&GOOD, &[&place, "ends too early", "1 problem; not decided: Patient/bad"]);
}

#[test]
fn a_file_that_is_not_fhir_is_named_and_decides_nobody() {
    let answer = between_good_ones("m-bad.json", br#"{"name": "bad", "haemoglobin": 8.4}"#);
    answer.some_not_decided(&GOOD, &["m-bad.json`", "it has no `resourceType`"]);
}

#[test]
fn xml_and_html_and_utf_16_and_an_empty_file_are_named_as_what_they_are() {
    let utf_16: Vec<u8> = "\u{feff}{}".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let kinds: [(&[u8], &str); 4] = [
        (b"<Patient xmlns=\"http://hl7.org/fhir\"/>", "it is XML or HTML; FHIR JSON is read"),
        (b"<!DOCTYPE html><html></html>", "it is XML or HTML; FHIR JSON is read"),
        (&utf_16, "it is UTF-16; save it as UTF-8"),
        (b"", "it is empty; FHIR JSON is read"),
    ];
    for (bytes, words) in kinds {
        between_good_ones("m-bad.json", bytes).some_not_decided(&GOOD, &["m-bad.json`: ", words]);
    }
}

#[test]
fn an_stu3_shape_names_the_entry_and_the_patient() {
    let mut stu3 = bundle("bad");
    stu3["entry"][1]["resource"]["verificationStatus"] = json!("confirmed");
    let answer = between_good_ones("m-bad.json", stu3.to_string().as_bytes());
    answer.some_not_decided(
        &GOOD,
        &["m-bad.json`", "entry 2", "FHIR STU3 (`verificationStatus`)", "1 problem; not decided: Patient/bad"],
    );
}

#[test]
fn a_bad_line_among_good_ones_is_named_by_its_number() {
    let mut stu3 = bundle("bad");
    stu3["entry"][1]["resource"]["assertedDate"] = json!("2026-10-01");
    let text = lines(&[
        bundle("p1").to_string(),
        stu3.to_string(),
        bundle("p3").to_string(),
        r#"{"resourceType": "Bundle", "entry": [{"resource": {"resourceType": "Patient", "id": "p4""#.to_owned(),
        bundle("p5").to_string(),
    ]);
    between_good_ones("m-bad.ndjson", text.as_bytes()).some_not_decided(
        &["Patient/good1", "Patient/p1", "Patient/p3", "Patient/p5", "Patient/good2"],
        &[
            "m-bad.ndjson`, line 2, entry 2: ",
            "m-bad.ndjson`, line 4: it is not JSON",
            "2 problems; 2 patients are not decided: Patient/bad, Patient/p4",
        ],
    );
}

#[test]
fn a_lost_line_between_a_patients_lines_leaves_that_patient_undecided() {
    // The line that is lost names nobody; the lines around it are one patient's, so it was that patient's too.
    let resources = |id: &str| [patient(id).to_string(), condition(id).to_string()];
    let mut texts = [resources("p1"), resources("p2"), resources("p3")].concat();
    texts.insert(3, r#"{"resourceType": "Observation", "status": "#.to_owned());
    between_good_ones("m-bad.ndjson", lines(&texts).as_bytes()).some_not_decided(
        &["Patient/good1", "Patient/p1", "Patient/p3", "Patient/good2"],
        &["m-bad.ndjson`, line 4: it is not JSON", "1 problem; not decided: Patient/p2"],
    );
}

/// Lines of one Bundle a patient, and what is left of them when the compressed file breaks off within its last line.
fn breaks_off(compress: impl Fn(&[u8]) -> Vec<u8>, uncompress: impl Fn(&[u8]) -> Vec<u8>) -> (Vec<u8>, usize) {
    // Words that do not compress away, so that a cut of the file is a cut of a line.
    let words = |n: u64| {
        (0..800u64).map(|i| format!("{:x}", (n + i).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40)).collect::<String>()
    };
    let text = |n: u64| {
        let mut bundle = bundle(&format!("p{n}"));
        bundle["entry"][1]["resource"]["note"] = json!([{ "text": words(n * 1000) }]);
        bundle.to_string()
    };
    let packed = compress(lines(&(1..=200).map(text).collect::<Vec<_>>()).as_bytes());
    let cut = packed[..packed.len() * 2 / 3].to_vec();
    let whole = uncompress(&cut).iter().filter(|byte| **byte == b'\n').count();
    assert!(whole > 1 && whole < 200, "{whole}");
    (cut, whole)
}

fn patients_before_the_break_are_decided(name: &str, cut: &[u8], whole: usize) {
    let answer = between_good_ones(name, cut);
    let before: Vec<String> = (1..=whole).map(|n| format!("Patient/p{n}")).collect();
    let decided: Vec<&str> =
        ["Patient/good1"].into_iter().chain(before.iter().map(String::as_str)).chain(["Patient/good2"]).collect();
    let place = format!("{name}`, line {}: the compressed data is damaged or ends too early", whole + 1);
    answer.some_not_decided(&decided, &[&place, "1 problem"]);
}

#[test]
fn a_truncated_gzip_decides_the_patients_before_the_break() {
    use std::io::Read;
    let compress = |bytes: &[u8]| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    };
    let uncompress = |bytes: &[u8]| {
        let mut all = Vec::new();
        flate2::read::GzDecoder::new(bytes).read_to_end(&mut all).unwrap_err();
        all
    };
    let (cut, whole) = breaks_off(compress, uncompress);
    patients_before_the_break_are_decided("m-bad.ndjson.gz", &cut, whole);
}

#[test]
fn a_truncated_zstd_decides_the_patients_before_the_break() {
    use std::io::Read;
    let compress = |bytes: &[u8]| zstd::encode_all(bytes, 1).unwrap();
    let uncompress = |bytes: &[u8]| {
        let mut all = Vec::new();
        zstd::Decoder::new(bytes).unwrap().read_to_end(&mut all).unwrap_err();
        all
    };
    let (cut, whole) = breaks_off(compress, uncompress);
    patients_before_the_break_are_decided("m-bad.ndjson.zst", &cut, whole);
}

#[test]
fn an_empty_folder_and_a_missing_file_are_errors_beside_which_the_rest_is_decided() {
    let folder = tempfile::tempdir().unwrap();
    let (empty, missing, good) =
        (folder.path().join("empty"), folder.path().join("missing.json"), folder.path().join("good.json"));
    std::fs::create_dir(&empty).unwrap();
    std::fs::write(&good, bundle("p1").to_string()).unwrap();
    let nobody = "1 problem; nobody is decided";
    evaluate(&[path(&empty)]).some_not_decided(&[], &["empty`: the folder has no file to read", nobody]);
    evaluate(&[path(&missing)]).some_not_decided(&[], &["missing.json`: it cannot be read", nobody]);
    evaluate(&[path(&empty), path(&missing), path(&good)]).some_not_decided(
        &["Patient/p1"],
        &[
            "the folder has no file to read",
            "it cannot be read",
            "2 problems, of no patient that is known; 1 patient is decided",
        ],
    );
}

#[test]
fn standard_input_is_read_and_its_damage_named() {
    let text = lines(&[bundle("p1").to_string(), "not json".to_owned(), bundle("p2").to_string()]);
    let answer = run_with(&["evaluate", "--as-of", "2026-11-22", "-"], Some(text.as_bytes()));
    answer.some_not_decided(&["Patient/p1", "Patient/p2"], &["standard input, line 2: it is not JSON"]);
    let whole = run_with(&["evaluate", "--as-of", "2026-11-22", "-"], Some(bundle("p1").to_string().as_bytes()));
    assert_eq!((whole.exit, whole.decided()), (0, vec!["Patient/p1".to_owned()]), "{}", whole.err);
}

#[test]
fn arguments_that_cannot_be_used_end_with_code_2() {
    let folder = tempfile::tempdir().unwrap();
    let good = folder.path().join("good.json");
    std::fs::write(&good, bundle("p1").to_string()).unwrap();
    let unknown = evaluate(&["--patient", "p9", path(&good)]);
    assert_eq!((unknown.exit, unknown.out.as_str()), (2, ""), "{}", unknown.err);
    assert!(unknown.err.contains("`p9` is not among the patients"), "{}", unknown.err);
    for day in ["2026-02-30", "2026-11", "22-11-2026", "tomorrow", ""] {
        let answer = run_with(&["evaluate", "--as-of", day, path(&good)], None);
        assert_eq!((answer.exit, answer.out.as_str()), (2, ""), "{day}: {}", answer.err);
        assert!(answer.err.contains("not a date such as 2026-11-22"), "{}", answer.err);
    }
    let nothing = run_with(&["evaluate"], None);
    assert_eq!((nothing.exit, nothing.out.as_str()), (2, ""), "{}", nothing.err);
}

#[test]
fn one_patient_asked_for_is_not_held_up_by_anothers_damage() {
    let folder = tempfile::tempdir().unwrap();
    let mut stu3 = bundle("bad");
    stu3["entry"][1]["resource"]["assertedDate"] = json!("2026-10-01");
    let file = folder.path().join("both.ndjson");
    std::fs::write(&file, lines(&[bundle("p1").to_string(), stu3.to_string()])).unwrap();
    let good = evaluate(&["--patient", "p1", path(&file)]);
    assert_eq!((good.exit, good.decided()), (0, vec!["Patient/p1".to_owned()]), "{}", good.err);
    evaluate(&["--patient", "bad", path(&file)]).some_not_decided(&[], &["line 2, entry 2", "Patient/bad"]);
}

#[test]
fn a_bad_line_of_inputs_is_named_and_the_others_are_decided() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("inputs.ndjson");
    let good = |id: &str| json!({ "patient": format!("Patient/{id}"), "inputs": {} }).to_string();
    let bad = json!({ "patient": "Patient/p2", "inputs": { "haemoglobin": [{ "value": "high" }] } }).to_string();
    std::fs::write(&file, lines(&[good("p1"), bad, good("p3"), "{".to_owned()])).unwrap();
    evaluate(&["--inputs", path(&file)]).some_not_decided(
        &["Patient/p1", "Patient/p3"],
        &["inputs.ndjson`, line 2: `haemoglobin`, entry 1: `value`", "inputs.ndjson`, line 4: "],
    );
}

#[test]
fn each_line_of_inputs_that_is_not_utf_8_is_named_and_the_others_are_decided() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("inputs.ndjson");
    let line = |id: &str| format!("{{\"patient\": \"Patient/{id}\", \"inputs\": {{}}}}\n").into_bytes();
    // Latin-1: `ø` is one byte, the 22nd of the line.
    let latin = || b"{\"patient\": \"Patient/\xf8\", \"inputs\": {}}\n".to_vec();
    std::fs::write(&file, [line("p1"), latin(), line("p3"), latin(), latin(), line("p6")].concat()).unwrap();
    let not_utf_8 = |number: u8| {
        format!(
            "inputs.ndjson`, line {number}: it is not UTF-8 (byte 22); save it as UTF-8; this patient is not decided"
        )
    };
    let said = [2, 4, 5].map(not_utf_8);
    let answer = evaluate(&["--inputs", path(&file)]);
    answer.some_not_decided(&["Patient/p1", "Patient/p3", "Patient/p6"], &said.each_ref().map(String::as_str));
    assert_eq!(answer.err.lines().count(), 3, "{}", answer.err);
}

#[test]
fn a_search_that_goes_on_elsewhere_is_decided_only_with_its_next_page() {
    let folder = tempfile::tempdir().unwrap();
    let page = |own: &str, next: Option<&str>, entries: Value| {
        let link = |relation: &str, number: &str| json!({ "relation": relation, "url": format!("https://fhir.example.org/?page={number}") });
        let links: Vec<Value> = [link("self", own)].into_iter().chain(next.map(|next| link("next", next))).collect();
        json!({ "resourceType": "Bundle", "type": "searchset", "link": links, "entry": entries }).to_string()
    };
    let first = folder.path().join("first.json");
    let second = folder.path().join("second.json");
    std::fs::write(&first, page("1", Some("2"), json!([{ "resource": patient("p1") }]))).unwrap();
    std::fs::write(&second, page("2", None, json!([{ "resource": condition("p1") }]))).unwrap();
    let words = ["first.json`: the search goes on at a page that is not here", "`Patient/p1` is not decided"];
    evaluate(&[path(&first)]).some_not_decided(&[], &words);
    let both = evaluate(&[path(&first), path(&second)]);
    assert_eq!((both.exit, both.decided()), (0, vec!["Patient/p1".to_owned()]), "{}", both.err);
}

/// Makes a folder of mapping files like the shipped one.
pub fn copy_mappings(to: &Path) {
    for entry in std::fs::read_dir("mappings").unwrap().map(|entry| entry.unwrap()) {
        if entry.path().is_file() {
            std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
    }
}

#[test]
fn mapping_files_with_mistakes_decide_nobody_and_show_the_line() {
    let folder = tempfile::tempdir().unwrap();
    let good = folder.path().join("good.json");
    std::fs::write(&good, bundle("p1").to_string()).unwrap();
    let mappings = folder.path().join("mappings");
    std::fs::create_dir(&mappings).unwrap();
    copy_mappings(&mappings);
    let tumour = mappings.join("tumour.toml");
    let text = std::fs::read_to_string(&tumour).unwrap();
    std::fs::write(&tumour, text.replace("unit = \"cm\"", "unlt = \"cm\"")).unwrap();
    let answer = evaluate(&["--mappings", path(&mappings), path(&good)]);
    assert_eq!((answer.exit, answer.out.as_str()), (3, ""), "{}", answer.err);
    for words in ["tumour.toml", "unlt = \"cm\"", "unlt"] {
        assert!(answer.err.contains(words), "`{words}` is not in:\n{}", answer.err);
    }
    let missing = evaluate(&["--mappings", path(&folder.path().join("nowhere")), path(&good)]);
    assert_eq!((missing.exit, missing.out.as_str()), (3, ""), "{}", missing.err);
}

#[test]
fn an_answer_that_reports_an_error_decides_none_of_its_patients() {
    let mut failed = bundle("bad");
    let outcome = json!({ "resourceType": "OperationOutcome", "issue": [{ "severity": "error", "code": "timeout" }] });
    failed["entry"].as_array_mut().unwrap().push(json!({ "resource": outcome }));
    between_good_ones("m-bad.json", failed.to_string().as_bytes())
        .some_not_decided(&GOOD, &["m-bad.json`", "entry 3", "OperationOutcome", "not decided: Patient/bad"]);
}
