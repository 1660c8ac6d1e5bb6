//! Seeded and taken away again, with what was written in between.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use super::server::{STORY, hapi, sibling};
use serde_json::json;

#[test]
fn what_carries_the_tag_is_taken_away_with_all_that_was_written_about_it() {
    let Some(hapi) = hapi() else { return };
    let story = format!("fixtures/patients/{STORY}");
    let staying = hapi.seeded(STORY);
    hapi.sync_patient(&staying);
    let seeded = hapi.run("seed", &["--tag", "passing", &story]);
    // The Bundle of the story: 32 Observations, 3 reports, 2 Conditions, a medicine, an operation and the patient.
    assert_eq!(
        (seeded.exit, &seeded.line),
        (0, &json!({ "patients": 1, "resources": 40, "failed": 0, "refused": 0 })),
        "{seeded:?}"
    );
    assert_eq!(hapi.sync_patient("07665f-pt"), [2, 0, 0, 0]);
    let plan = hapi.only("CarePlan", "07665f-pt");
    assert_eq!(hapi.provenances(&plan).len(), 1);
    let taken = hapi.run("unseed", &["--tag", "passing"]);
    // With CarePlan, RiskAssessment, and a Provenance of each.
    assert_eq!((taken.exit, &taken.line), (0, &json!({ "patients": 1, "resources": 44, "left": 0 })), "{taken:?}");
    assert_eq!(hapi.ask("GET", "Patient/07665f-pt", None).0, 410);
    assert!(hapi.provenances(&plan).is_empty());
    hapi.only("CarePlan", &staying);
    let again = hapi.run("unseed", &["--tag", "passing"]);
    assert_eq!((again.exit, &again.line), (0, &json!({ "patients": 0, "resources": 0, "left": 0 })), "{again:?}");
}

#[test]
fn what_somebody_else_wrote_is_not_taken_away() {
    let Some(hapi) = hapi() else { return };
    let story = format!("fixtures/patients/{STORY}");
    let seeded = hapi.run("seed", &["--tag", "passing", &story]);
    assert_eq!(seeded.exit, 0, "{seeded:?}");
    let theirs = sibling(&hapi.seeded(STORY), "theirs");
    hapi.put(&json!({
        "resourceType": "Flag", "id": theirs, "status": "active",
        "code": { "text": "a hand of somebody else" }, "subject": { "reference": "Patient/07665f-pt" },
    }));
    let taken = hapi.run("unseed", &["--tag", "passing"]);
    assert_eq!((taken.exit, &taken.line["left"]), (4, &json!(1)), "{taken:?}");
    hapi.get(&format!("Flag/{theirs}"));
    assert_eq!(hapi.ask("DELETE", &format!("Flag/{theirs}"), None).0, 200);
    let taken = hapi.run("unseed", &["--tag", "passing"]);
    assert_eq!((taken.exit, &taken.line), (0, &json!({ "patients": 1, "resources": 1, "left": 0 })), "{taken:?}");
}
