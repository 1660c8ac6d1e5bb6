//! How much is read of what others send: beyond each limit it is named with its place and the limit, whoever may have
//! lost something by it is not decided, and the others are.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use super::bad_input::{Answer, bundle, condition, evaluate, lines, path, patient, run_with};
use super::faults::{ONE, server, sync_as};
use super::small_server::SmallServer;
use plasmabridge::bounds::{self, Bound, Bounds};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::io::Write;

/// A record of this size, at least; its patient comes first.
fn of_megabytes(id: &str, megabytes: usize) -> Value {
    let mut bundle = bundle(id);
    bundle["entry"][1]["resource"]["note"] = json!([{ "text": "word ".repeat(megabytes << 18) }]);
    bundle
}

/// What is said of files of these names and contents with a limit.
fn with_limits(limits: &[&str], files: &[(&str, &[u8])]) -> Answer {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        std::fs::write(folder.path().join(name), bytes).unwrap();
    }
    let mut arguments = vec![path(folder.path())];
    arguments.extend(limits.iter().flat_map(|limit| ["--limit", limit]));
    evaluate(&arguments)
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn a_file_that_is_too_large_is_named_with_whom_it_names_and_the_limit() {
    let pretty = serde_json::to_string_pretty(&of_megabytes("p2", 2)).unwrap();
    for large in [of_megabytes("p2", 2).to_string(), pretty] {
        let files: [(&str, &[u8]); 2] = [("a.json", bundle("p1").to_string().as_bytes()), ("b.json", large.as_bytes())]
            .map(|(name, bytes)| (name, Box::leak(bytes.to_vec().into_boxed_slice()) as &[u8]));
        let words =
            ["b.json`", "it is larger than 1 MB; if it should be, say `--limit largest_document_mb=…`", "Patient/p2"];
        with_limits(&["largest_document_mb=1"], &files).some_not_decided(&["Patient/p1"], &words);
        let decided = with_limits(&["largest_document_mb=3"], &files);
        assert_eq!((decided.exit, decided.decided().len()), (0, 2), "{}", decided.err);
    }
}

#[test]
fn a_line_that_is_too_large_is_named_and_the_lines_after_it_are_read() {
    // The second line names its patient at its end alone, and loses p3 a resource.
    let large = json!({ "resourceType": "Observation", "note": [{ "text": "word ".repeat(3 << 18) }],
        "subject": { "reference": "Patient/p3" } });
    let texts = [bundle("p1").to_string(), large.to_string(), bundle("p3").to_string(), bundle("p4").to_string()];
    let answer = with_limits(&["largest_document_mb=1"], &[("a.ndjson", lines(&texts).as_bytes())]);
    let words = ["a.ndjson`, line 2: it is larger than 1 MB", "1 problem; not decided: Patient/p3"];
    answer.some_not_decided(&["Patient/p1", "Patient/p4"], &words);
}

#[test]
fn a_compressed_file_may_not_grow_beyond_what_its_size_lets_expect() {
    let mut text = lines(&(1..=3).map(|n| bundle(&format!("p{n}")).to_string()).collect::<Vec<_>>()).into_bytes();
    text.extend(std::iter::repeat_n(b'\n', 8 << 20));
    for (name, packed) in [("b.ndjson.gz", gzip(&text)), ("b.ndjson.zst", zstd::encode_all(&text[..], 1).unwrap())] {
        assert!(packed.len() < 50_000, "{} bytes", packed.len());
        let files: [(&str, &[u8]); 2] = [("a.json", &bundle("p0").to_string().into_bytes()), (name, &packed)]
            .map(|(name, bytes)| (name, Box::leak(bytes.to_vec().into_boxed_slice()) as &[u8]));
        let limits = ["largest_document_mb=1", "most_times_compressed=20"];
        let said =
            "uncompressed it is more than 20 times as large; if it should be, say `--limit most_times_compressed=…`";
        let answer = with_limits(&limits, &files);
        let decided = ["Patient/p0", "Patient/p1", "Patient/p2", "Patient/p3"];
        answer.some_not_decided(&decided, &[&format!("{name}`"), said]);
        let usual = with_limits(&[], &files);
        assert_eq!((usual.exit, usual.decided().len()), (0, 4), "{}", usual.err);
    }
}

