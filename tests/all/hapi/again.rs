//! Written once, read back, and not written again.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use super::server::{AS_OF, STORY, hapi, reference, sibling};
use serde_json::{Value, json};

/// Stories with and without a prognosis, after treatment, and one that is out of scope.
const STORIES: [&str; 8] = [
    STORY,
    "lumbar-plasmacytoma-awaiting-radiotherapy/record-danish.json",
    "a-curative-course-in-two-parts/record.json",
    "biopsy-ten-months-before-the-code/record.json",
    "complete-remission-after-two-years/record-danish.json",
    "high-calcium-that-nobody-has-explained/record.json",
    "myeloma-coded-after-the-plasmacytoma/record.json",
    "smouldering-myeloma-alone-is-out-of-scope/record.json",
];

#[test]
fn each_patient_gets_what_the_story_says_once_with_its_provenance_and_valid() {
    let Some(hapi) = hapi() else { return };
    for story in STORIES {
        let patient = hapi.seeded(story);
        let expected = format!("fixtures/patients/{}/expected.toml", story.split_once('/').unwrap().0);
        let expected: toml::Table = std::fs::read_to_string(expected).unwrap().parse().unwrap();
        let wanted = [
            ("CarePlan", expected["in_scope"].as_bool().unwrap()),
            ("RiskAssessment", expected.contains_key("prognosis")),
        ];
        let all = wanted.iter().filter(|(_, is_wanted)| *is_wanted).count() as u64;
        assert_eq!(hapi.sync_patient(&patient), [all, 0, 0, 0], "{story}");
        for (kind, is_wanted) in wanted {
            let found = hapi.of_patient(kind, &patient);
            assert_eq!(found.len(), usize::from(is_wanted), "{story}: {kind}");
            for resource in &found {
                let provenances = hapi.provenances(resource);
                assert_eq!(provenances.len(), 1, "{story}: {kind}");
                valid(&hapi, resource);
                valid(&hapi, &provenances[0]);
            }
        }
        assert_eq!(hapi.sync_patient(&patient), [0, 0, all, 0], "{story}, again");
        for (kind, _) in wanted {
            for resource in hapi.of_patient(kind, &patient) {
                assert_eq!(hapi.versions(&resource), 1, "{story}: {kind}");
                assert_eq!(hapi.provenances(&resource).len(), 1, "{story}: {kind}");
            }
        }
    }
}

fn valid(hapi: &super::server::Hapi, resource: &Value) {
    let kind = resource["resourceType"].as_str().unwrap();
    let (status, outcome) = hapi.ask("POST", &format!("{kind}/$validate"), Some(resource));
    let issues = outcome["issue"].as_array().cloned().unwrap_or_default();
    let errors: Vec<_> = issues.iter().filter(|it| it["severity"] == "error" || it["severity"] == "fatal").collect();
    assert!(status == 200 && errors.is_empty(), "{}: {status} {errors:#?}", reference(resource));
}

#[test]
fn a_run_that_remembers_asks_less_and_writes_nothing() {
    let Some(hapi) = hapi() else { return };
    let patient = hapi.seeded(STORY);
    let state = hapi.folder.path().join("state.sqlite");
    let arguments = ["--state", state.to_str().unwrap()];
    let first = hapi.sync(&arguments);
    assert_eq!(first.exit, 0, "{first:?}");
    let second = hapi.sync(&arguments);
    let [created, updated, _, revoked] = second.counts();
    assert_eq!((second.exit, created, updated, revoked), (0, 0, 0, 0), "{second:?}");
    assert_eq!(hapi.versions(&hapi.only("CarePlan", &patient)), 1);
    // All of this is younger than the overlap of five minutes, so it is looked at again; as if it were older:
    let seen = rusqlite::Connection::open(&state).unwrap();
    seen.execute("UPDATE server SET seen_until = unixepoch() + 2", []).unwrap();
    drop(seen);
    std::thread::sleep(std::time::Duration::from_secs(3));
    let quiet = hapi.sync(&arguments);
    // Who is new (1); what has changed of those who are known (6 searches) and whether they are there (1); plans (2).
    assert_eq!((quiet.exit, &quiet.line["patients"], &quiet.line["requests"]), (0, &json!(0), &json!(10)), "{quiet:?}");
    let new = hapi.seeded(STORY);
    let fourth = hapi.sync(&arguments);
    assert_eq!((fourth.exit, fourth.counts()[0]), (0, 2), "the patient who is new: {fourth:?}");
    assert_eq!(hapi.versions(&hapi.only("CarePlan", &new)), 1);
}

