//! Records from HAPI's own export: what would be written is what searches would write.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use super::changes::larger_tumour;
use super::server::{Hapi, STORY, hapi, sibling};
use crate::ran::Ran;
use serde_json::{Value, json};

/// A patient each with reports and panels, after treatment, out of scope, with courses in two parts.
const STORIES: [&str; 5] = [
    STORY,
    "complete-remission-after-two-years/record-danish.json",
    "a-curative-course-in-two-parts/record.json",
    "broken-humerus-weight-bearing-or-not/record.json",
    "smouldering-myeloma-alone-is-out-of-scope/record.json",
];

/// A run with these further arguments that waits for HAPI's exports no longer than it has to.
fn sync(hapi: &Hapi, arguments: &[&str]) -> Ran {
    let config = hapi.folder.path().join("bulk.toml");
    std::fs::write(&config, "[limits]\nlongest_retry_after_seconds = 1\nrequests_per_second = 100\n").unwrap();
    hapi.sync(&[&["--config", config.to_str().unwrap()], arguments].concat())
}

/// What a dry run would write, in an order of its own.
fn would_write(hapi: &Hapi, arguments: &[&str]) -> Vec<String> {
    let path = hapi.folder.path().join("would-write.json");
    let ran = sync(hapi, &[&["--dry-run", "--bundle", path.to_str().unwrap()], arguments].concat());
    assert!(matches!(ran.exit, 0 | 6), "{arguments:?}: {ran:?}");
    let bundle: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
    let mut resources: Vec<String> =
        bundle["entry"].as_array().unwrap().iter().map(|entry| entry["resource"].to_string()).collect();
    resources.sort();
    resources
}

#[test]
fn an_export_of_everyone_decides_as_searches_do_and_a_second_one_writes_nothing() {
    let Some(hapi) = hapi() else { return };
    let patients = STORIES.map(|story| hapi.seeded(story));
    let by_searches = would_write(&hapi, &["--full"]);
    let in_bulk = would_write(&hapi, &["--bulk"]);
    assert_eq!(in_bulk, by_searches);
    for patient in &patients[..4] {
        assert!(in_bulk.iter().any(|it| it.contains(&format!("\"Patient/{patient}\""))), "{patient}");
    }
    let ran = sync(&hapi, &["--bulk"]);
    assert_eq!((ran.exit, ran.counts()[0] > 0), (0, true), "{ran:?}");
    let by_searches = sync(&hapi, &["--full"]);
    let [created, updated, unchanged, revoked] = by_searches.counts();
    assert_eq!((created, updated, revoked), (0, 0, 0), "{by_searches:?}");
    let again = sync(&hapi, &["--bulk"]);
    assert_eq!((again.exit, again.counts()), (0, [0, 0, unchanged, 0]), "{again:?}");
    for kind in ["CarePlan", "RiskAssessment"] {
        assert_eq!(hapi.versions(&hapi.only(kind, &patients[0])), 1, "{kind}");
    }
    larger_tumour(&hapi, &patients[0]);
    let changed = sync(&hapi, &["--bulk"]);
    assert_eq!((changed.exit, changed.counts()[1]), (0, 1), "{changed:?}");
}

#[test]
fn an_export_of_a_group_is_of_its_members_and_whoever_has_a_plan_keeps_it() {
    let Some(hapi) = hapi() else { return };
    let [member, other] = [(); 2].map(|()| hapi.seeded(STORY));
    hapi.sync_patient(&other);
    let group = sibling(&member, "group");
    hapi.put(&json!({ "resourceType": "Group", "id": group, "type": "person", "actual": true,
        "member": [{ "entity": { "reference": format!("Patient/{member}") } }] }));
    let ran = sync(&hapi, &["--bulk", "--group", &group]);
    assert_eq!((ran.exit, ran.counts()[0], ran.counts()[3]), (0, 2, 0), "{ran:?}");
    hapi.only("CarePlan", &member);
    assert_eq!(hapi.only("CarePlan", &other)["status"], "draft");
}
