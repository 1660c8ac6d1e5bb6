//! What stays on the machine, and what of a patient stands where: state files, logs, reports, requests by a proxy.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use super::faults::{ONE, server};
use super::ran::Ran;
use super::small_server::SmallServer;
use plasmabridge::sync::state::{Seen, State};
use rusqlite::Connection;
use serde_json::json;
use std::path::Path;
use std::process::Command;

const TOKEN: &str = "a-secret-token";

/// Runs a sync with a state file, by a shell that lets everyone read what is made.
fn sync(server: &SmallServer, state: &Path, further: &[&str], environment: &[(&str, &str)]) -> Ran {
    let mut program = Command::new("sh");
    program.args(["-c", "umask 000; exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_plasmabridge")]);
    program.args(["sync", "--server", &server.base, "--as-of", "2026-11-22", "--state", state.to_str().unwrap()]);
    program.args(further).env("PLASMABRIDGE_TOKEN", TOKEN).envs(environment.iter().copied());
    Ran::of(&program.output().unwrap())
}

#[cfg(unix)]
fn modes(folder: &Path) -> Vec<(String, u32)> {
    use std::os::unix::fs::PermissionsExt;
    let of = |entry: std::fs::DirEntry| {
        (entry.file_name().into_string().unwrap(), entry.metadata().unwrap().permissions().mode() & 0o777)
    };
    let mut modes: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| of(entry.unwrap())).collect();
    modes.sort();
    modes
}

#[cfg(unix)]
#[test]
fn the_state_file_and_all_beside_it_are_their_owners_alone() {
    let own = |names: &[&str]| names.iter().map(|name| ((*name).to_owned(), 0o600)).collect::<Vec<_>>();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.sqlite");
    // It stands there already, and everyone can read it.
    std::fs::write(&path, b"").unwrap();
    assert_eq!(modes(folder.path()), [("state.sqlite".to_owned(), 0o644)]);
    let state = State::open(&path, "https://fhir.example.org/r4/").unwrap();
    state.see(&Seen::default()).unwrap();
    let open = ["state.sqlite", "state.sqlite-shm", "state.sqlite-wal", "state.sqlite.lock"];
    assert_eq!(modes(folder.path()), own(&open));
    drop(state);
    let server = server();
    let further = tempfile::tempdir().unwrap();
    let ran = sync(&server, &further.path().join("state.sqlite"), &[], &[]);
    assert_eq!(ran.exit, 0, "{}", ran.stderr);
    assert_eq!(modes(further.path()), own(&["state.sqlite", "state.sqlite.lock"]));
}

/// What is known of a patient and stands nowhere but on the server.
const HIDDEN: [&str; 6] = ["Opfundet", "010203-0000", "Nowhere Street", "98.765", "Words of a clinician", "718-7"];

