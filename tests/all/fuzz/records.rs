//! Records and inputs: Bundles, NDJSON and §9, whatever stands in them.

use super::super::mutate::{Change, changes, of_bytes, of_json};
use super::super::properties::{MAPPINGS, RECORDS};
use super::{DAYS, all_of, some, written};
use plasmabridge::bounds::Bounds;
use plasmabridge::fhir::Record;
use plasmabridge::inputs::{Inputs, When, latest_times, newer_time};
use plasmabridge::pull::{Failure, PatientFiles};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::LazyLock;

/// Three patients of the stories, each in a Bundle, and what is decided about each.
static THREE: LazyLock<Vec<(Value, String, String)>> = LazyLock::new(|| {
    let chosen = [0, RECORDS.len() / 2, RECORDS.len() - 1].map(|number| RECORDS[number].clone());
    let three = chosen.map(|record| {
        let text = record.to_string();
        let records = plasmabridge::pull::records(&text).unwrap();
        assert_eq!(records.len(), 1);
        (record, records[0].patient().to_owned(), said_of(&records[0]))
    });
    three.to_vec()
});

/// All that is said of a record: its inputs, coverage, decision, plan and page.
fn said_of(record: &Record<'_>) -> String {
    let (inputs, coverage) = MAPPINGS.map(record);
    let report = coverage.report(&MAPPINGS, record);
    let mut said = serde_json::to_string(&inputs).unwrap() + &serde_json::to_string(&report).unwrap();
    said.push_str(&report.to_string());
    DAYS.iter().for_each(|day| said.push_str(&all_of(&inputs, day)));
    said
}

/// What is said of the patients of a file, and what is damaged.
fn read(name: &str, bytes: &[u8]) -> (BTreeMap<String, String>, Vec<Failure>) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    let files = PatientFiles::open(&[path], 1, Bounds::default());
    let (mut said, mut failures) = (BTreeMap::new(), files.failures().to_vec());
    files.each(
        |record| (record.patient().to_owned(), said_of(record)),
        |result| {
            match result {
                Ok((patient, text)) => assert!(said.insert(patient, text).is_none(), "a patient was decided twice"),
                Err(failure) => failures.push(failure),
            }
            ControlFlow::Continue(())
        },
    );
    for failure in &failures {
        // A panic in the work on a record is caught, and said.
        assert!(!failure.to_string().contains("its own fault"), "{failure}");
    }
    (said, failures)
}

/// The three as lines, of which the second is another text.
fn lines(second: &str) -> String {
    let line = |place: usize| THREE[place].0.to_string();
    format!("{}\n{second}\n{}\n", line(0), line(2))
}

/// One entry of the second patient's Bundle, changed.
fn one_entry(place: usize, changes: &[Change]) -> (usize, String) {
    let entries = THREE[1].0["entry"].as_array().unwrap();
    let place = place % entries.len();
    (place, of_json(&entries[place], changes))
}

