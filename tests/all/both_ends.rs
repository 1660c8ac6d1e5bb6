//! A server and a folder with the same records come to the same plans: what the searches bring is all that is read.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use super::faults::sync;
use super::ran::Ran;
use super::small_server::SmallServer;
use plasmabridge::plan::{ResourceKind, codes, fingerprint};
use serde_json::Value;
use std::collections::BTreeMap;
use std::process::Command;

/// A creatinine of this patient names its subject by identifier alone, and so no search by patient finds it (README).
const BY_IDENTIFIER: &str = "Patient/406c06-pt";

/// What each resource says: its fingerprint, by its identifier.
fn said(resources: impl Iterator<Item = Value>) -> BTreeMap<String, String> {
    let of = |it: Value| (it["identifier"][0]["value"].as_str().unwrap().to_owned(), fingerprint::of(&it));
    resources.map(of).collect()
}

#[test]
fn every_story_comes_to_the_same_plan_from_a_server_as_from_files() {
    let server = SmallServer::start();
    server.hold("fixtures/patients");
    let ran = sync(&server.base, &[]);
    assert_eq!(ran.exit, 0, "{}", ran.stderr);
    let out = tempfile::tempdir().unwrap();
    let mut program = Command::new(env!("CARGO_BIN_EXE_plasmabridge"));
    program.args(["sync", "--folder", "fixtures/patients", "--as-of", "2026-11-22", "--out"]).arg(out.path());
    let folder = Ran::of(&program.output().unwrap());
    assert_eq!(folder.exit, 0, "{}", folder.stderr);
    for kind in ResourceKind::ALL {
        let files = std::fs::read_dir(out.path().join(kind.name())).unwrap().map(|file| file.unwrap().path());
        let of_folder = said(files.map(|file| serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap()));
        let of_server = said(server.with(|store| store.all(kind.name())).into_iter());
        let differ = of_folder.iter().filter(|(id, said)| of_server.get(*id) != Some(said));
        let differ: Vec<&String> = differ.map(|(id, _)| id).collect();
        let known = [codes::identifier(kind, BY_IDENTIFIER)];
        assert_eq!(differ, known.iter().collect::<Vec<_>>(), "{kind:?}, of {}", of_folder.len());
        assert_eq!(of_server.len(), of_folder.len(), "{kind:?}");
    }
}
