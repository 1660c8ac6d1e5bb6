//! Records from an export in bulk: the same plans as by searching, and nobody decided from a part of an export.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod elsewhere;

use super::faults::{ALWAYS, Case, Comes, ONE, case, see_all, server, stands, sync, sync_as, versions};
use super::lists::all_is_seen;
use super::small_server::{Call, Fault, Lists, SmallServer};
use elsewhere::Elsewhere;
use serde_json::{Value, json};
use std::process::{Command, Stdio};
use std::time::Duration;

const BULK: &[&str] = &["--bulk"];

/// The patient of the three who awaits radiotherapy, and the size of the tumour.
const AWAITING: &str = "07665f-pt";
const SIZE: &str = "07665f-obs-01";

fn is_beginning(call: &Call) -> bool {
    call.path.ends_with("$export")
}

fn is_status(call: &Call) -> bool {
    call.method == "GET" && call.path.starts_with("export/") && call.path.matches('/').count() == 1
}

fn is_file(call: &Call) -> bool {
    call.path.starts_with("export/") && call.path.matches('/').count() == 2
}

/// What goes wrong with an export; in the README's table behind the faults of searches and writes.
pub const CASES: &[Case] = &[
    case("an export that the server does not know", "not asked again", Comes::ToAnEnd, |server| {
        server.fault(1, is_beginning, Fault::Status(404));
    }),
    case("503 to the beginning of an export", "asked again", Comes::Through, |server| {
        server.fault(1, is_beginning, Fault::Status(503));
    }),
    case("429 while an export is made, eight times", "waited for, asked again", Comes::Through, |server| {
        server.fault(8, is_status, Fault::With(429, "retry-after", "0".to_owned()));
    }),
    case("500 while an export is made, for ever", "asked again five times", Comes::ToAnEnd, |server| {
        server.fault(ALWAYS, is_status, Fault::Status(500));
    }),
    case("an export is gone while it is made", "begun anew, once", Comes::Through, |server| {
        server.fault(1, is_status, Fault::Status(404));
    }),
    case("every export is gone while it is made", "begun anew, once", Comes::ToAnEnd, |server| {
        server.fault(ALWAYS, is_status, Fault::Status(404));
    }),
    case("a file of an export is gone", "the export is begun anew, once", Comes::Through, |server| {
        server.fault(1, is_file, Fault::Status(410));
    }),
    case("a file of an export breaks off", "read again", Comes::Through, |server| {
        server.fault(1, is_file, Fault::Reset);
    }),
    case("no file of an export in time", "asked for again", Comes::Through, |server| {
        server.fault(1, is_file, Fault::Late(Duration::from_secs(3)));
    }),
    case("a file of an export ends amid a line", "read again", Comes::Through, |server| {
        server.fault(1, is_file, Fault::Truncated);
    }),
    case("a file of an export ends amid a line, always", "read again five times", Comes::ToAnEnd, |server| {
        server.fault(ALWAYS, is_file, Fault::Truncated);
    }),
    case("a compressed file of an export ends too early", "read again", Comes::Through, |server| {
        server.with_exports(|exports| exports.gzip = true);
        server.fault(1, is_file, Fault::Truncated);
    }),
    case(
        "a file of an export with fewer resources than its count",
        "read again five times",
        Comes::ToAnEnd,
        |server| {
            server.with_exports(|exports| exports.count = Some(1));
        },
    ),
    case("HTML instead of a file of an export", "read again five times", Comes::ToAnEnd, |server| {
        server.fault(ALWAYS, is_file, Fault::Body(b"<html><body>Log in</body></html>".to_vec()));
    }),
    case("resources of another type in a file of an export", "nothing of it is used", Comes::ToAnEnd, |server| {
        let stranger = b"{\"resourceType\":\"Basic\",\"id\":\"b1\"}\n".to_vec();
        server.fault(ALWAYS, is_file, Fault::Body(stranger));
    }),
    case("an export with errors", "nothing of it is used", Comes::ToAnEnd, |server| {
        server.with_exports(|exports| exports.issues = vec![("warning", "informational"), ("error", "timeout")]);
    }),
    case("an export with warnings", "counted in the report", Comes::Through, |server| {
        server.with_exports(|exports| exports.issues = vec![("warning", "informational")]);
    }),
    case("an export that lacks a type in silence", "noticed; nothing of it is used", Comes::ToAnEnd, |server| {
        server.with_exports(|exports| exports.without_types = vec!["DiagnosticReport"]);
    }),
    case("an export without some patients", "these are asked for by searches", Comes::Through, |server| {
        server.with_exports(|exports| exports.without_patients = vec![ONE, AWAITING]);
    }),
    case("a list of an export's files that is none", "nothing of it is used", Comes::ToAnEnd, |server| {
        let change = |body: &mut Value| drop(body.as_object_mut().unwrap().remove("output"));
        server.fault(ALWAYS, is_status, Fault::changed(change));
    }),
    case("a list of an export's files that goes on elsewhere", "nothing of it is used", Comes::ToAnEnd, |server| {
        let change = |body: &mut Value| body["link"] = json!([{ "relation": "next", "url": "export/0?page=2" }]);
        server.fault(ALWAYS, is_status, Fault::changed(change));
    }),
    case(
        "files of an export at another host",
        "not fetched unless the configuration names it, and no token goes there",
        Comes::ToAnEnd,
        |server| server.with_exports(|exports| exports.files_at = Some("https://elsewhere.example.org".to_owned())),
    ),
];