/// The second patient's Bundle with the text of one entry in place of what it was.
fn with_entry(place: usize, entry: &str) -> String {
    let entries = THREE[1].0["entry"].as_array().unwrap();
    let texts =
        entries.iter().enumerate().map(|(number, it)| if number == place { entry.to_owned() } else { it.to_string() });
    format!(r#"{{"resourceType":"Bundle","type":"collection","entry":[{}]}}"#, texts.collect::<Vec<_>>().join(","))
}

proptest! {
    #![proptest_config(some(30, 4))]

    #[test]
    fn a_resource_of_one_patient_changes_nothing_about_the_others(place in any::<usize>(), changes in changes()) {
        let (place, entry) = one_entry(place, &changes);
        let (said, _) = read("a.ndjson", lines(&with_entry(place, &entry)).as_bytes());
        for other in [0, 2] {
            prop_assert_eq!(said.get(&THREE[other].1), Some(&THREE[other].2));
        }
    }

    #[test]
    fn in_one_bundle_the_others_are_decided_alike_or_named_as_not_decided(place in any::<usize>(), changes in changes()) {
        let (_, entry) = one_entry(place, &changes);
        let mut entries: Vec<String> =
            THREE.iter().flat_map(|(record, ..)| record["entry"].as_array().unwrap()).map(Value::to_string).collect();
        let own = THREE[0].0["entry"].as_array().unwrap().len() + place % THREE[1].0["entry"].as_array().unwrap().len();
        entries[own] = entry;
        let text = format!(r#"{{"resourceType":"Bundle","type":"collection","entry":[{}]}}"#, entries.join(","));
        let (said, failures) = read("a.json", text.as_bytes());
        for other in [0, 2] {
            let (_, patient, alone) = &THREE[other];
            let is_named = failures.iter().any(|failure| failure.patients.contains(patient));
            prop_assert!(is_named || said.get(patient).map(|said| without_coverage(said)) == Some(without_coverage(alone)));
        }
    }

    #[test]
    fn bytes_in_a_line_change_nothing_about_the_lines_around_it(changes in changes()) {
        let second = of_bytes(THREE[1].0.to_string().as_bytes(), &changes);
        let mut bytes = THREE[0].0.to_string().into_bytes();
        bytes.push(b'\n');
        bytes.extend_from_slice(&second);
        bytes.push(b'\n');
        bytes.extend_from_slice(THREE[2].0.to_string().as_bytes());
        let (said, failures) = read("a.ndjson", &bytes);
        for other in [0, 2] {
            let (_, patient, alone) = &THREE[other];
            let is_named = failures.iter().any(|failure| failure.patients.contains(patient));
            prop_assert!(is_named || said.get(patient) == Some(alone), "{:?}", failures);
        }
    }

    #[test]
    fn a_compressed_file_of_any_bytes_ends(changes in changes(), zstd in any::<bool>()) {
        let text = lines(&THREE[1].0.to_string());
        let packed = if zstd { zstd::encode_all(text.as_bytes(), 1).unwrap() } else { gzip(text.as_bytes()) };
        read(if zstd { "a.ndjson.zst" } else { "a.ndjson.gz" }, &of_bytes(&packed, &changes));
    }

    #[test]
    fn what_is_to_be_written_of_a_changed_record_passes_the_gate(number in any::<usize>(), changes in changes()) {
        let text = of_json(&RECORDS[number % RECORDS.len()], &changes);
        for record in plasmabridge::pull::records(&text).unwrap_or_default() {
            let (inputs, _) = MAPPINGS.map(&record);
            let written = written(&inputs, DAYS[number % DAYS.len()], &[]);
            prop_assert!(written.is_ok(), "{:?}", written);
        }
    }
}

/// The coverage names what else is in a patient's Bundle; all else is the same.
fn without_coverage(said: &str) -> (String, String) {
    let (inputs, rest) =
        said.split_once("{\"patient\":\"").map_or(("", ""), |(_, rest)| rest.split_once("{\"patient\":").unwrap());
    let decided = rest.find("\"as_of\":").map(|place| rest[place..].to_owned());
    (inputs.to_owned(), decided.unwrap_or_default())
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// What is known of a story's patient, as §9 writes it.
static INPUTS: LazyLock<Vec<Value>> = LazyLock::new(|| {
    let inputs = |record: &Value| {
        let text = record.to_string();
        let records = plasmabridge::pull::records(&text).unwrap();
        serde_json::to_value(MAPPINGS.map(&records[0]).0.for_day(plasmabridge::inputs::Day::parse(DAYS[0]).unwrap()))
            .unwrap()
    };
    RECORDS.iter().map(inputs).collect()
});

fn times() -> impl Strategy<Value = Option<When>> {
    let day = 1..4u8;
    prop_oneof![
        1 => Just(None),
        4 => day.clone().prop_map(|day| When::parse(&format!("2026-01-0{day}"))),
        4 => (day, 0..24u8, -12..14i8).prop_map(|(day, hour, offset)| {
            When::parse(&format!("2026-01-0{day}T{hour:02}:00:00{offset:+03}:00"))
        }),
    ]
}

proptest! {
    #![proptest_config(some(60, 2))]

    #[test]
    fn inputs_of_any_shape_are_refused_or_decided_and_written(number in any::<usize>(), changes in changes()) {
        let text = of_json(&INPUTS[number % INPUTS.len()], &changes);
        let Ok(inputs) = Inputs::from_json(&text) else { return Ok(()) };
        let day = DAYS[number % DAYS.len()];
        let said = all_of(&inputs, day);
        prop_assert!(said.len() < 100_000 + 500 * text.len(), "{} bytes of {}", said.len(), text.len());
        let printed = serde_json::to_string(&inputs).unwrap();
        prop_assert_eq!(said, all_of(&Inputs::from_json(&printed).unwrap(), day));
    }

    #[test]
    fn inputs_of_any_bytes_are_refused_or_decided(number in any::<usize>(), changes in changes()) {
        let bytes = of_bytes(INPUTS[number % INPUTS.len()].to_string().as_bytes(), &changes);
        if let Ok(inputs) = Inputs::from_json(&String::from_utf8_lossy(&bytes)) {
            all_of(&inputs, DAYS[number % DAYS.len()]);
        }
    }
}

proptest! {
    #![proptest_config(some(500, 1))]

    #[test]
    fn a_time_is_newer_than_all_where_it_is_newer_than_the_latest(times in proptest::collection::vec(times(), 1..8), time in times()) {
        let latest = latest_times(times.iter().copied());
        let than_all = times.iter().all(|other| newer_time(time, *other));
        prop_assert_eq!(latest.iter().all(|other| newer_time(time, *other)), than_all);
    }
}

#[test]
fn a_text_is_taken_for_one_only_where_it_is_whole() {
    // The strategy's own ground: unchanged, each of the three is decided as it is alone.
    let (said, failures) = read("a.ndjson", lines(&THREE[1].0.to_string()).as_bytes());
    assert!(failures.is_empty(), "{failures:?}");
    let alone: BTreeMap<String, String> =
        THREE.iter().map(|(_, patient, said)| (patient.clone(), said.clone())).collect();
    assert_eq!(said, alone);
    assert_eq!(json!(THREE.len()), json!(alone.len()));
}
