//! `doctor` says of scripted servers whether a sync would work, why not, and which codes no mapping knows.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod scripted;

use scripted::{Lists, Scripted};
use serde_json::{Value, json};
use std::process::Command;
use wiremock::{Mock, MockServer, ResponseTemplate};

/// What the program answered.
struct Answer {
    exit: i32,
    out: String,
    err: String,
}

impl Answer {
    fn report(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|_| panic!("{}{}", self.out, self.err))
    }

    #[track_caller]
    fn check(&self, name: &str) -> Value {
        let report = self.report();
        let found = report["checks"].as_array().unwrap().iter().find(|check| check["name"] == name);
        found.unwrap_or_else(|| panic!("no `{name}` in {report:#}")).clone()
    }

    /// The names of the checks that came out so.
    fn with(&self, result: &str) -> Vec<String> {
        let report = self.report();
        let checks = report["checks"].as_array().unwrap().iter();
        checks.filter(|it| it["result"] == result).map(|it| it["name"].as_str().unwrap().to_owned()).collect()
    }

    /// Ends with 4, one check failed, and its detail or advice has these words.
    #[track_caller]
    fn fails(&self, name: &str, words: &[&str]) {
        assert_eq!((self.exit, self.with("failed")), (4, vec![name.to_owned()]), "{}{}", self.out, self.err);
        let check = self.check(name);
        let said = format!("{} {}", check["detail"].as_str().unwrap(), check["advice"].as_str().unwrap());
        words.iter().for_each(|word| assert!(said.contains(word), "`{word}` is not in: {said}"));
        assert_eq!(self.report()["would_work"], false);
    }
}

fn doctor(url: &str, arguments: &[&str]) -> Answer {
    let mut command = Command::new(env!("CARGO_BIN_EXE_plasmabridge"));
    for name in ["TOKEN", "SERVER", "CONFIG", "MAPPINGS"] {
        command.env_remove(format!("PLASMABRIDGE_{name}"));
    }
    let output = command.args(["doctor", "--server", url]).args(arguments).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Answer { exit: output.status.code().unwrap(), out: text(output.stdout), err: text(output.stderr) }
}