#[test]
fn nothing_is_lost_and_nobody_is_decided_from_a_part_whatever_goes_wrong_with_an_export() {
    see_all(CASES, BULK);
}

/// Beside the three patients: a correction under a code that no mapping knows, of a result that decides. Searches by code
/// do not bring it; read all the same, it would take the result away.
fn with_an_unknown_correction() -> SmallServer {
    let server = server();
    let identifier = json!([{ "system": "https://lab.example.org/results", "value": "4711" }]);
    server.with(|store| {
        store.change("Observation", SIZE, |size| size["identifier"] = identifier.clone());
        store.put(json!({ "resourceType": "Observation", "id": "unknown-correction", "status": "corrected",
            "identifier": identifier, "subject": { "reference": format!("Patient/{AWAITING}") },
            "code": { "coding": [{ "system": "https://lab.example.org/codes", "code": "nobody-knows" }] },
            "effectiveDateTime": "2026-11-01", "valueString": "see the other one" }));
    });
    server.calls();
    server
}

#[test]
fn an_export_gives_the_plans_and_the_counts_that_searches_give_without_searching_records() {
    let (searched, exported) = (with_an_unknown_correction(), with_an_unknown_correction());
    let by_searches = sync(&searched.base, &[]);
    let in_bulk = sync(&exported.base, BULK);
    assert_eq!((by_searches.exit, in_bulk.exit), (0, 0), "{}\n{}", by_searches.stderr, in_bulk.stderr);
    assert_eq!(stands(&exported), stands(&searched));
    assert!(stands(&exported).iter().any(|plan| plan.contains(&format!("Observation/{SIZE}"))), "the size is read");
    for count in ["patients", "created", "updated", "unchanged", "revoked", "not_evaluated", "left_to_other_hand"] {
        assert_eq!(in_bulk.line[count], by_searches.line[count], "{count}");
    }
    let calls = exported.calls();
    for kind in ["Patient", "Observation", "DiagnosticReport", "Procedure"] {
        assert!(!calls.iter().any(|call| call.searches(kind)), "{kind}");
    }
    assert!(calls.iter().all(|call| call.authorization.as_deref() == Some("Bearer a-secret-token")));
    let asked: Vec<&str> = calls.iter().filter(|call| is_status(call)).map(|call| call.path.as_str()).collect();
    assert_eq!(asked, ["export/0"; 3], "twice it was not made yet");
    let made = exported.with_exports(|exports| exports.made.clone());
    assert_eq!((made.len(), made[0].path.as_str(), made[0].is_ended), (1, "Patient/$export", true));
    let types = ["Patient", "Condition", "Observation", "DiagnosticReport", "Procedure", "BodyStructure"];
    assert_eq!(made[0].types, types);

    let written = versions(&exported);
    let again = sync(&exported.base, BULK);
    assert_eq!((again.exit, versions(&exported)), (0, written), "a second run wrote something: {}", again.stderr);
    let calls = exported.calls();
    assert_eq!(calls.iter().filter(|call| call.searches("CarePlan")).count(), 2, "who has a plan, and the plans");
    assert_eq!((&again.line["created"], &again.line["unchanged"]), (&json!(0), &by_searches.line["created"]));
}

