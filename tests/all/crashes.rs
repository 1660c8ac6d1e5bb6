//! Killed at any instant, the next run finishes the work: nothing lost, nothing twice.
//!
//! `PLASMABRIDGE_CRASHES=200 cargo test --test all crashes` kills 200 times among 200 patients; by default it is 12 among 40.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use super::faults::{stands, versions};
use super::small_server::SmallServer;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const OURS: [&str; 3] = ["CarePlan", "RiskAssessment", "Provenance"];

/// Numbers that are the same in every run of the test.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % limit
    }
}

fn sync(base: &str, folder: &Path, state: &str) -> Command {
    let config = folder.join("plasmabridge.toml");
    std::fs::write(&config, "[limits]\nrequests_per_second = 1000\n[search]\npatients = 10\n").unwrap();
    let state = folder.join(state);
    let mut program = Command::new(env!("CARGO_BIN_EXE_plasmabridge"));
    program.args(["sync", "--server", base, "--as-of", "2026-11-22", "--config", config.to_str().unwrap()]);
    program.args(["--state", state.to_str().unwrap()]).stdout(Stdio::null()).stderr(Stdio::null());
    program
}

/// Gives the results of some patients other values, so that their plans have to be written anew.
fn change_results(server: &SmallServer, random: &mut Random) {
    server.with(|store| {
        let results = store.all("Observation").into_iter().filter(|it| it["valueQuantity"]["value"].is_number());
        let ids: Vec<String> = results.map(|it| it["id"].as_str().unwrap().to_owned()).collect();
        for _ in 0..ids.len().min(20) {
            let value = json!(random.below(40) + 1);
            store.change("Observation", &ids[random.below(ids.len())], |it| it["valueQuantity"]["value"] = value);
        }
    });
}

/// A resource without the versions of its sources and the digests of what they say: what only these change is not
/// written anew.
fn as_read(resource: &str) -> String {
    fn strip(value: &mut Value) {
        match value {
            Value::Object(fields) => {
                if let Some(reference) = fields.get("reference").and_then(Value::as_str) {
                    let versionless = reference.split("/_history/").next().unwrap().to_owned();
                    fields.insert("reference".to_owned(), json!(versionless));
                    fields.remove("display");
                }
                fields.values_mut().for_each(strip);
            }
            Value::Array(items) => {
                items.retain(|it| !it["url"].as_str().is_some_and(|url| url.ends_with("/StructureDefinition/basis")));
                items.iter_mut().for_each(strip);
            }
            _ => {}
        }
    }
    let mut resource: Value = serde_json::from_str(resource).unwrap();
    strip(&mut resource);
    resource.to_string()
}

