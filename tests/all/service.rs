//! `sync --every`: run after run, with health and numbers, until told to end.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use super::faults::{ONE, server, versions};
use super::small_server::{Call, Fault, SmallServer};
use jiff::ToSpan;
use plasmabridge::sync::health::Health;
use serde_json::Value;
use std::cell::RefCell;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

/// Far longer than anything takes here, even on a slow machine.
const LONG: Duration = Duration::from_secs(120);

/// A service that runs, and what it says.
struct Service {
    child: Child,
    lines: Receiver<String>,
    told: Receiver<String>,
    /// `127.0.0.1:port` of its health and numbers.
    at: String,
    folder: tempfile::TempDir,
}

const CONFIGURATION: &str = "plasmabridge.toml";
const LIMITS: &str = "[limits]\nretries = 0\nrequests_per_second = 1000\n";

/// A folder with a configuration and room for a state.
fn folder(configuration: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join(CONFIGURATION), configuration).unwrap();
    folder
}

fn sync(folder: &Path) -> Command {
    let mut program = Command::new(env!("CARGO_BIN_EXE_plasmabridge"));
    program.arg("sync").arg("--config").arg(folder.join(CONFIGURATION));
    program.arg("--state").arg(folder.join("state.sqlite"));
    program
}

fn lines(from: impl Read + Send + 'static) -> Receiver<String> {
    let (send, lines) = channel();
    std::thread::spawn(move || BufReader::new(from).lines().map_while(Result::ok).try_for_each(|it| send.send(it)));
    lines
}

