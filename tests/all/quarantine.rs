//! A patient who fails stays listed with reason, time and attempts, and is tried again when asked for.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use super::faults::{ONE, server, sync};
use super::small_server::{Call, Fault, SmallServer};
use serde_json::{Value, json};
use std::process::Command;

fn quarantine(server: &SmallServer, state: &str, arguments: &[&str]) -> (i32, String, String) {
    let mut program = Command::new(env!("CARGO_BIN_EXE_plasmabridge"));
    let output = program.arg("quarantine").args(arguments).args(["--server", &server.base, "--state", state]).output();
    let output = output.unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

#[test]
fn a_patient_who_fails_is_listed_shown_and_tried_again_when_asked_for() {
    let server = server();
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state.sqlite");
    let state = state.to_str().unwrap();
    server.fault(usize::MAX, |call: &Call| call.is_write() && call.body.contains(ONE), Fault::Status(422));
    let ran = sync(&server.base, &["--state", state]);
    assert_eq!(
        (ran.exit, &ran.line["not_evaluated"], &ran.line["patients"]),
        (5, &json!(1), &json!(2)),
        "{}",
        ran.stderr
    );

    let (exit, list, _) = quarantine(&server, state, &["list", "--json"]);
    assert_eq!((exit, list.lines().count()), (0, 1), "{list}");
    let listed: Value = serde_json::from_str(&list).unwrap();
    assert_eq!((&listed["patient"], &listed["attempts"]), (&json!(format!("Patient/{ONE}")), &json!(1)));
    assert!(listed["reason"].as_str().unwrap().contains("the server answered 422"), "{list}");
    let time = |name: &str| listed[name].as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
    assert_eq!(time("next_try").as_second() - time("since").as_second(), 600, "ten minutes after the first failure");
    let (exit, shown, _) = quarantine(&server, state, &["show", ONE]);
    assert_eq!((exit, serde_json::from_str::<Value>(&shown).unwrap()), (0, listed));
    let (exit, _, stderr) = quarantine(&server, state, &["show", "nobody"]);
    assert_eq!(exit, 2);
    assert!(stderr.contains("`nobody` is not in quarantine"), "{stderr}");
    assert_eq!(quarantine(&server, state, &["redo", "nobody"]).0, 2);

    // As if all that there is were seen long ago: only who is due is looked at.
    let quiet = || {
        let seen = rusqlite::Connection::open(state).unwrap();
        seen.execute("UPDATE server SET seen_until = unixepoch() + 100", []).unwrap();
    };
    server.no_more_faults();
    quiet();
    let ran = sync(&server.base, &["--state", state]);
    assert_eq!((ran.exit, &ran.line["patients"]), (0, &json!(0)), "not yet: {}", ran.stderr);
    assert_eq!(quarantine(&server, state, &["redo", ONE]).0, 0);
    quiet();
    let ran = sync(&server.base, &["--state", state]);
    assert_eq!((ran.exit, &ran.line["patients"], &ran.line["created"]), (0, &json!(1), &json!(2)), "{}", ran.stderr);
    assert_eq!(quarantine(&server, state, &["list"]), (0, String::new(), String::new()));
}