#[test]
fn for_every_story_an_export_would_have_written_what_searches_would() {
    let server = SmallServer::start();
    server.hold("fixtures/patients");
    let folder = tempfile::tempdir().unwrap();
    let would_write = |further: &[&str]| {
        let path = folder.path().join("bundle.json");
        let ran = sync(&server.base, &[&["--dry-run", "--bundle", path.to_str().unwrap()], further].concat());
        assert_eq!((ran.exit, &ran.line["not_evaluated"]), (6, &json!(0)), "{}", ran.stderr);
        std::fs::read_to_string(&path).unwrap()
    };
    let by_searches = would_write(&[]);
    assert!(by_searches == would_write(BULK));
    assert!(by_searches.matches("\"resourceType\":\"CarePlan\"").count() > 80);
}

#[test]
fn results_within_panels_are_left_out_where_the_searches_leave_them_out() {
    let (searched, exported) = (server(), server());
    let by_code_alone = "[search.types.Observation]\ncode_parameter = \"code\"\n";
    assert_eq!(sync_as(&searched.base, by_code_alone, &[]).exit, 0);
    assert_eq!(sync_as(&exported.base, by_code_alone, BULK).exit, 0);
    assert_eq!(stands(&exported), stands(&searched));
    let whole = server();
    assert_eq!(sync(&whole.base, BULK).exit, 0);
    assert_ne!(stands(&whole), stands(&exported), "a panel of blood counts is read as a whole otherwise");
}

/// All three patients have died, and what stands for each has to be found, to be taken back.
fn all_are_taken_back(lists_no_longer_work: impl Fn(&SmallServer)) {
    let server = server();
    assert_eq!(sync(&server.base, BULK).exit, 0);
    for id in [ONE, AWAITING, "6bfe96-pt"] {
        server.with(|store| store.change("Patient", id, |patient| patient["deceasedBoolean"] = json!(true)));
    }
    // Nobody has a Procedure any more, so that it is looked whether the export has left them out.
    server.with(|store| *store = store.without(&["Procedure"]));
    lists_no_longer_work(&server);
    let written = versions(&server);
    let ran = sync(&server.base, BULK);
    assert_eq!((ran.exit, ran.counts()[3] as usize), (0, written), "{}", ran.stderr);
    let is_draft = |plan: &Value| plan["status"] == "draft";
    assert!(!server.with(|store| store.all("CarePlan")).iter().any(is_draft));
}

#[test]
fn a_list_of_patients_that_is_answered_for_its_first_or_refused_hides_no_plan_from_an_export() {
    all_are_taken_back(|server| server.with(|store| store.lists = Lists::FirstAlone));
    all_are_taken_back(|server| {
        let is_list = |call: &Call| call.parameter("patient").is_some_and(|list| list.contains(','));
        server.fault(ALWAYS, is_list, Fault::Status(400));
    });
}

#[test]
fn the_report_says_what_the_export_was_without_what_was_read_twice() {
    let server = server();
    server.with_exports(|exports| {
        exports.issues = vec![("warning", "informational"), ("information", "informational")];
    });
    server.fault(1, |call| call.path == "export/0/2", Fault::Truncated);
    server.fault(2, |call| call.path == "export/0/4", Fault::Reset);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("report.json");
    let ran = sync(&server.base, &["--bulk", "--report", path.to_str().unwrap()]);
    assert_eq!((ran.exit, &ran.line["patients"]), (0, &json!(3)), "{}", ran.stderr);
    let report: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
    let export = &report["export"];
    // Two files of each of four types, one of the only Procedure, and one of issues.
    assert_eq!(export["files"], 10, "{export}");
    // 3 Patients, 7 Conditions, 120 Observations, 12 DiagnosticReports, 1 Procedure.
    assert_eq!((&export["patients"], &export["resources"], &export["warnings"]), (&json!(3), &json!(143), &json!(2)));
}

#[test]
fn a_type_that_is_off_is_not_exported_and_parameters_of_a_search_go_with_no_export() {
    let server = server();
    let ran = sync_as(&server.base, "[search.types.Procedure]\noff = true\n", BULK);
    assert_eq!(ran.exit, 0, "{}", ran.stderr);
    let types = server.with_exports(|exports| exports.made[0].types.clone());
    assert!(types.contains(&"Condition".to_owned()) && !types.contains(&"Procedure".to_owned()), "{types:?}");
    server.calls();
    let parameters = "[search.types.Observation]\nparameters = { category = \"laboratory\" }\n";
    let ran = sync_as(&server.base, parameters, BULK);
    assert!(ran.exit == 3 && ran.stderr.contains("the searches of Observation have `parameters`"), "{ran:?}");
    assert!(server.calls().is_empty());
}