/// Looks again and again until there is something.
fn until<T>(look: impl Fn() -> Option<T>) -> T {
    let end = Instant::now() + LONG;
    loop {
        if let Some(seen) = look() {
            return seen;
        }
        assert!(Instant::now() < end, "it does not come");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Hours in which it is not now, as a configuration says them.
fn other_hours() -> String {
    let now = jiff::ZonedDateTime::now();
    let at = |hours: i64| (&now + hours.hours()).strftime("%H:%M").to_string();
    format!("hours = \"{}-{}\"\n", at(2), at(3))
}

impl Service {
    fn start(server: &SmallServer, every: &str) -> Service {
        Service::start_with(server, every, &[])
    }

    fn start_with(server: &SmallServer, every: &str, further: &[&str]) -> Service {
        let folder = folder(&format!("url = \"{}\"\n{LIMITS}", server.base));
        let mut program = sync(folder.path());
        program.args(["--as-of", "2026-11-22", "--every", every, "--jitter", "0s"]).args(further);
        Service::of(folder, program.stdout(Stdio::piped()))
    }

    fn of(folder: tempfile::TempDir, program: &mut Command) -> Service {
        let mut child = program.args(["--listen", "127.0.0.1:0"]).stderr(Stdio::piped()).spawn().unwrap();
        let told = lines(child.stderr.take().unwrap());
        let first = told.recv_timeout(LONG).unwrap();
        let at = first.split("http://").nth(1).unwrap().split(':').take(2).collect::<Vec<_>>().join(":");
        let lines = child.stdout.take().map_or_else(|| channel().1, lines);
        Service { child, lines, told, at, folder }
    }

    /// Gives it another configuration, which the next run reads.
    fn configure(&self, text: &str) {
        std::fs::write(self.folder.path().join(CONFIGURATION), text).unwrap();
    }

    /// The line of the next run.
    fn line(&self) -> Value {
        serde_json::from_str(&self.lines.recv_timeout(LONG).unwrap()).unwrap()
    }

    /// The next line of which this is true.
    fn line_with(&self, is: impl Fn(&Value) -> bool) -> Value {
        until(|| Some(self.line()).filter(|line| is(line)))
    }

    /// The next line on standard error that has these words.
    fn told(&self, words: &str) -> String {
        until(|| Some(self.told.recv_timeout(LONG).unwrap()).filter(|line| line.contains(words)))
    }

    /// Status and body.
    fn get(&self, path: &str) -> (u16, String) {
        let mut connection = TcpStream::connect(&self.at).unwrap();
        write!(connection, "GET {path} HTTP/1.1\r\nHost: {}\r\n\r\n", self.at).unwrap();
        connection.set_read_timeout(Some(LONG)).unwrap();
        let mut answer = String::new();
        connection.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
    }

    /// A number that `/metrics` tells, by its name with labels.
    fn number(&self, name: &str) -> Option<f64> {
        let (status, text) = self.get("/metrics");
        assert_eq!(status, 200);
        assert!(text.ends_with("# EOF\n"), "{text}");
        text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')?.parse().ok())
    }

    /// Waits until a number is at least so large; it is counted just after a run's line is said.
    fn wait_for(&self, name: &str, least: f64) {
        until(|| self.number(name).filter(|number| *number >= least));
    }

    /// Waits until it answers so to whether it is ready, and what it says.
    fn until_ready_is(&self, status: u16) -> Value {
        until(|| {
            Some(self.get("/readyz")).filter(|(now, _)| *now == status).map(|(_, said)| said_as_json(&said, status))
        })
    }

    fn tell_to_end(mut self) -> i32 {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        let child = RefCell::new(&mut self.child);
        until(|| child.borrow_mut().try_wait().unwrap()).code().unwrap()
    }
}

fn said_as_json(said: &str, status: u16) -> Value {
    let said: Value = serde_json::from_str(said).unwrap();
    assert_eq!(said["ready"], status == 200, "{said}");
    said
}

impl Drop for Service {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

#[test]
fn a_service_runs_again_and_again_and_its_numbers_add_up() {
    let server = server();
    let service = Service::start(&server, "1s");
    let first = service.line();
    assert_eq!((&first["patients"], &first["quarantined"]), (&3.into(), &0.into()), "{first}");
    assert_eq!(first["created"], versions(&server), "all that stands");
    let written = first["created"].as_f64().unwrap();
    assert!(written >= 4.0, "{first}");
    let second = service.line();
    assert_eq!((&second["created"], &second["updated"]), (&0.into(), &0.into()), "{second}");
    assert_eq!(service.get("/healthz"), (200, "alive\n".to_owned()));
    assert_eq!(service.until_ready_is(200)["last_outcome"], "done");
    service.wait_for("plasmabridge_runs_total{outcome=\"done\"}", 2.0);
    assert_eq!(service.number("plasmabridge_resources_total{what=\"created\"}"), Some(written));
    assert_eq!(service.number("plasmabridge_patients_quarantined"), Some(0.0));
    assert!(service.number("plasmabridge_requests_total").unwrap() >= first["requests"].as_f64().unwrap());
    // What has not happened yet is told as 0, so that it is seen to rise when it does.
    for name in
        ["runs_total{outcome=\"server\"}", "runs_total{outcome=\"outside_hours\"}", "resources_total{what=\"revoked\"}"]
    {
        assert_eq!(service.number(&format!("plasmabridge_{name}")), Some(0.0), "{name}");
    }
    for path in ["/healthz", "/readyz", "/metrics"] {
        let (_, said) = service.get(path);
        assert!(!said.contains(ONE) && !said.contains("Patient/") && !said.contains(&server.base), "{path}: {said}");
    }
    assert_eq!(service.get("/anything").0, 404);
    assert_eq!(service.tell_to_end(), 0);
}

#[test]
fn a_server_that_goes_away_does_not_end_the_service_and_the_next_run_after_it_succeeds() {
    let server = server();
    let service = Service::start(&server, "1s");
    service.line();
    server.fault(usize::MAX, |_| true, Fault::Status(503));
    let failed = service.line_with(|line| line["exit"] == 4);
    assert_eq!(failed["failed"], "the server cannot be reached, or refuses");
    service.wait_for("plasmabridge_runs_total{outcome=\"server\"}", 1.0);
    // Ready until no run has succeeded for three intervals.
    let said = service.until_ready_is(503);
    assert_eq!((&said["last_outcome"], service.get("/healthz").0), (&"server".into(), 200));
    server.no_more_faults();
    service.line_with(|line| line["patients"].is_u64());
    service.until_ready_is(200);
}

#[test]
fn what_a_run_has_asked_is_counted_even_if_nothing_came_of_it() {
    let server = server();
    server.fault(usize::MAX, |_| true, Fault::Status(503));
    let service = Service::start(&server, "700h");
    assert_eq!(service.line()["exit"], 4);
    service.wait_for("plasmabridge_runs_total{outcome=\"server\"}", 1.0);
    let arrived = server.calls().len();
    assert!(arrived > 0 && service.number("plasmabridge_requests_total").unwrap() >= arrived as f64);
    assert_eq!(service.number("plasmabridge_last_success_timestamp_seconds"), Some(0.0));
}

#[test]
fn patients_who_are_set_aside_are_counted_and_the_service_is_ready() {
    let server = server();
    server.fault(usize::MAX, |call| call.is_write() && call.body.contains(ONE), Fault::Status(422));
    let service = Service::start(&server, "700h");
    assert_eq!(service.line()["quarantined"], 1);
    assert_eq!(service.until_ready_is(200)["last_outcome"], "some_not_decided");
    assert_eq!(service.number("plasmabridge_patients_quarantined"), Some(1.0));
    assert_eq!(service.number("plasmabridge_patients_decided_total"), Some(2.0));
    assert_eq!(service.number("plasmabridge_patients_not_evaluated_total"), Some(1.0));
}

#[test]
fn a_run_that_lasts_longer_than_the_interval_is_followed_by_the_next_and_never_overlaps_it() {
    let server = server();
    server.fault(1, |call| call.searches("Observation"), Fault::Late(Duration::from_secs(3)));
    let service = Service::start(&server, "1s");
    assert_eq!((&service.line()["patients"], &service.line()["left"]), (&3.into(), &0.into()));
    service.told("a run has lasted longer than `--every`");
    let calls = server.calls();
    let late = calls.iter().position(|call| call.searches("Observation")).unwrap();
    let written = calls.iter().position(Call::is_write).unwrap();
    let asks_who = |call: &Call| call.searches("Condition") && call.parameter("patient").is_none();
    assert!(late < written && calls[written..].iter().any(asks_who), "two runs");
    assert!(!calls[late..written].iter().any(asks_who), "a run began before the one before it had written");
}

#[test]
fn outside_the_hours_nothing_is_asked_and_what_was_amiss_stays_so() {
    let server = server();
    let service = Service::start(&server, "1s");
    service.until_ready_is(200);
    service.configure(&format!("url = \"{}\"\n{}{LIMITS}", server.base, other_hours()));
    service.line_with(|line| line["outside_hours"] == true);
    server.calls();
    let succeeded = service.number("plasmabridge_last_success_timestamp_seconds").unwrap();
    for _ in 0..5 {
        assert_eq!(service.line()["outside_hours"], true);
    }
    assert_eq!(service.until_ready_is(200)["last_outcome"], "outside_hours");
    assert_eq!(service.number("plasmabridge_last_success_timestamp_seconds"), Some(succeeded), "no run has succeeded");
    assert!(server.calls().is_empty());

    server.fault(usize::MAX, |_| true, Fault::Status(503));
    let service = Service::start(&server, "1s");
    assert_eq!(service.line()["exit"], 4);
    service.configure(&format!("url = \"{}\"\n{}{LIMITS}", server.base, other_hours()));
    service.line_with(|line| line["outside_hours"] == true);
    service.wait_for("plasmabridge_runs_total{outcome=\"outside_hours\"}", 2.0);
    assert_eq!(service.get("/readyz").0, 503, "the last run failed, and no other has succeeded since");
    assert_eq!(service.number("plasmabridge_last_success_timestamp_seconds"), Some(0.0));
}

#[test]
fn a_mistake_that_is_made_while_it_runs_fails_the_run_and_not_the_service() {
    let server = server();
    let service = Service::start(&server, "1s");
    service.line();
    service.configure("url = 7\n");
    service.line_with(|line| line["exit"] == 3);
    service.told("has a mistake");
    service.configure(&format!("url = \"{}\"\n{LIMITS}", server.base));
    service.line_with(|line| line["patients"].is_u64());
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_behind_standard_output_ends_no_service() {
    let server = server();
    let folder = folder(&format!("url = \"{}\"\n{LIMITS}", server.base));
    let mut program = sync(folder.path());
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    program.args(["--as-of", "2026-11-22", "--every", "1s", "--jitter", "0s"]).stdout(full);
    let service = Service::of(folder, &mut program);
    service.told("writing `standard output`: no space left on device");
    service.wait_for("plasmabridge_runs_total{outcome=\"done\"}", 2.0);
    assert_eq!(service.tell_to_end(), 0);
}

#[test]
fn a_service_that_is_at_work_finishes_the_patients_in_hand_and_begins_no_other_run() {
    let server = server();
    let second = |call: &Call| call.searches("Observation") && call.parameter("patient") == Some("6bfe96-pt");
    server.fault(1, second, Fault::Late(Duration::from_secs(3)));
    let folder = folder(&format!("url = \"{}\"\n{LIMITS}[search]\npatients = 1\n", server.base));
    let mut program = sync(folder.path());
    program.args(["--as-of", "2026-11-22", "--every", "1s", "--jitter", "0s"]).stdout(Stdio::piped());
    let mut service = Service::of(folder, &mut program);
    until(|| server.calls().iter().any(second).then_some(()));
    let lines = std::mem::replace(&mut service.lines, channel().1);
    assert_eq!(service.tell_to_end(), 0);
    let line: Value = serde_json::from_str(&lines.recv_timeout(LONG).unwrap()).unwrap();
    assert_eq!((&line["patients"], &line["left"]), (&2.into(), &1.into()), "{line}");
    assert!(lines.recv_timeout(LONG).is_err(), "a second run was begun");
}

#[test]
fn a_service_that_waits_ends_at_once_when_told_to() {
    let server = server();
    let service = Service::start(&server, "700h");
    service.line();
    assert_eq!(service.tell_to_end(), 0);
}

#[test]
fn a_service_exports_in_bulk_where_everyone_is_to_be_read_and_searches_for_changes_after_it() {
    let server = server();
    let service = Service::start_with(&server, "1s", &["--bulk"]);
    let lines = [service.line(), service.line(), service.line()];
    assert_eq!(lines[0]["patients"], 3, "{lines:?}");
    assert_eq!(service.tell_to_end(), 0);
    let exports = server.calls().iter().filter(|call| call.path == "Patient/$export").count();
    assert_eq!(exports, 1, "{lines:?}");
}

#[test]
fn what_cannot_be_used_is_refused_before_the_first_run() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state.sqlite");
    let state = state.to_str().unwrap();
    let refused = |arguments: &[&str], exit: i32, words: &str| {
        let mut program = Command::new(env!("CARGO_BIN_EXE_plasmabridge"));
        let output =
            program.arg("sync").args(arguments).env("PLASMABRIDGE_SERVER", "http://127.0.0.1:9/fhir").output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(exit), "{arguments:?}: {stderr}");
        assert!(stderr.contains(words), "{arguments:?}: {stderr}");
    };
    refused(&["--every", "10m"], 2, "--state");
    refused(&["--every", "soon", "--state", state], 2, "not a time such as 10m");
    refused(&["--every", "0s", "--state", state], 2, "longer than no time");
    refused(&["--every", "10m", "--state", state, "--dry-run"], 2, "cannot be used with");
    refused(&["--listen", "127.0.0.1:0"], 2, "--every");
    refused(&["--every", "10m", "--state", state, "--mappings", "/nowhere"], 3, "/nowhere");
    refused(&["--every", "10m", "--state", "/nowhere/state.sqlite"], 3, "/nowhere/state.sqlite");
    refused(&["--every", "10m", "--state", state, "--patients", "/nowhere/patients"], 3, "/nowhere/patients");
    refused(&["--every", "10m", "--state", state, "--server", "http://fhir.example.org"], 3, "is not https");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    refused(&["--every", "10m", "--state", state, "--listen", &address], 2, &address);
}

#[test]
fn the_readme_names_every_number_that_a_service_tells() {
    let server = server();
    let service = Service::start(&server, "700h");
    service.line();
    let (_, text) = service.get("/metrics");
    let readme = std::fs::read_to_string("README.md").unwrap();
    let told: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next()).collect();
    assert!(told.len() >= 11, "{text}");
    for name in told {
        assert!(readme.contains(&format!("`{name}")), "{name}");
    }
}

const MINUTE: Duration = Duration::from_secs(60);

/// How a run ends that a service is told of in these tests.
#[derive(Clone, Copy)]
enum Ends {
    Well,
    Badly,
}

/// The health of a service with an interval of ten minutes, whose runs ended at these minutes after its start.
fn health(runs: &[(u32, Ends)]) -> (Instant, Health) {
    let start = Instant::now();
    let mut health = Health::new(10 * MINUTE);
    for (minute, ends) in runs {
        match ends {
            Ends::Well => health.went_through(start + *minute * MINUTE),
            Ends::Badly => health.failed(),
        }
    }
    (start, health)
}

#[test]
fn a_service_is_ready_for_three_intervals_after_a_run_that_went_through() {
    let is_ready = |runs: &[(u32, Ends)], after: Duration| {
        let (start, health) = health(runs);
        health.is_ready(start + after)
    };
    assert!(!is_ready(&[], Duration::ZERO), "it has not run yet");
    assert!(!is_ready(&[(1, Ends::Badly)], 2 * MINUTE));
    assert!(is_ready(&[(1, Ends::Well)], 31 * MINUTE));
    assert!(!is_ready(&[(1, Ends::Well)], 31 * MINUTE + Duration::from_secs(1)));
    assert!(is_ready(&[(1, Ends::Well), (11, Ends::Badly)], 31 * MINUTE), "one failed run is no alarm");
    assert!(is_ready(&[(1, Ends::Badly), (11, Ends::Well)], 41 * MINUTE));
}

#[test]
fn a_long_run_is_ready_as_long_as_it_goes_on_unless_the_one_before_failed() {
    let goes_on = |runs: &[(u32, Ends)]| {
        let (start, mut health) = health(runs);
        (20..=120).step_by(20).for_each(|minute| health.progressed(start + minute * MINUTE));
        (health.is_ready(start + 150 * MINUTE), health.is_ready(start + 151 * MINUTE))
    };
    assert_eq!(goes_on(&[(1, Ends::Well)]), (true, false));
    assert_eq!(goes_on(&[(1, Ends::Well), (11, Ends::Badly)]), (false, false));
    assert_eq!(goes_on(&[]), (false, false), "the first has still to go through");
}

#[test]
fn outside_the_hours_what_was_well_stays_well_and_what_was_not_does_not() {
    let rests = |runs: &[(u32, Ends)]| {
        let (start, mut health) = health(runs);
        (10..=600).step_by(10).for_each(|minute| health.rests(start + minute * MINUTE));
        health.is_ready(start + 601 * MINUTE)
    };
    assert!(rests(&[(1, Ends::Well)]));
    assert!(rests(&[(1, Ends::Well), (2, Ends::Badly)]), "one failed run is no alarm");
    assert!(rests(&[]), "it was started outside them");
    assert!(!rests(&[(1, Ends::Badly)]));
}
