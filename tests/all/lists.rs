//! A server that answers a list of patients for the first of them alone must not make the others healthy.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use super::faults::{server, stands, sync, versions};
use super::ran::Ran;
use super::small_server::Lists;
use serde_json::json;

/// Takes the changes so far as seen, as if they were older than the overlap of five minutes.
fn all_is_seen(state: &std::path::Path) {
    let seen = rusqlite::Connection::open(state).unwrap();
    seen.execute("UPDATE server SET seen_until = unixepoch() + 2", []).unwrap();
    std::thread::sleep(std::time::Duration::from_secs(3));
}

#[test]
fn no_plan_is_revoked_when_a_server_begins_to_answer_lists_for_their_first_patient_alone() {
    for lists in [Lists::FirstAlone, Lists::FirstAloneForObservations] {
        let server = server();
        assert_eq!(sync(&server.base, &[]).exit, 0);
        let before = stands(&server);
        server.with(|store| store.lists = lists);
        let Ran { exit, line, stderr, .. } = sync(&server.base, &[]);
        assert_eq!((exit, &line["revoked"], &line["updated"]), (0, &json!(0), &json!(0)), "{lists:?}: {stderr}");
        assert_eq!(stands(&server), before, "{lists:?}");
    }
}

#[test]
fn a_change_of_the_last_patient_is_seen_where_lists_do_not_work() {
    let server = server();
    server.with(|store| store.lists = Lists::FirstAlone);
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state.sqlite");
    let arguments = ["--state", state.to_str().unwrap()];
    assert_eq!(sync(&server.base, &arguments).exit, 0);
    all_is_seen(&state);
    let before = versions(&server);
    let quiet = sync(&server.base, &arguments);
    assert_eq!((quiet.exit, &quiet.line["patients"]), (0, &json!(0)), "{}", quiet.stderr);
    // Each patient in turn: two of the three are never the first of a list.
    let ids = server
        .with(|store| store.all("Patient").iter().map(|it| it["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>());
    for id in ids {
        all_is_seen(&state);
        server.with(|store| store.change("Patient", &id, |patient| patient["deceasedDateTime"] = json!("2026-11-20")));
        let ran = sync(&server.base, &arguments);
        assert_eq!((ran.exit, &ran.line["patients"]), (0, &json!(1)), "{id}: {}", ran.stderr);
    }
    assert!(versions(&server) > before);
}
