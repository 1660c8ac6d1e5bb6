//! A real HAPI server for the tests, started once and ended with them, and what a test does with it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use crate::ran::Ran;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

/// `1` starts a server; an address is that of one which runs already and knows our definitions.
const WANTED: &str = "PLASMABRIDGE_TEST_HAPI";
/// How the server is started.
const OPTIONS: &str = "PLASMABRIDGE_TEST_HAPI_OPTIONS";
/// The day that all of these tests decide for.
pub const AS_OF: &str = "2026-11-22";
/// A patient with everything ready: plan and prognosis, radiotherapy still to come.
pub const STORY: &str = "lumbar-plasmacytoma-awaiting-radiotherapy/record-international.json";

static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
static SERVER: OnceLock<String> = OnceLock::new();
static COPIES: AtomicUsize = AtomicUsize::new(0);

/// The server, for one test at a time.
pub struct Hapi {
    pub base: &'static str,
    pub folder: tempfile::TempDir,
    _alone: MutexGuard<'static, ()>,
}

/// The server, or nothing where none is wanted: then it says so.
pub fn hapi() -> Option<Hapi> {
    let Ok(wanted) = std::env::var(WANTED) else {
        eprintln!("SKIPPED: tests against a real HAPI server run where {WANTED}=1");
        return None;
    };
    let alone = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let base = SERVER.get_or_init(|| if wanted.starts_with("http") { wanted } else { started() });
    Some(Hapi { base, folder: tempfile::tempdir().unwrap(), _alone: alone })
}

/// Starts a server, and a watch that ends it when this process is gone, however that ends.
fn started() -> String {
    let options = std::env::var(OPTIONS).unwrap_or_else(|_| "-v".to_owned());
    let recipe = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/hapi/hapi");
    let mut start = Command::new(&recipe);
    start.arg("start").args(options.split_whitespace());
    start.args(["-i", "mappings/definitions", "-i", "mappings/codesystem-input.json"]);
    let output = start.stderr(Stdio::inherit()).output().unwrap();
    assert!(output.status.success(), "the HAPI server did not start");
    let line = String::from_utf8(output.stdout).unwrap();
    let [base, pid, _log] = line.split_whitespace().collect::<Vec<_>>()[..] else { panic!("`{line}`") };
    let watch = r#"(while kill -0 "$1"; do sleep 0.3; done; exec "$2" stop "$3") 2>/dev/null &"#;
    let mut watching = Command::new("bash");
    watching.args(["-c", watch, "watch", &std::process::id().to_string()]).arg(&recipe).arg(pid);
    watching.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap();
    base.to_owned()
}

impl Hapi {
    /// The program with these arguments, not yet started.
    pub fn command(&self, command: &str, arguments: &[&str]) -> Command {
        let mut program = Command::new(env!("CARGO_BIN_EXE_plasmabridge"));
        program.args([command, "--server", self.base]).args(arguments);
        program
    }

    pub fn run(&self, command: &str, arguments: &[&str]) -> Ran {
        Ran::of(&self.command(command, arguments).output().unwrap())
    }

    pub fn sync(&self, arguments: &[&str]) -> Ran {
        self.run("sync", &[&["--as-of", AS_OF], arguments].concat())
    }

    /// A run for one patient that has to end well; its counts.
    pub fn sync_patient(&self, patient: &str) -> [u64; 4] {
        let ran = self.sync(&["--patient", patient]);
        assert_eq!(ran.exit, 0, "{ran:?}");
        ran.counts()
    }

    /// Seeds a copy of a story under ids of its own; the patient's id.
    pub fn seeded(&self, story: &str) -> String {
        let text = std::fs::read_to_string(Path::new("fixtures/patients").join(story)).unwrap();
        let (path, patient) = self.copy(&text);
        let ran = self.run("seed", &[path.to_str().unwrap()]);
        assert_eq!((ran.exit, &ran.line["patients"]), (0, &json!(1)), "{ran:?}");
        patient
    }

    fn copy(&self, text: &str) -> (PathBuf, String) {
        let bundle: Value = serde_json::from_str(text).unwrap();
        let resources = bundle["entry"].as_array().unwrap().iter().map(|entry| &entry["resource"]);
        let patient = resources.clone().find(|it| it["resourceType"] == "Patient").unwrap();
        let (prefix, _) = patient["id"].as_str().unwrap().rsplit_once('-').unwrap();
        assert!(resources.clone().all(|it| it["id"].as_str().unwrap().starts_with(prefix)));
        let number = COPIES.fetch_add(1, Ordering::Relaxed);
        let own = format!("t{}n{number}{prefix}", std::process::id());
        let path = self.folder.path().join(format!("{own}.json"));
        std::fs::write(&path, text.replace(prefix, &own)).unwrap();
        (path, format!("{own}-pt"))
    }

    /// Asks the server itself; the status and the answer.
    pub fn ask(&self, method: &str, path: &str, body: Option<&Value>) -> (u16, Value) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let client = reqwest::Client::new();
            let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
            let mut request =
                client.request(method, format!("{}/{path}", self.base)).header("Cache-Control", "no-cache");
            if let Some(body) = body {
                request = request.header("Content-Type", "application/fhir+json").body(body.to_string());
            }
            let answer = request.send().await.unwrap();
            let status = answer.status().as_u16();
            (status, serde_json::from_str(&answer.text().await.unwrap()).unwrap_or_default())
        })
    }

    pub fn get(&self, path: &str) -> Value {
        let (status, resource) = self.ask("GET", path, None);
        assert_eq!(status, 200, "{path}: {resource}");
        resource
    }

    pub fn put(&self, resource: &Value) {
        let path = format!("{}/{}", resource["resourceType"].as_str().unwrap(), resource["id"].as_str().unwrap());
        let (status, answer) = self.ask("PUT", &path, Some(resource));
        assert!(matches!(status, 200 | 201), "{path}: {status} {answer}");
    }

    /// Changes a resource as somebody else would.
    pub fn change(&self, path: &str, change: impl FnOnce(&mut Value)) {
        let mut resource = self.get(path);
        change(&mut resource);
        self.put(&resource);
    }

    /// The resources of a type that speak of a patient, the oldest first.
    pub fn of_patient(&self, kind: &str, patient: &str) -> Vec<Value> {
        self.found(&format!("{kind}?patient={patient}&_count=200&_sort=_lastUpdated"))
    }

    pub fn found(&self, search: &str) -> Vec<Value> {
        let page = self.get(search);
        let entries = page["entry"].as_array().cloned().unwrap_or_default();
        entries.into_iter().map(|entry| entry["resource"].clone()).collect()
    }

    /// The patient's one resource of a type.
    pub fn only(&self, kind: &str, patient: &str) -> Value {
        let found = self.of_patient(kind, patient);
        assert_eq!(found.len(), 1, "{kind} of {patient}: {found:?}");
        found[0].clone()
    }

    /// The Provenances of a resource.
    pub fn provenances(&self, resource: &Value) -> Vec<Value> {
        self.found(&format!("Provenance?target={}&_count=200", reference(resource)))
    }

    /// The versions that the server has of a resource.
    pub fn versions(&self, resource: &Value) -> usize {
        self.found(&format!("{}/_history?_count=200", reference(resource))).len()
    }
}

pub fn reference(resource: &Value) -> String {
    format!("{}/{}", resource["resourceType"].as_str().unwrap(), resource["id"].as_str().unwrap())
}

/// The id of another resource of the same story: `obs-01` of the patient `…-pt`.
pub fn sibling(patient: &str, name: &str) -> String {
    patient.strip_suffix("pt").unwrap().to_owned() + name
}
