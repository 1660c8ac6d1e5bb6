//! `sync --every`: run after run, with health and numbers, until told to end.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use super::faults::server;
use super::small_server::{Fault, SmallServer};
use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

/// Far longer than anything takes here, even on a slow machine.
const LONG: Duration = Duration::from_secs(120);

/// A service that runs, and what it says.
struct Service {
    child: Child,
    lines: Receiver<String>,
    /// `127.0.0.1:port` of its health and numbers.
    at: String,
    _folder: tempfile::TempDir,
}

impl Service {
    fn start(server: &SmallServer, every: &str) -> Service {
        Service::start_with(server, every, &[])
    }

    fn start_with(server: &SmallServer, every: &str, further: &[&str]) -> Service {
        let folder = tempfile::tempdir().unwrap();
        let (config, state) = (folder.path().join("plasmabridge.toml"), folder.path().join("state.sqlite"));
        std::fs::write(&config, "[limits]\nretries = 0\nrequests_per_second = 1000\n").unwrap();
        let mut program = Command::new(env!("CARGO_BIN_EXE_plasmabridge"));
        program.args(["sync", "--server", &server.base, "--as-of", "2026-11-22", "--every", every, "--jitter", "0s"]);
        program.arg("--config").arg(config).arg("--state").arg(state).args(["--listen", "127.0.0.1:0"]).args(further);
        let mut child = program.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut told = BufReader::new(child.stderr.take().unwrap());
        let mut first = String::new();
        told.read_line(&mut first).unwrap();
        let at = first.split("http://").nth(1).unwrap().split(':').take(2).collect::<Vec<_>>().join(":");
        std::thread::spawn(move || told.read_to_end(&mut Vec::new()));
        let (send, lines) = channel();
        let said = BufReader::new(child.stdout.take().unwrap());
        std::thread::spawn(move || said.lines().map_while(Result::ok).try_for_each(|line| send.send(line)));
        Service { child, lines, at, _folder: folder }
    }

    /// The line of the next run.
    fn line(&self) -> Value {
        serde_json::from_str(&self.lines.recv_timeout(LONG).unwrap()).unwrap()
    }

    /// The next line of which this is true.
    fn line_with(&self, is: impl Fn(&Value) -> bool) -> Value {
        (0..200).map(|_| self.line()).find(|line| is(line)).unwrap()
    }

    /// Status and body.
    fn get(&self, path: &str) -> (u16, String) {
        let mut connection = TcpStream::connect(&self.at).unwrap();
        write!(connection, "GET {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", self.at).unwrap();
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
        while self.number(name).is_none_or(|number| number < least) {
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn tell_to_end(mut self) -> i32 {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        self.child.wait().unwrap().code().unwrap()
    }
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
    let service = Service::start(&server, "100ms");
    let first = service.line();
    assert_eq!((&first["patients"], &first["quarantined"]), (&3.into(), &0.into()), "{first}");
    let written = first["created"].as_f64().unwrap();
    assert!(written >= 4.0, "{first}");
    let second = service.line();
    assert_eq!((&second["created"], &second["updated"]), (&0.into(), &0.into()), "{second}");
    assert_eq!(service.get("/healthz"), (200, "alive\n".to_owned()));
    let (status, ready) = service.get("/readyz");
    assert_eq!((status, &serde_json::from_str::<Value>(&ready).unwrap()["last_outcome"]), (200, &"done".into()));
    service.wait_for("plasmabridge_runs_total{outcome=\"done\"}", 2.0);
    assert_eq!(service.number("plasmabridge_resources_total{what=\"created\"}"), Some(written));
    assert_eq!(service.number("plasmabridge_patients_quarantined"), Some(0.0));
    assert!(service.number("plasmabridge_requests_total").unwrap() >= first["requests"].as_f64().unwrap());
    assert_eq!(service.get("/anything").0, 404);
    assert_eq!(service.tell_to_end(), 0);
}

#[test]
fn a_server_that_goes_away_does_not_end_the_service_and_the_next_run_after_it_succeeds() {
    let server = server();
    let service = Service::start(&server, "300ms");
    service.line();
    server.fault(usize::MAX, |_| true, Fault::Status(503));
    let failed = service.line_with(|line| line["exit"] == 4);
    assert_eq!(failed["failed"], "the server cannot be reached, or refuses");
    service.wait_for("plasmabridge_runs_total{outcome=\"server\"}", 1.0);
    // Ready until no run has succeeded for three intervals.
    while service.get("/readyz").0 != 503 {
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(service.get("/healthz").0, 200);
    server.no_more_faults();
    service.line_with(|line| line["patients"].is_u64());
    while service.get("/readyz").0 != 200 {
        std::thread::sleep(Duration::from_millis(20));
    }
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
    let service = Service::start_with(&server, "100ms", &["--bulk"]);
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
        let output = program.args(["sync", "--server", "http://127.0.0.1:9/fhir"]).args(arguments).output().unwrap();
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
