//! What was found by such searches, each by its smallest input.

use super::super::bad_input::{bundle, condition, lines, patient};
use super::super::properties::MAPPINGS;
use super::state::run;
use super::{DAYS, written};
use plasmabridge::bounds::Bounds;
use plasmabridge::fhir::Resource;
use plasmabridge::fhir::record::{Oddity, Record, Stored};
use plasmabridge::fhir::versions::{Deletion, Deletions};
use plasmabridge::inputs::{Day, When};
use plasmabridge::pull::{Damage, PatientFiles};
use plasmabridge::sync::state::{Seen, State};
use proptest::prelude::*;
use serde_json::{Value, json};
use tempfile::TempDir;

/// The patients of a file, and what is damaged; and the folder that it stands in.
fn opened(name: &str, text: &str) -> (TempDir, PatientFiles) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, text).unwrap();
    let files = PatientFiles::open(&[path], 1, Bounds::default());
    (folder, files)
}

#[test]
fn an_id_that_no_reference_can_carry_is_no_id() {
    let mut nameless = bundle("p1");
    for id in ["a b", "1:2", "\u{feff}", "æ", ""] {
        nameless["entry"][0]["resource"]["id"] = json!(id);
        let failures = plasmabridge::pull::records(&nameless.to_string()).unwrap_err();
        assert!(failures.iter().any(|failure| failure.damage == Damage::NamelessPatient), "{id}: {failures:?}");
    }
    let mut record = bundle("p1");
    record["entry"][1]["resource"]["id"] = json!("\u{feff}");
    record["entry"][1]["resource"]["meta"] = json!({ "versionId": "a b" });
    let text = record.to_string();
    let records = plasmabridge::pull::records(&text).unwrap();
    let (inputs, _) = MAPPINGS.map(&records[0]);
    assert_eq!(inputs.entries().iter().filter_map(|it| it.source.as_deref()).collect::<Vec<_>>(), ["Condition"]);
    assert!(written(&inputs, DAYS[0], &[]).unwrap().iter().any(|it| it["resourceType"] == "CarePlan"));
}

#[test]
fn a_plan_of_another_hand_whose_id_no_reference_can_carry_is_not_referred_to() {
    let text = bundle("p1").to_string();
    let records = plasmabridge::pull::records(&text).unwrap();
    let (inputs, _) = MAPPINGS.map(&records[0]);
    let mut stands = written(&inputs, DAYS[0], &[]).unwrap().remove(0);
    // Another hand has left one activity and no word of what was written, so there is something to say again.
    stands["activity"].as_array_mut().unwrap().truncate(1);
    stands["extension"] = json!([]);
    for (id, replaces) in [("plan-1", json!([{ "reference": "CarePlan/plan-1" }])), ("\u{feff}", Value::Null)] {
        stands["id"] = json!(id);
        let again = written(&inputs, DAYS[0], std::slice::from_ref(&stands)).unwrap();
        assert_eq!(again[0]["replaces"], replaces);
    }
}

#[test]
fn what_only_looks_like_a_time_of_fhir_is_none() {
    let none = [
        "-009999-01-01T00:00:00Z",
        "0000-01-01",
        "0000-01-01T00:00:00Z",
        "2026-11-22T10:00:00+01:00:30",
        "2026-11-22T10:00:00+14:01",
        "2026-11-22T10:00:00[Europe/Copenhagen]",
    ];
    for text in none {
        assert!(When::parse(text).is_none(), "{text}");
    }
    for text in ["0001-01-01", "9999-12-31T23:59:60Z", "2026-11-22T10:00:00+14:00", "2026-11-22T10:00:00-14:00"] {
        let when = When::parse(text).unwrap();
        assert!(When::parse(&when.to_string()).unwrap().same(when), "{text}");
    }
}

#[test]
fn a_day_beyond_the_calendar_is_its_last() {
    let last = Day::parse("9999-12-31").unwrap();
    let beyond = [last.plus_days(1), last.plus_days(i32::MAX), last.plus_months(3)];
    assert!(beyond.iter().all(|day| *day > last && day.to_string() == "9999-12-31"));
    assert_eq!(Day::FIRST.to_string(), "0001-01-01");
    assert_eq!(Day::FIRST.plus_months(-1).to_string(), "0001-01-01");
}