#[test]
fn a_text_of_too_many_values_or_nested_too_deep_is_named_and_the_others_are_decided() {
    let deep = |depth: usize| {
        let mut bundle = bundle("p2").to_string();
        bundle.truncate(bundle.len() - 1);
        format!("{bundle},\"x\":{}{}}}", "[".repeat(depth), "]".repeat(depth))
    };
    let mut many = bundle("p2");
    many["x"] = json!(vec![0; 300]);
    let cases = [
        (deep(20), "deepest_nesting=20", "it is nested more than 20 deep"),
        (many.to_string(), "most_values=300", "it has more than 300 JSON values"),
    ];
    for (text, limit, words) in cases {
        let texts = [bundle("p1").to_string(), text, bundle("p3").to_string()];
        let answer = with_limits(&[limit], &[("a.ndjson", lines(&texts).as_bytes())]);
        let (name, _) = limit.split_once('=').unwrap();
        let words = [&format!("a.ndjson`, line 2: {words}; if it should be, say `--limit {name}=…`"), "Patient/p2"];
        answer.some_not_decided(&["Patient/p1", "Patient/p3"], &words.map(|it| it as &str));
        let usual = with_limits(&[], &[("a.ndjson", lines(&texts).as_bytes())]);
        assert_eq!((usual.exit, usual.decided().len()), (0, 3), "{}", usual.err);
    }
}

#[test]
fn a_record_that_is_too_large_or_has_too_many_resources_is_not_decided_and_the_others_are() {
    let observation = |n: usize| {
        json!({ "resourceType": "Observation", "id": format!("o{n}"), "status": "final",
            "subject": { "reference": "Patient/p2" }, "note": [{ "text": "word ".repeat(1 << 16) }] })
    };
    let mut texts = vec![bundle("p1").to_string(), patient("p2").to_string(), condition("p2").to_string()];
    texts.extend((0..4).map(|n| observation(n).to_string()));
    texts.push(bundle("p3").to_string());
    let text = lines(&texts);
    for (limit, words) in [
        ("largest_record_mb=1", "line 2: what has to be read together is larger than 1 MB"),
        ("most_resources=5", "line 7: the record has more than 5 resources"),
    ] {
        let answer = with_limits(&[limit], &[("a.ndjson", text.as_bytes())]);
        answer.some_not_decided(&["Patient/p1", "Patient/p3"], &[words, "1 problem; not decided: Patient/p2"]);
    }
    let usual = with_limits(&["largest_record_mb=2", "most_resources=6"], &[("a.ndjson", text.as_bytes())]);
    assert_eq!((usual.exit, usual.decided().len()), (0, 3), "{}", usual.err);
}

#[test]
fn a_patient_with_twenty_thousand_results_is_decided() {
    let result = |n: u32| {
        json!({ "resource": { "resourceType": "Observation", "id": format!("o{n}"), "status": "final",
            "effectiveDateTime": format!("20{:02}-{:02}-{:02}", 10 + n % 16, 1 + n % 12, 1 + n % 28),
            "subject": { "reference": "Patient/p1" },
            "code": { "coding": [{ "system": "http://loinc.org", "code": "718-7" }] },
            "valueQuantity": { "value": 14, "unit": "g/dL", "system": "http://unitsofmeasure.org", "code": "g/dL" } } })
    };
    let mut bundle = bundle("p1");
    bundle["entry"].as_array_mut().unwrap().extend((0..20_000).map(result));
    let answer = with_limits(&[], &[("a.json", bundle.to_string().as_bytes())]);
    assert_eq!((answer.exit, answer.decided()), (0, vec!["Patient/p1".to_owned()]), "{}", answer.err);
}

#[test]
fn a_line_of_inputs_beyond_a_limit_is_named_and_the_others_are_decided() {
    let inputs = |id: &str, count: usize| {
        let results = vec![json!({ "value": 8.4, "time": "2026-10-01" }); count];
        json!({ "patient": format!("Patient/{id}"), "as_of": "2026-11-22", "inputs": { "haemoglobin": results } })
    };
    let texts = [inputs("p1", 1), inputs("p2", 40_000), inputs("p3", 1)].map(|it| it.to_string());
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("inputs.ndjson");
    std::fs::write(&file, lines(&texts)).unwrap();
    for (limit, words) in [("largest_document_mb=1", "larger than 1 MB"), ("most_values=9999", "more than 9999")] {
        let answer = evaluate(&["--inputs", path(&file), "--limit", limit]);
        let place = "inputs.ndjson`, line 2: it";
        answer.some_not_decided(&["Patient/p1", "Patient/p3"], &[place, words, "this patient is not decided"]);
    }
}

#[test]
fn mapping_files_that_are_too_large_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.toml"), "#".repeat(3 << 19)).unwrap();
    let answer = run_with(&["mappings", "check", path(folder.path()), "--limit", "largest_mappings_mb=1"], None);
    assert_eq!(answer.exit, 3, "{}", answer.err);
    for words in ["the mapping files are larger than 1 MB", "`--limit largest_mappings_mb=…`"] {
        assert!(answer.err.contains(words), "`{words}` is not in:\n{}", answer.err);
    }
}