#[test]
fn state_logs_and_report_hold_nothing_of_a_patient_but_references() {
    let server = server();
    server.with(|store| {
        store.change("Patient", ONE, |patient| {
            patient["name"] = json!([{ "family": HIDDEN[0] }]);
            patient["identifier"] = json!([{ "system": "urn:oid:1.2.208.176.1.2", "value": HIDDEN[1] }]);
            patient["address"] = json!([{ "line": [HIDDEN[2]] }]);
        });
        store.put(json!({ "resourceType": "Observation", "id": "hb", "status": "final",
            "subject": { "reference": format!("Patient/{ONE}") }, "effectiveDateTime": "2026-10-01",
            "code": { "coding": [{ "system": "http://loinc.org", "code": HIDDEN[5] }] },
            "note": [{ "text": HIDDEN[4] }], "valueQuantity": { "value": 98.765, "unit": "g/dL" } }));
    });
    // One is set aside, so that there is something to say: the words of the server's refusal are not for us.
    let refusal = format!("{} has no {}", HIDDEN[0], HIDDEN[4]);
    server.fault(
        usize::MAX,
        |call| call.is_write() && call.body.contains(ONE),
        super::small_server::Fault::Refusal(
            422,
            json!([{ "severity": "error", "code": refusal, "diagnostics": refusal }]),
        ),
    );
    let folder = tempfile::tempdir().unwrap();
    let (state, report) = (folder.path().join("state.sqlite"), folder.path().join("report.json"));
    let ran = sync(&server, &state, &["--log", "debug", "--report", report.to_str().unwrap()], &[]);
    assert_eq!((ran.exit, &ran.line["not_evaluated"]), (5, &json!(1)), "{}", ran.stderr);
    assert!(ran.stderr.contains("POST Observation/_search") && ran.stderr.contains(ONE), "{}", ran.stderr);
    let held: String = texts(&state).join("\n");
    assert!(held.contains(ONE) && held.contains("422"), "{held}");
    let reported = std::fs::read_to_string(&report).unwrap();
    for (place, text) in
        [("the logs", &ran.stderr), ("the line", &ran.stdout), ("the state", &held), ("the report", &reported)]
    {
        for hidden in HIDDEN.iter().chain(&[TOKEN, "_count", "code="]) {
            assert!(!text.contains(hidden), "{place}: `{hidden}` in {text}");
        }
    }
}

/// Every value of every table.
fn texts(state: &Path) -> Vec<String> {
    let connection = Connection::open(state).unwrap();
    let mut texts = Vec::new();
    for (table, columns) in tables(&connection) {
        for column in columns {
            let mut rows = connection.prepare(&format!("SELECT CASE typeof({column}) WHEN 'blob' THEN hex({column}) ELSE CAST({column} AS TEXT) END FROM {table}")).unwrap();
            let values = rows.query_map([], |row| row.get::<_, Option<String>>(0)).unwrap();
            texts.extend(values.filter_map(|value| value.unwrap()));
        }
    }
    texts
}

fn tables(connection: &Connection) -> Vec<(String, Vec<String>)> {
    let names = |sql: &str| -> Vec<String> {
        let mut rows = connection.prepare(sql).unwrap();
        rows.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    };
    let tables = names("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name");
    tables
        .into_iter()
        .map(|table| (table.clone(), names(&format!("SELECT name FROM pragma_table_info('{table}')"))))
        .collect()
}

#[test]
fn the_readme_says_of_every_column_of_the_state_file_what_it_holds() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.sqlite");
    drop(State::open(&path, "https://fhir.example.org/r4/").unwrap());
    let readme = std::fs::read_to_string("README.md").unwrap();
    let security = readme.split("\n## Security\n").nth(1).unwrap().split("\n## ").next().unwrap();
    let tables = tables(&Connection::open(&path).unwrap());
    assert!(tables.len() >= 3, "{tables:?}");
    for (table, columns) in tables {
        let line = security.lines().find(|line| line.starts_with(&format!("| `{table}` |")));
        let line = line.unwrap_or_else(|| panic!("the table `{table}` is not in the README's section on security"));
        for column in columns {
            assert!(
                line.contains(&format!("`{column}`")),
                "`{table}.{column}` is not in the README's section on security"
            );
        }
    }
}

#[test]
fn what_goes_to_this_machine_in_plain_text_goes_by_no_proxy() {
    let (server, proxy) = (server(), SmallServer::start());
    let folder = tempfile::tempdir().unwrap();
    let at = proxy.base.trim_end_matches("/fhir");
    let environment = [("HTTP_PROXY", at), ("http_proxy", at), ("ALL_PROXY", at), ("NO_PROXY", ""), ("no_proxy", "")];
    let ran = sync(&server, &folder.path().join("state.sqlite"), &[], &environment);
    assert_eq!((ran.exit, &ran.line["patients"]), (0, &json!(3)), "{}", ran.stderr);
    assert!(proxy.calls().is_empty(), "something went by the proxy");
}