async fn examined(scripted: Scripted) -> Answer {
    let server = scripted.start().await;
    doctor(&server.uri(), &["--json"])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_does_all_is_well_and_is_only_read() {
    let server = Scripted::default().start().await;
    let answer = doctor(&server.uri(), &["--json"]);
    assert_eq!(answer.exit, 0, "{}{}", answer.out, answer.err);
    assert_eq!((answer.with("failed"), answer.with("warning")), (vec![], vec![]), "{}", answer.out);
    for name in ["_lastUpdated", "page size", "_elements"] {
        assert_eq!(answer.check(name)["detail"], "honoured", "{name}");
    }
    assert!(answer.check("Observation by combo-code")["ms"].is_u64());
    assert!(answer.check("writing stated")["ms"].is_null());
    assert!(answer.check("_include")["detail"].as_str().unwrap().contains("does not need it"));
    for request in server.received_requests().await.unwrap() {
        let is_search = request.method.as_str() == "POST" && request.url.path().ends_with("/_search");
        assert!(is_search || request.method.as_str() == "GET", "{} {}", request.method, request.url);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_coverage_has_codes_with_display_and_count_and_nothing_of_a_patient() {
    let server = Scripted::default().start().await;
    let answer = doctor(&server.uri(), &["--json"]);
    let coverage = &answer.report()["coverage"];
    assert_eq!((&coverage["patients"], &coverage["not_whole"]), (&json!(3), &json!(0)));
    let codes = coverage["unknown_codes"].as_array().unwrap();
    let pressure = json!({ "resource": "Observation", "code": "http://loinc.org|85354-9",
        "display": "Blood pressure panel", "count": 3 });
    assert!(codes.contains(&pressure), "{coverage:#}");
    assert!(!codes.iter().any(|it| it["code"].as_str().unwrap().ends_with("|718-7")), "{coverage:#}");
    let unit = &coverage["units"][0];
    assert_eq!((&unit["units"], &unit["count"]), (&json!("bananas"), &json!(3)), "{coverage:#}");
    let procedure = codes.iter().find(|it| it["code"] == "urn:odd|P1").unwrap();
    assert_eq!(procedure["display"], "(not shown: it holds a long number)");
    let table = doctor(&server.uri(), &[]);
    for text in [&answer.out, &answer.err, &table.out, &table.err] {
        for hidden in ["secret-", "Opfundet", "98.765", "010203", "123456", "Words of a clinician", "2026-10-01"] {
            assert!(!text.contains(hidden), "`{hidden}` is in:\n{text}");
        }
    }
    assert!(table.out.contains("A sync would work"), "{}", table.out);
    assert!(table.out.contains("Blood pressure panel") && table.out.contains("bananas"), "{}", table.out);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sample_is_as_large_as_it_is_said() {
    let server = Scripted::default().start().await;
    assert_eq!(doctor(&server.uri(), &["--json", "--sample", "1"]).report()["coverage"]["patients"], 1);
    assert_eq!(doctor(&server.uri(), &["--json", "--sample", "0"]).report().get("coverage"), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn r5_is_another_version() {
    let answer = examined(Scripted { version: "5.0.0", ..Scripted::default() }).await;
    answer.fails("FHIR version", &["5.0.0", "R4"]);
    assert_eq!(answer.report()["complete"], false);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_stated_to_be_writable_fails() {
    let care_plan = vec!["read", "search-type"];
    let answer = examined(Scripted { care_plan, ..Scripted::default() }).await;
    answer.fails("writing stated", &["CarePlan create", "CarePlan update"]);
    let answer = examined(Scripted { transaction: false, ..Scripted::default() }).await;
    answer.fails("transactions", &["transaction"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_is_told_where_it_is_stated_and_not_needed() {
    for (export, says) in [(true, "stated for Patient: `sync --bulk` can be tried"), (false, "not stated")] {
        let answer = examined(Scripted { export, ..Scripted::default() }).await;
        assert_eq!(answer.exit, 0, "{}", answer.out);
        let detail = answer.check("$export")["detail"].as_str().unwrap().to_owned();
        assert!(detail.starts_with(says), "{detail}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn searches_by_get_alone_have_to_be_configured() {
    let server = Scripted { post_search: false, ..Scripted::default() }.start().await;
    doctor(&server.uri(), &["--json"]).fails("search by POST", &["405", "by_get = true", "[search]"]);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("by-get.toml");
    std::fs::write(&path, "[search]\nby_get = true\n").unwrap();
    let answer = doctor(&server.uri(), &["--json", "--config", path.to_str().unwrap()]);
    assert_eq!((answer.exit, answer.with("failed")), (0, vec![]), "{}", answer.out);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_is_cut_would_lose_results_and_fails() {
    let server = Scripted { lists: Lists::FirstAlone, ..Scripted::default() }.start().await;
    let answer = doctor(&server.uri(), &["--json"]);
    answer.fails("lists of patients", &["patients = 1", "Condition", "Observation"]);
    // The codes are counted all the same: each patient was asked for alone.
    let counted = |it: &&Value| it["code"] == "http://loinc.org|85354-9" && it["count"] == 3;
    assert!(
        answer.report()["coverage"]["unknown_codes"].as_array().unwrap().iter().any(|it| counted(&it)),
        "{}",
        answer.out
    );
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("one.toml");
    std::fs::write(&path, "[search]\npatients = 1\n").unwrap();
    let answer = doctor(&server.uri(), &["--json", "--config", path.to_str().unwrap()]);
    assert_eq!((answer.exit, answer.with("failed")), (0, vec![]), "{}", answer.out);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_is_ignored_is_noticed_by_a_sync_and_only_slow() {
    let answer = examined(Scripted { lists: Lists::ThrownAway, ..Scripted::default() }).await;
    assert_eq!((answer.exit, answer.with("warning")), (0, vec!["lists of patients".to_owned()]), "{}", answer.out);
    assert_eq!(answer.report()["coverage"]["patients"], 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_identifier_that_is_ignored_fails() {
    let answer = examined(Scripted { identifier: false, ..Scripted::default() }).await;
    answer.fails("CarePlan by identifier", &["ignored"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_without_conclusion_can_be_searched_whole() {
    let server = Scripted { conclusion: false, ..Scripted::default() }.start().await;
    doctor(&server.uri(), &["--json"]).fails("DiagnosticReport by conclusion", &["all_codes = true"]);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("whole.toml");
    std::fs::write(&path, "[search.types.DiagnosticReport]\nall_codes = true\n").unwrap();
    let answer = doctor(&server.uri(), &["--json", "--config", path.to_str().unwrap()]);
    assert_eq!((answer.exit, answer.with("failed")), (0, vec![]), "{}", answer.out);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_makes_a_sync_slow_alone_is_a_warning() {
    let answer = examined(Scripted { last_updated: false, page_size: false, ..Scripted::default() }).await;
    let warnings = vec!["page size".to_owned(), "_lastUpdated".to_owned()];
    assert_eq!((answer.exit, answer.with("warning")), (0, warnings), "{}", answer.out);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_is_off_is_told() {
    let answer = examined(Scripted { seconds_off: -600, ..Scripted::default() }).await;
    assert_eq!((answer.exit, answer.with("warning")), (0, vec!["clock".to_owned()]), "{}", answer.out);
    let detail = answer.check("clock")["detail"].as_str().unwrap().to_owned();
    assert!(detail.contains("behind"), "{detail}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_with_a_diagnosis_is_a_warning_and_nothing_is_called_honoured() {
    let answer = examined(Scripted { patients: 0, ..Scripted::default() }).await;
    let warnings = vec!["patients".to_owned(), "lists of patients".to_owned()];
    assert_eq!((answer.exit, answer.with("warning")), (0, warnings), "{}", answer.out);
    for name in ["page size", "_lastUpdated", "_elements"] {
        assert_ne!(answer.check(name)["detail"], "honoured", "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_cannot_be_reached_is_told_at_once() {
    // A port that was free a moment ago, and on which nobody listens.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let answer = doctor(&format!("http://127.0.0.1:{port}"), &["--json"]);
    answer.fails("reached", &["cannot be reached"]);
    assert_eq!(answer.report()["complete"], false);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_for_people_is_no_fhir_server() {
    let server = MockServer::start().await;
    let page = ResponseTemplate::new(200).set_body_raw("<html>Welcome</html>", "text/html");
    Mock::given(wiremock::matchers::any()).respond_with(page).mount(&server).await;
    doctor(&server.uri(), &["--json"]).fails("reached", &["HTML"]);
}

#[test]
fn a_configuration_that_cannot_be_used_is_another_exit_code() {
    let answer = doctor("http://127.0.0.1:9", &["--config", "/nowhere/plasmabridge.toml"]);
    assert_eq!(answer.exit, 3, "{}", answer.err);
}

/// Asks with SMART Backend Services, and is granted these scopes.
async fn with_scopes(scopes: &'static str) -> Answer {
    let server = Scripted { scopes, ..Scripted::default() }.start().await;
    let folder = tempfile::tempdir().unwrap();
    let (key, path) = (folder.path().join("key.pem"), folder.path().join("smart.toml"));
    std::fs::write(&key, KEY).unwrap();
    let text = format!("[auth]\nkind = \"smart\"\nclient_id = \"test\"\nkey_file = \"{}\"\n", key.display());
    std::fs::write(&path, text).unwrap();
    doctor(&server.uri(), &["--json", "--config", path.to_str().unwrap()])
}

#[tokio::test(flavor = "multi_thread")]
async fn granted_scopes_are_compared_with_those_that_a_sync_needs() {
    for scopes in ["system/*.cruds", "system/*.*", "system/*.read system/*.write"] {
        let answer = with_scopes(scopes).await;
        assert_eq!((answer.exit, answer.with("failed")), (0, vec![]), "{scopes}: {}", answer.out);
        assert!(!answer.out.contains("a-token-to-hide"));
    }
    let answer = with_scopes("system/*.rs system/CarePlan.cu system/Provenance.c").await;
    answer.fails("scopes", &["system/RiskAssessment.cu"]);
    let answer = with_scopes("system/*.cruds?category=laboratory").await;
    answer.fails("scopes", &["a part", "Observation"]);
}

/// A key that was made for this test and opens nothing.
const KEY: &str = "-----BEGIN PRIVATE KEY-----\n\
MIG2AgEAMBAGByqGSM49AgEGBSuBBAAiBIGeMIGbAgEBBDCxFqWgRLrg62/ccxVG\n\
zZS5eO1VkhRf0s6HSrWEAyC1Qxm7zbEc1qDIoyDvjJCnm+ChZANiAATh4K6w5A9t\n\
/Jp9oDRb00sMzZv5Rqo0i3fIn+B80OdbRBEhQlE3csbMc/hfzq54oeSTWsKW/UhA\n\
oa/gkwJyL/SiY4VXEnxLR4kxv/PwSVCNCNAbFdlJ9QL0MwyyxOd1MfE=\n\
-----END PRIVATE KEY-----\n\
";
