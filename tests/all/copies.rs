//! Which of several resources is the one that stands.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use plasmabridge::plan::{ResourceKind, fingerprint};
use plasmabridge::write::standing::Standing;
use serde_json::{Value, json};

fn plan(id: &str, status: &str, last_updated: &str) -> Value {
    let mut plan = json!({
        "resourceType": "CarePlan", "id": id, "status": status, "meta": { "lastUpdated": last_updated },
        "identifier": [{ "value": "plasmabridge-0123" }],
    });
    fingerprint::seal(&mut plan);
    plan
}

#[test]
fn a_copy_that_was_taken_back_last_is_not_the_newest() {
    let copies = [plan("first", "revoked", "2026-11-22T10:00:00Z"), plan("second", "draft", "2026-11-22T09:00:00Z")];
    let standing = Standing::of(ResourceKind::CarePlan, &copies);
    assert_eq!(standing.own, Some(&copies[1]));
    assert_eq!(standing.copies, [&copies[0]]);
}

#[test]
fn of_two_that_stand_the_newest_counts() {
    let copies = [plan("first", "draft", "2026-11-22T10:00:00Z"), plan("second", "draft", "2026-11-22T09:00:00Z")];
    let standing = Standing::of(ResourceKind::CarePlan, &copies);
    assert_eq!((standing.own, standing.copies), (Some(&copies[0]), vec![&copies[1]]));
}