#[test]
fn however_often_a_run_is_killed_the_plans_are_those_of_an_undisturbed_one() {
    let wanted: Option<usize> = std::env::var("PLASMABRIDGE_CRASHES").ok().map(|it| it.parse().unwrap());
    let (crashes, patients) = wanted.map_or((12, 40), |crashes| (crashes, 200));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("patients.ndjson");
    let mut sample = Command::new(env!("CARGO_BIN_EXE_plasmabridge"));
    let sample =
        sample.args(["sample", &patients.to_string(), "--seed", "7", "--as-of", "2026-11-22"]).output().unwrap();
    std::fs::write(&file, sample.stdout).unwrap();
    let server = SmallServer::start();
    server.hold(file.to_str().unwrap());

    let mut random = Random(7);
    let mut longest = Duration::from_secs(3);
    let mut killed = 0;
    while killed < crashes {
        change_results(&server, &mut random);
        let start = Instant::now();
        let mut run = sync(&server.base, folder.path(), "state.sqlite").spawn().unwrap();
        std::thread::sleep(longest.mul_f64(random.below(1_000) as f64 / 1_000.0));
        match run.try_wait().unwrap() {
            // It was done before it could be killed: next time earlier.
            Some(ended) => {
                assert!(ended.success(), "{ended}");
                longest = start.elapsed().min(longest).mul_f64(0.9);
            }
            None => {
                run.kill().unwrap();
                run.wait().unwrap();
                killed += 1;
            }
        }
    }
    assert!(sync(&server.base, folder.path(), "state.sqlite").status().unwrap().success());
    let written = versions(&server);
    assert!(sync(&server.base, folder.path(), "state.sqlite").status().unwrap().success());
    assert_eq!(versions(&server), written, "a further run wrote something");

    let undisturbed = SmallServer::start();
    let records = server.with(|store| store.without(&OURS));
    undisturbed.with(|store| *store = records);
    assert!(sync(&undisturbed.base, folder.path(), "other.sqlite").status().unwrap().success());
    // What was withdrawn on the way stays there; a run from nothing has nothing to withdraw.
    let holds = |text: &String| {
        let resource: Value = serde_json::from_str(text).unwrap();
        !["revoked", "entered-in-error", "corrected"].contains(&resource["status"].as_str().unwrap())
    };
    let holding = |server: &SmallServer| {
        let mut holding: Vec<String> = stands(server).into_iter().filter(holds).map(|it| as_read(&it)).collect();
        holding.sort();
        holding
    };
    let (left, right) = (holding(&server), holding(&undisturbed));
    assert!(left.len() > patients, "all patients have a plan, and many a prognosis: {}", left.len());
    assert_eq!(left.len(), right.len());
    for (left, right) in left.iter().zip(&right) {
        let from =
            left.bytes().zip(right.bytes()).position(|(left, right)| left != right).unwrap_or(0).saturating_sub(200);
        let part = |text: &str| text.get(from..(from + 400).min(text.len())).unwrap_or_default().to_owned();
        assert!(left == right, "{}\n{}", part(left), part(right));
    }
    let identifiers: BTreeSet<String> = server.with(|store| {
        let all = [store.all("CarePlan"), store.all("RiskAssessment")].concat();
        all.iter().map(|it: &Value| it["identifier"].to_string()).collect()
    });
    assert_eq!(identifiers.len(), stands(&server).len(), "something stands twice");
    let provenances = server.with(|store| store.all("Provenance").len());
    assert_eq!(provenances, written, "each write has one Provenance");
}

#[test]
#[cfg(unix)]
fn a_run_that_is_told_to_end_finishes_the_patients_in_hand_and_leaves_the_rest_to_the_next() {
    let folder = tempfile::tempdir().unwrap();
    let server = super::faults::server();
    let config = folder.path().join("plasmabridge.toml");
    std::fs::write(&config, "[search]\npatients = 1\n").unwrap();
    // The second patient's results are late, so that the word comes while the run is at work.
    let late = super::small_server::Fault::Late(Duration::from_secs(3));
    server.fault(1, |call| call.searches("Observation") && call.parameter("patient") == Some("6bfe96-pt"), late);
    let mut program = Command::new(env!("CARGO_BIN_EXE_plasmabridge"));
    program.args(["sync", "--server", &server.base, "--as-of", "2026-11-22", "--config", config.to_str().unwrap()]);
    let run = program.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let is_waiting = || server.calls().iter().any(|call| call.parameter("patient") == Some("6bfe96-pt"));
    while !is_waiting() {
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!(Command::new("kill").args(["-TERM", &run.id().to_string()]).status().unwrap().success());
    let output = run.wait_with_output().unwrap();
    let line: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((output.status.code(), &line["patients"], &line["left"]), (Some(0), &json!(2), &json!(1)), "{line}");
    assert!(String::from_utf8(output.stderr).unwrap().contains("told to end"));
    // While it only finds out who is concerned, nobody is in hand: it ends at once.
    server.calls();
    let late = super::small_server::Fault::Late(Duration::from_secs(60));
    server.fault(1, |call| call.searches("Condition"), late);
    let mut program = Command::new(env!("CARGO_BIN_EXE_plasmabridge"));
    program.args(["sync", "--server", &server.base, "--as-of", "2026-11-22"]).stdout(Stdio::piped());
    let run = program.stderr(Stdio::null()).spawn().unwrap();
    while server.calls().is_empty() {
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!(Command::new("kill").args(["-TERM", &run.id().to_string()]).status().unwrap().success());
    let output = run.wait_with_output().unwrap();
    let line: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((output.status.code(), &line["patients"]), (Some(0), &json!(0)), "{line}");
    assert!(line["seconds"].as_f64().unwrap() < 50.0, "it waited for the answer: {line}");
    let next = super::faults::sync(&server.base, &[]);
    assert_eq!((next.exit, &next.line["patients"], &next.line["created"]), (0, &json!(3), &json!(2)));
}