#[test]
fn a_state_file_with_numbers_at_their_edges_is_used() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.sqlite");
    let mut state = State::open(&path, "base").unwrap();
    state.remember(&run("urn:uuid:1", 0), &[], &[], &[("p1".to_owned(), "why".to_owned())], 0).unwrap();
    state.see(&Seen { until: Some(i64::MAX), last_full: Some(i64::MIN), ..Seen::default() }).unwrap();
    drop(state);
    let edges = format!("UPDATE quarantine SET attempts = {}", i64::MAX);
    rusqlite::Connection::open(&path).unwrap().execute_batch(&edges).unwrap();
    let mut state = State::open(&path, "base").unwrap();
    let seen = state.seen().unwrap();
    assert_eq!((seen.until, seen.last_full), (None, None), "what is no time is not remembered");
    state.remember(&run("urn:uuid:1", 0), &[], &[], &[("p1".to_owned(), "why".to_owned())], 0).unwrap();
    assert_eq!(state.quarantine().unwrap()[0].attempts, i64::MAX);
}

#[test]
fn a_resource_of_nobody_in_a_bundle_of_many_is_named_once_and_all_are_decided() {
    let of = |count: usize| {
        let mut entries: Vec<Value> = (0..count).map(|n| json!({ "resource": patient(&format!("p{n}")) })).collect();
        entries.push(json!({ "resource": { "resourceType": "Observation", "id": "o1" } }));
        entries.push(json!({ "resource": condition("stranger") }));
        opened("a.json", &json!({ "resourceType": "Bundle", "type": "collection", "entry": entries }).to_string())
    };
    let noted = |files: &PatientFiles| {
        let mut noted = Vec::new();
        let oddities = |record: &Record<'_>| record.oddities().len();
        files.each(oddities, |count| {
            noted.push(count.unwrap());
            std::ops::ControlFlow::Continue(())
        });
        noted
    };
    let (_folder, few) = of(9);
    assert!(few.failures().is_empty(), "{:?}", few.failures());
    // Each of the nine is told of both, the stranger of the one of nobody.
    assert_eq!(noted(&few), [vec![2; 9], vec![1]].concat());
    let (_folder, many) = of(11);
    let said: Vec<String> = many.failures().iter().map(ToString::to_string).collect();
    assert!(said.len() == 1 && said[0].contains("`Observation/o1` does not say whose it is"), "{said:?}");
    assert_eq!(noted(&many), vec![0; 12]);
}

#[test]
fn many_who_are_not_decided_for_the_same_reason_are_named_once() {
    let mut entries: Vec<Value> = (0..30).map(|n| json!({ "resource": patient(&format!("p{n}")) })).collect();
    entries.extend([json!(5), json!(6)]);
    let (_folder, files) =
        opened("a.json", &json!({ "resourceType": "Bundle", "type": "collection", "entry": entries }).to_string());
    let named: Vec<usize> = files.failures().iter().map(|failure| failure.patients.len()).collect();
    assert_eq!(named, [30, 0]);
    files.each(|_| (), |_| panic!("somebody is decided"));
}

#[test]
fn of_very_many_damaged_entries_a_thousand_are_named_and_the_others_counted() {
    let mut entries = vec![json!({ "resource": patient("p1") })];
    entries.extend(vec![json!(0); 1_500]);
    let (_folder, files) =
        opened("a.json", &json!({ "resourceType": "Bundle", "type": "collection", "entry": entries }).to_string());
    assert_eq!(files.failures().len(), 1_001);
    assert_eq!(files.failures()[1_000].damage, Damage::More(500));
}

#[test]
fn patients_of_one_id_on_very_many_servers_are_not_taken_for_one() {
    let of = |n: u32| {
        json!({ "resourceType": "Condition", "subject": { "reference": format!("https://s{n}.org/Patient/p") } })
            .to_string()
    };
    let (_folder, files) = opened("a.ndjson", &lines(&(0..65_540).map(of).collect::<Vec<_>>()));
    assert_eq!((files.len(), files.failures().len()), (65_540, 0));
}

/// A version of an Observation: server, when it was stored, its number, what it says.
type Version = (Option<u8>, Option<u8>, Option<u8>, bool);