#[test]
fn a_plan_in_the_folder_that_is_too_large_is_not_written_over() {
    let folder = tempfile::tempdir().unwrap();
    let (records, plans) = (folder.path().join("records"), folder.path().join("plans"));
    std::fs::create_dir(&records).unwrap();
    std::fs::write(records.join("a.json"), bundle("p1").to_string()).unwrap();
    let sync = |limit: &str| {
        let folders = ["--folder", path(&records), "--out", path(&plans)];
        run_with(&[&["sync", "--as-of", "2026-11-22", "--limit", limit], &folders[..]].concat(), None)
    };
    assert_eq!(sync("largest_document_mb=1").exit, 0);
    let plan = std::fs::read_dir(plans.join("CarePlan")).unwrap().next().unwrap().unwrap().path();
    let large = format!("{}\n{}", std::fs::read_to_string(&plan).unwrap(), " ".repeat(1 << 20));
    std::fs::write(&plan, &large).unwrap();
    let answer = sync("largest_document_mb=1");
    assert_eq!(answer.exit, 5, "{}", answer.err);
    assert!(answer.err.contains("it is larger than 1 MB, so it is none of ours"), "{}", answer.err);
    assert_eq!(std::fs::read_to_string(&plan).unwrap(), large);
}

#[test]
fn a_limit_that_is_none_is_refused_with_the_names_there_are() {
    let folder = tempfile::tempdir().unwrap();
    let cases = [
        ("largest=1", "largest_document_mb"),
        ("most_pages", "NAME=N"),
        ("most_pages=many", "`many` is not a whole number"),
        ("most_pages=0", "`most_pages` is a whole number from 1"),
        ("deepest_nesting=129", "from 1 to 128"),
        ("largest_answer_mb=99999999999999999", "`largest_answer_mb` is a whole number from 1 to 17592186044415"),
    ];
    for (limit, words) in cases {
        let answer = evaluate(&[path(folder.path()), "--limit", limit]);
        assert_eq!(answer.exit, 2, "{limit}: {}", answer.err);
        assert!(answer.err.contains(words), "{limit}: {}", answer.err);
    }
}

#[test]
fn the_rows_stand_in_the_order_of_the_limits_and_each_has_a_name_of_its_own() {
    for (place, entry) in bounds::ALL.iter().enumerate() {
        assert_eq!((entry.bound as usize, Bound::of(entry.key)), (place, Some(entry.bound)));
        assert_eq!(Bounds::default().get(entry.bound), entry.usual);
    }
    let names: BTreeSet<&str> = bounds::ALL.iter().map(|entry| entry.key).collect();
    assert_eq!(names.len(), bounds::ALL.len());
}

/// What a server holds, the limit that it is beyond, and what is said.
type Planned<'p> = (&'p dyn Fn(&SmallServer), &'p str, &'p str);

/// A result of the patient [`ONE`] so large.
fn put_result(server: &SmallServer, id: &str, megabytes_by_two: usize) {
    let result = json!({ "resourceType": "Observation", "id": id, "status": "final",
        "subject": { "reference": format!("Patient/{ONE}") },
        "code": { "coding": [{ "system": "http://loinc.org", "code": "718-7" }] },
        "note": [{ "text": "w".repeat(megabytes_by_two << 19) }] });
    server.with(|store| store.put(result));
}

#[test]
fn an_answer_beyond_a_limit_sets_its_patient_aside_and_the_others_are_decided() {
    let too_large = |server: &SmallServer| put_result(server, "large", 3);
    let in_parts = |server: &SmallServer| {
        server.with(|store| store.page = 1);
        ["large1", "large2", "large3"].iter().for_each(|id| put_result(server, id, 1));
    };
    let many = |server: &SmallServer| {
        server.with(|store| store.page = 20);
        (0..600).for_each(|n| put_result(server, &format!("many{n}"), 0));
    };
    let cases: [Planned<'_>; 4] = [
        (&too_large, "largest_answer_mb = 1", "it is larger than 1 MB; if it should be, raise `largest_answer_mb`"),
        (&in_parts, "largest_record_mb = 1", "what has to be read together is larger than 1 MB"),
        (&many, "most_pages = 25", "it has more than 25 pages; if it should be, raise `most_pages` under `[limits]`"),
        (&many, "most_resources = 500", "the record has more than 500 resources"),
    ];
    for (plan, limit, words) in cases {
        let server = server();
        plan(&server);
        let ran = sync_as(&server.base, &format!("{limit}\n"), &[]);
        assert_eq!((ran.exit, &ran.line["patients"]), (5, &json!(2)), "{limit}: {}", ran.stderr);
        let not_evaluated: Vec<&str> = ran.stderr.lines().filter(|line| line.starts_with("not evaluated")).collect();
        assert!(not_evaluated.len() == 1 && not_evaluated[0].contains(ONE), "{limit}: {}", ran.stderr);
        assert!(not_evaluated[0].contains(words), "{limit}: {}", ran.stderr);
        let usual = sync_as(&server.base, "", &[]);
        assert_eq!((usual.exit, &usual.line["patients"]), (0, &json!(3)), "{limit}: {}", usual.stderr);
    }
}
