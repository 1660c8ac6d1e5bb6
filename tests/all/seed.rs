//! What `seed` sends, as a server sees it that only listens.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use serde_json::{Value, json};
use std::path::Path;
use std::process::{Command, Output};
use wiremock::matchers::method;
use wiremock::{Mock, MockServer, ResponseTemplate};

const BUNDLE: &str = r##"{
  "resourceType": "Bundle", "type": "collection", "entry": [
    { "fullUrl": "https://ehr.example.org/r4/Patient/p1",
      "resource": { "resourceType": "Patient", "id": "p1", "meta": { "versionId": "3", "profile": ["urn:x"] } } },
    { "fullUrl": "urn:uuid:4bd9ef7d-58d0-5f58-ba00-000000000001",
      "resource": { "resourceType": "Observation", "id": "o1", "contained": [{ "resourceType": "Device", "id": "d" }],
        "device": { "reference": "#d" }, "subject": { "reference": "https://ehr.example.org/r4/Patient/p1" } } },
    { "resource": { "resourceType": "DiagnosticReport", "id": "r1",
        "subject": { "reference": "Patient/p1/_history/3" },
        "result": [{ "reference": "urn:uuid:4bd9ef7d-58d0-5f58-ba00-000000000001" }] } }
  ] }"##;

fn seed(server: &MockServer, file: &Path) -> Output {
    let mut program = Command::new(env!("CARGO_BIN_EXE_plasmabridge"));
    program.args(["seed", "--server", &server.uri()]).arg(file);
    program.output().unwrap()
}

async fn sent(bundle: &str, status: &str) -> (Output, Vec<Value>) {
    let server = MockServer::start().await;
    let entry = json!({ "response": { "status": status } });
    let answer = json!({ "resourceType": "Bundle", "type": "transaction-response", "entry": [entry, entry, entry] });
    Mock::given(method("POST")).respond_with(ResponseTemplate::new(200).set_body_json(answer)).mount(&server).await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("story.json");
    std::fs::write(&file, bundle).unwrap();
    let output = seed(&server, &file);
    let requests = server.received_requests().await.unwrap();
    (output, requests.iter().map(|it| serde_json::from_slice(&it.body).unwrap()).collect())
}

fn line(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap()
}

#[tokio::test]
async fn references_are_relative_versions_are_gone_and_the_tag_is_on_each() {
    let (output, sent) = sent(BUNDLE, "201 Created").await;
    assert_eq!(line(&output), json!({ "patients": 1, "resources": 3, "failed": 0, "refused": 0 }), "{output:?}");
    let [transaction] = &sent[..] else { panic!("{sent:?}") };
    assert_eq!(transaction["type"], "transaction");
    let entries = transaction["entry"].as_array().unwrap();
    for (entry, place) in entries.iter().zip(["Patient/p1", "Observation/o1", "DiagnosticReport/r1"]) {
        assert_eq!(entry["request"], json!({ "method": "PUT", "url": place }));
        let full_url = entry["fullUrl"].as_str().unwrap();
        assert!(full_url.starts_with("http://127.0.0.1:") && full_url.ends_with(&format!("/{place}")), "{full_url}");
        let tag = json!([{ "system": "https://plasmabridge.org/fhir/CodeSystem/tag", "code": "invented" }]);
        assert_eq!(entry["resource"]["meta"]["tag"], tag);
    }
    let [patient, observation, report] = [0, 1, 2].map(|place| &entries[place]["resource"]);
    assert_eq!((patient["meta"].get("versionId"), &patient["meta"]["profile"]), (None, &json!(["urn:x"])));
    assert_eq!(observation["subject"]["reference"], "Patient/p1");
    assert_eq!(observation["device"]["reference"], "#d");
    assert_eq!(report["subject"]["reference"], "Patient/p1");
    assert_eq!(report["result"][0]["reference"], "Observation/o1");
}

#[tokio::test]
async fn an_entry_that_the_server_refuses_is_a_failure() {
    let (output, _) = sent(BUNDLE, "422 Unprocessable Entity").await;
    assert_eq!(line(&output), json!({ "patients": 0, "resources": 0, "failed": 1, "refused": 1 }));
    assert_eq!(output.status.code(), Some(4));
}

#[tokio::test]
async fn what_unseed_would_not_find_again_is_not_sent() {
    let (output, sent) = sent(&BUNDLE.replace("DiagnosticReport", "Appointment"), "201 Created").await;
    assert_eq!((output.status.code(), sent.len()), (Some(5), 0), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stderr).contains("Appointment"), "{output:?}");
}

#[tokio::test]
async fn of_a_file_with_a_bundle_a_line_those_that_cannot_be_sent_are_named_and_the_others_sent() {
    let server = MockServer::start().await;
    let entry = json!({ "response": { "status": "201 Created" } });
    let answer = json!({ "resourceType": "Bundle", "type": "transaction-response", "entry": [entry, entry, entry] });
    Mock::given(method("POST")).respond_with(ResponseTemplate::new(200).set_body_json(answer)).mount(&server).await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("patients.ndjson");
    let line = BUNDLE.replace('\n', " ");
    // A broken line, an empty one, one larger than a document may be (1 MB here), and no line break at the end.
    let large = format!("\"{}\"", "x".repeat(1 << 20));
    std::fs::write(&file, [line.as_str(), "{\"resourceType\":", "", &large, &line].join("\n")).unwrap();
    let config = folder.path().join("plasmabridge.toml");
    std::fs::write(&config, "[limits]\nlargest_document_mb = 1\n").unwrap();
    let mut program = Command::new(env!("CARGO_BIN_EXE_plasmabridge"));
    program.args(["seed", "--server", &server.uri(), "--config"]).arg(&config).arg(&file);
    let output = program.output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    let counts = json!({ "patients": 2, "resources": 6, "failed": 2, "refused": 0 });
    assert_eq!(serde_json::from_slice::<Value>(&output.stdout).unwrap(), counts, "{told}");
    assert_eq!(output.status.code(), Some(5));
    assert!(told.contains("patients.ndjson`, line 2: no JSON"), "{told}");
    assert!(told.contains("patients.ndjson`, line 4: it is larger than 1 MB"), "{told}");
}