fn text_of((_, at, number, says): Version, place: usize) -> String {
    let mut meta = json!({});
    if let Some(at) = at {
        meta["lastUpdated"] = json!(format!("2026-01-0{at}T00:00:00Z"));
    }
    if let Some(number) = number {
        meta["versionId"] = json!(number.to_string());
    }
    // `language` is not read, and tells which version it is.
    json!({ "resourceType": "Observation", "id": "o1", "meta": meta, "valueBoolean": says, "language": place })
        .to_string()
}

/// How one version stands to another: `Some` of whether it is older, where that can be told.
fn older(one: Version, other: Version) -> Option<bool> {
    match (one.1.zip(other.1), one.2.zip(other.2)) {
        (Some((a, b)), _) if a != b => Some(a < b),
        (_, Some((a, b))) if a != b => Some(a < b),
        _ => None,
    }
}

fn same_server(one: Version, other: Version) -> bool {
    one.0.is_none() || other.0.is_none() || one.0 == other.0
}

/// What becomes of each version, by comparing each with each: kept, kept beside another, or gone.
fn by_pairs(versions: &[Version]) -> Vec<&'static str> {
    let fate = |(place, version): (usize, &Version)| {
        let alike = |other: &&Version| same_server(**other, *version);
        let mut all = versions.iter().filter(alike);
        let earlier = || versions[..place].iter().filter(alike);
        let undecided = |other: &Version| older(*version, *other).is_none();
        let is_twin = |other: &Version| (version.1, version.2, version.3) == (other.1, other.2, other.3);
        let is_replaced = all.any(|other| older(*version, *other) == Some(true));
        if is_replaced || earlier().any(|other| undecided(other) && is_twin(other)) {
            "gone"
        } else if earlier().any(undecided) {
            "beside"
        } else {
            "kept"
        }
    };
    versions.iter().enumerate().map(fate).collect()
}

fn versions() -> impl Strategy<Value = Vec<Version>> {
    let some = || proptest::option::weighted(0.7, 1..4u8);
    proptest::collection::vec((proptest::option::weighted(0.5, 1..3u8), some(), some(), any::<bool>()), 1..9)
}

proptest! {
    #![proptest_config(super::cases(200))]

    #[test]
    fn of_versions_those_stay_that_a_comparison_of_each_with_each_leaves(versions in versions()) {
        let texts: Vec<String> = versions.iter().enumerate().map(|(place, version)| text_of(*version, place)).collect();
        let urls: Vec<Option<String>> =
            versions.iter().map(|it| it.0.map(|server| format!("https://s{server}.org/Observation/o1"))).collect();
        let mut record = Record::new("Patient/p1");
        for (text, url) in texts.iter().zip(&urls) {
            record.add(Stored::new(Resource::read(text).unwrap(), url.as_deref().map(Into::into))).unwrap();
        }
        record.settle(&Deletions::default());
        let expected = by_pairs(&versions);
        let count = |fate: &str| expected.iter().filter(|it| **it == fate).count();
        prop_assert_eq!(record.len(), count("kept") + count("beside"));
        let beside = record.oddities().iter().filter(|it| matches!(it, Oddity::TwoContents { .. })).count();
        prop_assert_eq!(beside, count("beside"));
    }
}

#[test]
fn a_deletion_that_does_not_say_when_goes_before_those_that_do() {
    let mut deletions = Deletions::default();
    let at = |text| Deletion::of("Observation/o1", text).unwrap();
    let stored = text_of((None, Some(3), None, true), 0);
    let is_deleted = |deletions: &Deletions| {
        let mut record = Record::new("Patient/p1");
        record.add(Stored::new(Resource::read(&stored).unwrap(), None)).unwrap();
        record.settle(deletions);
        record.is_empty()
    };
    deletions.extend([at(Some("2026-01-01T00:00:00Z"))]);
    assert!(!is_deleted(&deletions), "stored again on the third");
    deletions.extend([at(Some("2026-01-03T00:00:00Z"))]);
    assert!(is_deleted(&deletions));
    let mut undated = Deletions::default();
    undated.extend([at(Some("2026-01-01T00:00:00Z")), at(None)]);
    assert!(is_deleted(&undated));
}