fn group(server: &SmallServer, members: &[&str]) {
    let entity = |id: &&str| json!({ "entity": { "reference": format!("Patient/{id}") } });
    let members: Vec<Value> = members.iter().map(entity).collect();
    server.with(|store| store.put(json!({ "resourceType": "Group", "id": "ward", "member": members })));
}

/// The tumour larger than 5 cm: 40 to 50 Gy instead of 35 to 40 (R06).
fn larger_tumour(server: &SmallServer) {
    server.with(|store| store.change("Observation", SIZE, |size| size["valueQuantity"]["value"] = json!(62)));
}

#[test]
fn who_has_a_plan_and_is_not_in_the_export_of_a_group_is_asked_for_alone_and_keeps_what_holds() {
    let (searched, exported) = (server(), server());
    for server in [&searched, &exported] {
        assert_eq!(sync(&server.base, &[]).exit, 0);
        group(server, &[ONE]);
        larger_tumour(server);
        server.calls();
    }
    let by_searches = sync(&searched.base, &["--group", "ward"]);
    let in_bulk = sync(&exported.base, &["--group", "ward", "--bulk"]);
    assert_eq!((in_bulk.exit, by_searches.exit), (0, 0), "{}", in_bulk.stderr);
    assert_eq!(in_bulk.counts(), by_searches.counts());
    let [created, updated, unchanged, revoked] = in_bulk.counts();
    assert!(created == 0 && updated == 1 && unchanged >= 3 && revoked == 0, "{}", in_bulk.line);
    assert_eq!(stands(&exported), stands(&searched));
    let calls = exported.calls();
    let made = exported.with_exports(|exports| exports.made[0].path.clone());
    assert_eq!(made, "Group/ward/$export");
    let asked: Vec<&str> =
        calls.iter().filter(|call| call.searches("Observation")).filter_map(|call| call.parameter("patient")).collect();
    assert!(!asked.is_empty() && asked.iter().all(|list| !list.contains(ONE)), "{asked:?}");
}

#[test]
fn nobody_concerned_is_no_export() {
    let server = SmallServer::start();
    let ran = sync(&server.base, BULK);
    assert_eq!((ran.exit, &ran.line["patients"]), (0, &json!(0)), "{}", ran.stderr);
    assert!(server.with_exports(|exports| exports.made.is_empty()));
}

#[test]
fn what_has_changed_since_an_older_export_is_read_anew() {
    let server = server();
    let of = server.with(|store| store.clone());
    server.with_exports(|exports| exports.of = Some((of, jiff::Timestamp::now())));
    std::thread::sleep(Duration::from_secs(2));
    larger_tumour(&server);
    let ran = sync(&server.base, BULK);
    assert_eq!((ran.exit, &ran.line["patients"]), (0, &json!(3)), "{}", ran.stderr);
    let asked: Vec<String> = server
        .calls()
        .iter()
        .filter(|call| call.searches("Observation"))
        .filter_map(|call| call.parameter("patient").map(str::to_owned))
        .collect();
    assert!(!asked.is_empty() && asked.iter().all(|list| list == AWAITING), "{asked:?}");
    let written = versions(&server);
    let by_searches = sync(&server.base, &[]);
    assert_eq!((by_searches.exit, versions(&server)), (0, written), "searches decide otherwise");
}

#[test]
fn after_an_export_only_changes_are_asked_for() {
    let server = server();
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state.sqlite");
    let state_arguments = ["--state", state.to_str().unwrap()];
    let first = sync(&server.base, &[&state_arguments[..], BULK].concat());
    assert_eq!((first.exit, &first.line["patients"]), (0, &json!(3)), "{}", first.stderr);
    all_is_seen(&state);
    let quiet = sync(&server.base, &state_arguments);
    assert_eq!((quiet.exit, &quiet.line["patients"]), (0, &json!(0)), "{}", quiet.stderr);
    all_is_seen(&state);
    larger_tumour(&server);
    let next = sync(&server.base, &state_arguments);
    assert_eq!((next.exit, &next.line["patients"], next.counts()[1]), (0, &json!(1), 1), "{}", next.stderr);
    let bulk = sync(&server.base, &[&state_arguments[..], BULK].concat());
    assert_eq!((bulk.exit, &bulk.line["patients"]), (0, &json!(3)), "an export is of everyone: {}", bulk.stderr);
}