#[test]
fn an_earlier_decision_is_made_again_to_the_byte_though_a_value_has_changed_since() {
    let Some(hapi) = hapi() else { return };
    let patient = hapi.seeded(STORY);
    let state = hapi.folder.path().join("state.sqlite");
    let arguments = ["--state", state.to_str().unwrap()];
    let first = hapi.sync(&[&arguments[..], &["--patient", &patient]].concat());
    assert_eq!(first.exit, 0, "{first:?}");
    let run = first.line["run"].as_str().unwrap();
    let replay = || hapi.run("replay", &[&arguments[..], &[run, &patient]].concat());
    let at_once = replay();
    assert_eq!(at_once.exit, 0, "{at_once:?}");
    // 32 mm become 55: another dose, and the plan is another.
    let size = format!("Observation/{}", sibling(&patient, "obs-01"));
    hapi.change(&size, |it| it["valueQuantity"]["value"] = json!(55));
    let second = hapi.sync(&[&arguments[..], &["--patient", &patient]].concat());
    assert_eq!((second.exit, second.counts()[1]), (0, 1), "{second:?}");
    assert!(second.stderr.contains("; why: data\n"), "{second:?}");
    let later = replay();
    assert_eq!((later.exit, later.stdout), (0, at_once.stdout), "{}", later.stderr);
}

#[test]
fn a_state_file_that_another_run_holds_is_refused() {
    let Some(hapi) = hapi() else { return };
    hapi.seeded(STORY);
    let state = hapi.folder.path().join("state.sqlite");
    // The lock is what a run holds; held here, a run must not get it.
    let held = plasmabridge::sync::state::State::open(&state, "http://127.0.0.1/").unwrap();
    let ran = hapi.sync(&["--state", state.to_str().unwrap()]);
    assert_eq!(ran.exit, 3, "{ran:?}");
    assert!(ran.stderr.contains("is in use by another run"), "{ran:?}");
    drop(held);
    let ran = hapi.sync(&["--state", state.to_str().unwrap()]);
    assert_eq!(ran.exit, 0, "{ran:?}");
}

#[test]
fn a_dry_run_says_what_it_would_write_and_writes_nothing() {
    let Some(hapi) = hapi() else { return };
    let patient = hapi.seeded(STORY);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("bundle.json");
    let ran = hapi.sync(&["--patient", &patient, "--dry-run", "--bundle", file.to_str().unwrap()]);
    assert_eq!((ran.exit, ran.counts()), (6, [2, 0, 0, 0]), "{ran:?}");
    assert!(ran.stdout.contains(&format!("{patient} · CarePlan would be created")), "{ran:?}");
    let bundle: Value = serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
    let kinds: Vec<&str> =
        bundle["entry"].as_array().unwrap().iter().map(|it| it["resource"]["resourceType"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["CarePlan", "RiskAssessment"]);
    for kind in kinds {
        assert!(hapi.of_patient(kind, &patient).is_empty(), "{kind}");
    }
    hapi.sync_patient(&patient);
    let ran = hapi.sync(&["--patient", &patient, "--dry-run"]);
    assert_eq!((ran.exit, ran.counts()), (0, [0, 0, 2, 0]), "nothing left to write on {AS_OF}: {ran:?}");
}
