//! Records and inputs: Bundles, NDJSON and §9, whatever stands in them.

use super::super::mutate::{changes, of_bytes, of_json};
use super::super::properties::{MAPPINGS, RECORDS};
use super::{DAYS, all_of, cases, written};
use plasmabridge::bounds::Bounds;
use plasmabridge::fhir::Record;
use plasmabridge::inputs::{Day, Inputs, When, latest_times, newer_time};
use plasmabridge::pull::{Failure, PatientFiles};
use proptest::prelude::*;
use serde_json::Value;
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::LazyLock;

/// What is said of a record: what was seen and not used, which tells of the others in its Bundle, and all else.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Said {
    coverage: String,
    decided: String,
}

/// A patient of the stories: the record, the reference, and what is said.
struct Alone {
    record: Value,
    patient: String,
    said: Said,
}

impl Alone {
    fn entries(&self) -> &[Value] {
        self.record["entry"].as_array().unwrap()
    }
}

/// Three patients of the stories, each in a Bundle of its own.
static THREE: LazyLock<[Alone; 3]> = LazyLock::new(|| {
    [0, RECORDS.len() / 2, RECORDS.len() - 1].map(|number| {
        let record = RECORDS[number].clone();
        let text = record.to_string();
        let records = plasmabridge::pull::records(&text).unwrap();
        assert_eq!(records.len(), 1);
        Alone { patient: records[0].patient().to_owned(), said: said_of(&records[0]), record }
    })
});

fn said_of(record: &Record<'_>) -> Said {
    let (inputs, coverage) = MAPPINGS.map(record);
    let report = coverage.report(&MAPPINGS, record);
    let coverage = serde_json::to_string(&report).unwrap() + &report.to_string();
    Said { coverage, decided: serde_json::to_string(&inputs).unwrap() + &all_of(&inputs, DAYS[0]) }
}

/// What is said of the patients of a file, and what is damaged.
fn read(name: &str, bytes: &[u8]) -> (BTreeMap<String, Said>, Vec<Failure>) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    let files = PatientFiles::open(&[path], 1, Bounds::default());
    let (mut said, mut failures) = (BTreeMap::new(), files.failures().to_vec());
    files.each(
        |record| (record.patient().to_owned(), said_of(record)),
        |result| {
            match result {
                Ok((patient, of_it)) => assert!(said.insert(patient, of_it).is_none(), "a patient was decided twice"),
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
fn lines(second: &[u8]) -> Vec<u8> {
    let [first, _, last] = THREE.each_ref().map(|it| it.record.to_string());
    [first.as_bytes(), b"\n", second, b"\n", last.as_bytes(), b"\n"].concat()
}

/// A Bundle of these entries, of which one is another text.
fn bundle<'e>(entries: impl Iterator<Item = &'e Value>, place: usize, entry: &str) -> String {
    let texts = entries.enumerate().map(|(number, it)| if number == place { entry.to_owned() } else { it.to_string() });
    format!(r#"{{"resourceType":"Bundle","type":"collection","entry":[{}]}}"#, texts.collect::<Vec<_>>().join(","))
}

/// The first and the last of the three: nothing of theirs is changed.
fn others() -> [&'static Alone; 2] {
    [&THREE[0], &THREE[2]]
}

fn is_named(other: &Alone, failures: &[Failure]) -> bool {
    failures.iter().any(|failure| failure.patients.contains(&other.patient))
}

proptest! {
    #![proptest_config(cases(40))]

    #[test]
    fn a_resource_of_one_patient_changes_nothing_about_the_others(place in any::<usize>(), changes in changes()) {
        let place = place % THREE[1].entries().len();
        let entry = of_json(&THREE[1].entries()[place], &changes);
        let (said, _) = read("a.ndjson", &lines(bundle(THREE[1].entries().iter(), place, &entry).as_bytes()));
        for other in others() {
            prop_assert_eq!(said.get(&other.patient), Some(&other.said));
        }
    }

    #[test]
    fn in_one_bundle_the_others_are_decided_alike_or_named_as_not_decided(place in any::<usize>(), changes in changes()) {
        let place = place % THREE[1].entries().len();
        let entry = of_json(&THREE[1].entries()[place], &changes);
        let entries = THREE.iter().flat_map(Alone::entries);
        let text = bundle(entries, THREE[0].entries().len() + place, &entry);
        let (said, failures) = read("a.json", text.as_bytes());
        for other in others() {
            let decided = said.get(&other.patient).map(|said| &said.decided);
            prop_assert!(is_named(other, &failures) || decided == Some(&other.said.decided), "{:?}", failures);
        }
    }

    #[test]
    fn bytes_in_a_line_change_nothing_about_the_lines_around_it(changes in changes()) {
        let second = of_bytes(THREE[1].record.to_string().as_bytes(), &changes);
        let (said, failures) = read("a.ndjson", &lines(&second));
        for other in others() {
            let alike = said.get(&other.patient) == Some(&other.said);
            prop_assert!(is_named(other, &failures) || alike, "{:?}", failures);
        }
    }

    #[test]
    fn a_compressed_file_of_any_bytes_ends(changes in changes(), zstd in any::<bool>()) {
        let text = lines(THREE[1].record.to_string().as_bytes());
        let packed = if zstd { zstd::encode_all(&text[..], 1).unwrap() } else { gzip(&text) };
        read(if zstd { "a.ndjson.zst" } else { "a.ndjson.gz" }, &of_bytes(&packed, &changes));
    }

    #[test]
    fn what_is_to_be_written_of_a_changed_record_passes_the_gate(number in any::<usize>(), changes in changes()) {
        let text = of_json(&RECORDS[number % RECORDS.len()], &changes);
        for record in plasmabridge::pull::records(&text).unwrap_or_default() {
            let (inputs, _) = MAPPINGS.map(&record);
            let day = DAYS[number % DAYS.len()];
            all_of(&inputs, day);
            let written = written(&inputs, day, &[]);
            prop_assert!(written.is_ok(), "{:?}", written);
        }
    }
}

#[test]
fn unchanged_each_of_the_three_is_decided_as_it_is_alone() {
    let (said, failures) = read("a.ndjson", &lines(THREE[1].record.to_string().as_bytes()));
    assert!(failures.is_empty(), "{failures:?}");
    let alone: BTreeMap<String, Said> = THREE.iter().map(|it| (it.patient.clone(), it.said.clone())).collect();
    assert_eq!(alone.len(), 3);
    assert_eq!(said, alone);
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
        serde_json::to_value(MAPPINGS.map(&records[0]).0.for_day(Day::parse(DAYS[0]).unwrap())).unwrap()
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
    #![proptest_config(cases(60))]

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
    #![proptest_config(cases(500))]

    #[test]
    fn a_time_is_newer_than_all_where_it_is_newer_than_the_latest(times in proptest::collection::vec(times(), 1..8), time in times()) {
        let latest = latest_times(times.iter().copied());
        let than_all = times.iter().all(|other| newer_time(time, *other));
        prop_assert_eq!(latest.iter().all(|other| newer_time(time, *other)), than_all);
    }
}