#[test]
fn an_export_that_takes_too_long_or_is_too_large_is_ended_and_nobody_decided() {
    let server = server();
    server.with_exports(|exports| exports.waits = usize::MAX);
    let ran = sync_as(&server.base, "[bulk]\ndeadline_seconds = 1\n", BULK);
    assert!(ran.exit == 4 && ran.stderr.contains("it has not come within 1 s"), "{ran:?}");
    server.with_exports(|exports| exports.waits = 0);
    let ran = sync_as(&server.base, "[bulk]\nlargest_mb = 0\n", BULK);
    assert!(ran.exit == 4 && ran.stderr.contains("`largest_mb`"), "{ran:?}");
    assert!(server.with_exports(|exports| exports.made.len() == 2 && exports.made.iter().all(|made| made.is_ended)));
    assert_eq!(versions(&server), 0);
    assert!(!server.calls().iter().any(Call::is_write));
}

#[test]
fn files_at_another_origin_are_fetched_where_it_is_named_and_never_with_the_token() {
    let server = server();
    let elsewhere = Elsewhere::of(&server.base);
    let allowed = format!("[bulk]\nfile_origins = [\"{}\"]\n", elsewhere.origin);
    server.with_exports(|exports| {
        exports.files_at = Some(elsewhere.origin.clone());
        exports.requires_token = false;
    });
    let refused = sync(&server.base, BULK);
    assert!(refused.exit == 4 && refused.stderr.contains("name it in `file_origins`"), "{refused:?}");
    server.with_exports(|exports| exports.requires_token = true);
    let refused = sync_as(&server.base, &allowed, BULK);
    assert!(refused.exit == 4 && refused.stderr.contains("never goes to another server"), "{refused:?}");
    assert!(elsewhere.requests().is_empty());
    server.with_exports(|exports| exports.requires_token = false);
    let ran = sync_as(&server.base, &allowed, BULK);
    assert_eq!((ran.exit, &ran.line["patients"]), (0, &json!(3)), "{}", ran.stderr);
    let requests = elsewhere.requests();
    assert_eq!(requests.len(), 9);
    assert!(requests.iter().all(|head| !head.to_lowercase().contains("authorization")), "{requests:?}");
}

#[test]
fn a_file_whose_end_cannot_be_told_from_a_break_needs_a_count() {
    let server = server();
    let elsewhere = Elsewhere::of(&server.base);
    elsewhere.without_length();
    let allowed = format!("[bulk]\nfile_origins = [\"{}\"]\n", elsewhere.origin);
    server.with_exports(|exports| {
        exports.files_at = Some(elsewhere.origin.clone());
        exports.requires_token = false;
    });
    let refused = sync_as(&server.base, &allowed, BULK);
    assert!(refused.exit == 4 && refused.stderr.contains("would look like a whole one"), "{refused:?}");
    assert_eq!(versions(&server), 0);
    server.with_exports(|exports| exports.count = Some(0));
    let ran = sync_as(&server.base, &allowed, BULK);
    assert_eq!((ran.exit, &ran.line["patients"]), (0, &json!(3)), "{}", ran.stderr);
}

#[test]
#[cfg(unix)]
fn a_run_that_is_told_to_end_ends_the_export_too() {
    let server = server();
    server.with_exports(|exports| exports.waits = usize::MAX);
    let mut program = Command::new(env!("CARGO_BIN_EXE_plasmabridge"));
    program.args(["sync", "--bulk", "--server", &server.base, "--as-of", "2026-11-22"]);
    let run = program.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    while !server.calls().iter().any(is_status) {
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!(Command::new("kill").args(["-TERM", &run.id().to_string()]).status().unwrap().success());
    let output = run.wait_with_output().unwrap();
    let line: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((output.status.code(), &line["patients"], &line["left"]), (Some(0), &json!(0), &json!(3)), "{line}");
    assert!(server.with_exports(|exports| exports.made[0].is_ended));
    assert_eq!(versions(&server), 0);
}
