//! What goes wrong between us and a server, one fault at a time: three patients are synced through it, then once more
//! without it. In the end the server holds what an undisturbed run writes, once; and the README's table is made from here.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use super::ran::Ran;
use super::small_server::{Call, Fault, Lists, SmallServer};
use serde_json::{Value, json};
use std::process::Command;
use std::sync::OnceLock;
use std::time::Duration;

const STORIES: [&str; 3] = [
    "lumbar-plasmacytoma-awaiting-radiotherapy/record-international.json",
    "complete-remission-after-two-years/record-danish.json",
    "broken-humerus-weight-bearing-or-not/record.json",
];

/// The patient of the three who is meant where a fault meets one alone (the broken humerus).
pub const ONE: &str = "bf1e3b-pt";

/// What becomes of the run that meets the fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comes {
    /// It does all that it should.
    Through,
    /// Some patients are not evaluated; what stands for them is left, and the others are done.
    SetAside,
    /// It ends early, and nobody is taken for done.
    ToAnEnd,
}

impl Comes {
    pub const fn exit(self) -> i32 {
        match self {
            Comes::Through => 0,
            Comes::SetAside => 5,
            Comes::ToAnEnd => 4,
        }
    }

    const fn words(self) -> &'static str {
        match self {
            Comes::Through => "the run does everything",
            Comes::SetAside => "those patients are not evaluated, the others are; the next run does the rest",
            Comes::ToAnEnd => "the run ends early and says so; the next one does everything",
        }
    }
}

pub struct Case {
    pub fault: &'static str,
    /// What is done about it.
    done: &'static str,
    pub comes: Comes,
    pub plan: fn(&SmallServer),
}

pub const fn case(fault: &'static str, done: &'static str, comes: Comes, plan: fn(&SmallServer)) -> Case {
    Case { fault, done, comes, plan }
}

pub const ALWAYS: usize = usize::MAX;

fn observations(call: &Call) -> bool {
    call.searches("Observation")
}

fn of_one(call: &Call) -> bool {
    call.parameter("patient").is_some_and(|list| list.contains(ONE))
}

fn small_pages(server: &SmallServer) {
    server.with(|store| store.page = 7);
}

fn next(body: &mut Value, url: Value) {
    body["link"] = json!([{ "relation": "next", "url": url }]);
}

fn http_date_in(seconds: i64) -> String {
    let at = jiff::Timestamp::now() + jiff::SignedDuration::from_secs(seconds);
    at.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

const CASES: &[Case] = &[
    case("connection reset amid an answer", "asked again", Comes::Through, |server| {
        server.fault(1, observations, Fault::Reset);
    }),
    case("connection reset amid every answer", "asked again five times", Comes::ToAnEnd, |server| {
        server.fault(ALWAYS, observations, Fault::Reset);
    }),
    case("no answer in time", "asked again", Comes::Through, |server| {
        server.fault(1, observations, Fault::Late(Duration::from_secs(3)));
    }),
    case("a body that drips", "asked again", Comes::Through, |server| {
        server.fault(1, observations, Fault::Slow(Duration::from_millis(300)));
    }),
    case("401 to a token that does not change", "not asked again", Comes::ToAnEnd, |server| {
        server.fault(1, observations, Fault::Status(401));
    }),
    case("403 to a list of patients", "each asked for alone", Comes::Through, |server| {
        server.fault(1, observations, Fault::Status(403));
    }),
    case("403 for one patient", "each asked for alone", Comes::SetAside, |server| {
        server.fault(ALWAYS, |call| observations(call) && of_one(call), Fault::Status(403));
    }),
    case("403 for everyone", "after three patients in a row the run ends", Comes::ToAnEnd, |server| {
        server.fault(ALWAYS, observations, Fault::Status(403));
    }),
    case("404 to a search, for one patient", "each asked for alone", Comes::SetAside, |server| {
        server.fault(ALWAYS, |call| observations(call) && of_one(call), Fault::Status(404));
    }),
    case("400 to a list of patients", "each asked for alone", Comes::Through, |server| {
        let is_list = |call: &Call| call.parameter("patient").is_some_and(|list| list.contains(','));
        server.fault(ALWAYS, is_list, Fault::Status(400));
    }),
    case("a list of patients answered for its first", "noticed; each asked for alone", Comes::Through, |server| {
        server.with(|store| store.lists = Lists::FirstAlone);
    }),
    case(
        "a list of patients answered for its first, by one type alone",
        "noticed; each asked for alone",
        Comes::Through,
        |server| {
            server.with(|store| store.lists = Lists::FirstAloneFor("Observation"));
        },
    ),
    case("409 to a write", "read, decided and written once more", Comes::Through, |server| {
        server.fault(1, Call::is_write, Fault::Status(409));
    }),
    case("412 to a write", "read, decided and written once more", Comes::Through, |server| {
        server.fault(1, Call::is_write, Fault::Status(412));
    }),
    case(
        "412 to every write of a patient",
        "quarantined, tried again with growing pauses",
        Comes::SetAside,
        |server| {
            server.fault(ALWAYS, |call| call.is_write() && call.body.contains(ONE), Fault::Status(412));
        },
    ),
    case(
        "422 to a write of a patient",
        "the patients of its transaction are written alone",
        Comes::SetAside,
        |server| {
            server.fault(ALWAYS, |call| call.is_write() && call.body.contains(ONE), Fault::Status(422));
        },
    ),
    case("410 while paging", "the search begins anew", Comes::Through, |server| {
        small_pages(server);
        server.fault(1, Call::is_later_page, Fault::Status(410));
    }),
    case("410 at every further page", "the search begins anew twice", Comes::SetAside, |server| {
        small_pages(server);
        server.fault(ALWAYS, Call::is_later_page, Fault::Status(410));
    }),
    case("429 with Retry-After in seconds", "waited for so long, asked again", Comes::Through, |server| {
        server.fault(1, observations, Fault::With(429, "retry-after", "1".to_owned()));
    }),
    case("429 with Retry-After as a date", "waited until then, asked again", Comes::Through, |server| {
        server.fault(1, observations, Fault::With(429, "retry-after", http_date_in(2)));
    }),
    case("500 once", "asked again", Comes::Through, |server| server.fault(1, observations, Fault::Status(500))),
    case("503 for ever", "asked again five times", Comes::ToAnEnd, |server| {
        server.fault(ALWAYS, observations, Fault::Status(503));
    }),
    case("504 for one patient, whose record is too large", "each asked for alone", Comes::SetAside, |server| {
        server.fault(ALWAYS, |call| observations(call) && of_one(call), Fault::Status(504));
    }),
    case(
        "403 to every write of a patient",
        "the patients of its transaction are written alone",
        Comes::SetAside,
        |server| {
            server.fault(ALWAYS, |call| call.is_write() && call.body.contains(ONE), Fault::Status(403));
        },
    ),
    case("429 to a write", "nothing was done: waited, written again", Comes::Through, |server| {
        server.fault(1, Call::is_write, Fault::With(429, "retry-after", "1".to_owned()));
    }),
    case(
        "503 to every write",
        "read back, tried once more; after three patients in a row the run ends",
        Comes::ToAnEnd,
        |server| {
            server.fault(ALWAYS, |call| call.is_write(), Fault::Status(503));
        },
    ),
    case("HTML instead of JSON", "each asked for alone", Comes::SetAside, |server| {
        server.fault(ALWAYS, observations, Fault::Body(b"<html><body>Log in</body></html>".to_vec()));
    }),
    case("JSON that ends too early", "each asked for alone", Comes::SetAside, |server| {
        server.fault(ALWAYS, observations, Fault::Truncated);
    }),
    case("bytes that are not UTF-8", "each asked for alone", Comes::SetAside, |server| {
        server.fault(ALWAYS, observations, Fault::Body(b"{\"resourceType\":\"Bundle\xff\"}".to_vec()));
    }),
    case("a Bundle of another type", "each asked for alone", Comes::SetAside, |server| {
        server.fault(ALWAYS, observations, Fault::changed(|body| body["type"] = json!("collection")));
    }),
    case("an OperationOutcome with an error among the results", "each asked for alone", Comes::SetAside, |server| {
        let outcome = json!({ "resource": { "resourceType": "OperationOutcome",
            "issue": [{ "severity": "error", "code": "timeout" }] }, "search": { "mode": "outcome" } });
        let change = move |body: &mut Value| body["entry"].as_array_mut().unwrap().push(outcome.clone());
        server.fault(ALWAYS, observations, Fault::changed(change));
    }),
    case("entries without `search.mode`", "read as what was asked for", Comes::Through, |server| {
        let change = |body: &mut Value| {
            for entry in body["entry"].as_array_mut().unwrap() {
                entry.as_object_mut().unwrap().remove("search");
            }
        };
        server.fault(ALWAYS, |call| !call.is_write(), Fault::changed(change));
    }),
    case("another patient's result among the entries", "never used, and said", Comes::Through, |server| {
        let stranger = json!({ "resource": { "resourceType": "Observation", "id": "stranger", "status": "final",
            "code": { "coding": [{ "system": "http://loinc.org", "code": "718-7" }] },
            "subject": { "reference": "Patient/somebody-else" }, "effectiveDateTime": "2026-11-01",
            "valueQuantity": { "value": 3.1, "unit": "mmol/L" } } });
        let change = move |body: &mut Value| body["entry"].as_array_mut().unwrap().push(stranger.clone());
        server.fault(ALWAYS, observations, Fault::changed(change));
    }),
    case("a `total` larger than what came", "the search begins anew twice", Comes::SetAside, |server| {
        let change = |body: &mut Value| body["total"] = json!(1_000);
        server.fault(ALWAYS, |call| observations(call) && of_one(call), Fault::changed(change));
    }),
    case("a `total` smaller than what came", "all is read", Comes::Through, |server| {
        server.fault(ALWAYS, observations, Fault::changed(|body| body["total"] = json!(1)));
    }),
    case("`next` leads to itself", "noticed", Comes::SetAside, |server| {
        small_pages(server);
        let change = |body: &mut Value| next(body, json!("?_getpages=0&_getpagesoffset=0&_count=7"));
        server.fault(ALWAYS, Call::is_later_page, Fault::changed(change));
    }),
    case("`next` leads to another host", "not followed, and no token goes there", Comes::SetAside, |server| {
        let change = |body: &mut Value| next(body, json!("https://elsewhere.example.org/fhir?_getpages=1"));
        server.fault(ALWAYS, observations, Fault::changed(change));
    }),
    case("`next` is relative", "followed", Comes::Through, |server| {
        small_pages(server);
        server.with(|store| store.relative_links = true);
    }),
    case("a transaction answered 200 with a failed entry", "read back, decided once more", Comes::Through, |server| {
        let change = |body: &mut Value| body["entry"][1]["response"]["status"] = json!("500 Internal Server Error");
        server.fault(1, Call::is_write, Fault::changed(change));
    }),
    case("a transaction answered with too few entries", "read back, decided once more", Comes::Through, |server| {
        let change = |body: &mut Value| drop(body["entry"].as_array_mut().unwrap().pop());
        server.fault(1, Call::is_write, Fault::changed(change));
    }),
    case("entries of an answer without ETag", "the version is read when it is needed", Comes::Through, |_| {}),
    case("a write done, its answer lost", "read back, not written again", Comes::Through, |server| {
        server.fault(1, Call::is_write, Fault::Reset);
    }),
    case("a write done, its answer late", "read back, not written again", Comes::Through, |server| {
        server.fault(1, Call::is_write, Fault::Late(Duration::from_secs(3)));
    }),
    case("a write done, its answer cut", "read back, not written again", Comes::Through, |server| {
        server.fault(1, Call::is_write, Fault::Truncated);
    }),
];

pub fn sync(base: &str, further: &[&str]) -> Ran {
    sync_as(base, "", further)
}

/// A run with these further lines of configuration.
pub fn sync_as(base: &str, configured: &str, further: &[&str]) -> Ran {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("plasmabridge.toml");
    let limits = "[limits]\nfirst_pause_milliseconds = 5\nlongest_pause_seconds = 1\ntimeout_seconds = 2\nrequests_per_second = 1000\n";
    std::fs::write(&config, format!("{limits}{configured}")).unwrap();
    let mut program = Command::new(env!("CARGO_BIN_EXE_plasmabridge"));
    program
        .args(["sync", "--server", base, "--config", config.to_str().unwrap(), "--as-of", "2026-11-22"])
        .args(further);
    Ran::of(&program.env("PLASMABRIDGE_TOKEN", "a-secret-token").output().unwrap())
}

pub fn server() -> SmallServer {
    let server = SmallServer::start();
    STORIES.iter().for_each(|story| server.hold_story(story));
    assert!(server.with(|store| store.get("Patient", ONE)).is_some());
    server.calls();
    server
}

/// What stands, without what each server makes of its own.
pub fn stands(server: &SmallServer) -> Vec<String> {
    let all = server.with(|store| [store.all("CarePlan"), store.all("RiskAssessment")].concat());
    let own = |mut resource: Value| {
        resource.as_object_mut().unwrap().remove("id");
        resource["meta"].as_object_mut().unwrap().retain(|name, _| name == "profile" || name == "tag");
        resource.to_string()
    };
    let mut all: Vec<String> = all.into_iter().map(own).collect();
    all.sort();
    all
}

pub fn versions(server: &SmallServer) -> usize {
    server.with(|store| store.versions("CarePlan") + store.versions("RiskAssessment"))
}

/// What a run writes that nothing disturbs.
fn undisturbed() -> &'static Vec<String> {
    static STANDS: OnceLock<Vec<String>> = OnceLock::new();
    STANDS.get_or_init(|| {
        let server = server();
        let ran = sync(&server.base, &[]);
        assert_eq!((ran.exit, &ran.line["not_evaluated"]), (0, &json!(0)), "{}", ran.stderr);
        let stands = stands(&server);
        assert!(stands.len() >= 4, "all three have a plan, and one a prognosis at least: {}", stands.len());
        stands
    })
}

/// One case: the run with the fault ends as it should and has written nothing that does not hold; the next run without
/// it finishes the work; a third writes nothing. What is there was written once.
fn see(case: &Case, arguments: &[&str]) {
    let server = server();
    (case.plan)(&server);
    let ran = sync(&server.base, arguments);
    assert_eq!(ran.exit, case.comes.exit(), "{}: {} {}", case.fault, ran.line, ran.stderr);
    assert_eq!(server.faults_left(), 0, "{}: the fault did not happen", case.fault);
    assert!(ran.line["read"].as_u64() <= Some(3), "{}: a patient counts twice: {}", case.fault, ran.line);
    let wanted = undisturbed();
    let after = stands(&server);
    assert!(after.iter().all(|resource| wanted.contains(resource)), "{}: something else was written", case.fault);
    match case.comes {
        Comes::Through => assert_eq!(&after, wanted, "{}", case.fault),
        Comes::SetAside | Comes::ToAnEnd => assert!(after.len() < wanted.len(), "{}: nothing was amiss", case.fault),
    }
    server.no_more_faults();
    server.with(|store| store.lists = Lists::Honoured);
    let next = sync(&server.base, &[]);
    assert_eq!(next.exit, 0, "{}: the run after it: {}", case.fault, next.stderr);
    assert_eq!(&stands(&server), wanted, "{}: after the next run", case.fault);
    let third = sync(&server.base, &[]);
    assert_eq!((&third.line["created"], &third.line["updated"]), (&json!(0), &json!(0)), "{}", case.fault);
    assert_eq!(versions(&server), wanted.len(), "{}: something was written twice", case.fault);
    for ran in [&ran, &next, &third] {
        assert!(!ran.stderr.contains("a-secret-token"), "{}: a token was said", case.fault);
    }
}

/// All of some cases, by runs with these arguments.
pub fn see_all(cases: &[Case], arguments: &[&str]) {
    let is_wrong = |case: &&Case| std::panic::catch_unwind(|| see(case, arguments)).is_err();
    let failed: Vec<&str> = cases.iter().filter(is_wrong).map(|case| case.fault).collect();
    assert!(failed.is_empty(), "{failed:#?}");
}

#[test]
fn nothing_is_lost_and_nothing_written_twice_whatever_goes_wrong_once() {
    see_all(CASES, &[]);
}

#[test]
fn a_server_that_is_not_there_ends_the_run_and_says_so() {
    let closed = SmallServer::start().base.clone();
    let ran = sync(&closed, &[]);
    assert_eq!(ran.exit, 4, "{}", ran.stderr);
    assert!(ran.stderr.contains("the server cannot be reached: connection refused"), "{}", ran.stderr);
}

#[test]
fn a_link_to_another_host_and_a_redirect_never_get_the_token() {
    let other = SmallServer::start();
    let server = server();
    let elsewhere = format!("{}?_getpages=0&_getpagesoffset=0&_count=7", other.base);
    server.fault(ALWAYS, observations, Fault::changed(move |body| next(body, json!(elsewhere))));
    assert_eq!(sync(&server.base, &[]).exit, 5);
    server.no_more_faults();
    server.fault(ALWAYS, observations, Fault::With(307, "location", format!("{}/Observation", other.base)));
    assert_ne!(sync(&server.base, &[]).exit, 0);
    assert!(other.calls().is_empty(), "something was asked of the other server");
    let calls = server.calls();
    assert!(!calls.is_empty());
    assert!(calls.iter().all(|call| call.authorization.as_deref() == Some("Bearer a-secret-token")));
}

#[test]
fn a_retry_after_is_waited_for() {
    let server = server();
    server.fault(1, observations, Fault::With(429, "retry-after", "1".to_owned()));
    let ran = sync(&server.base, &[]);
    assert_eq!((ran.exit, &ran.line["retries"]), (0, &json!(1)), "{}", ran.stderr);
    assert!(ran.line["seconds"].as_f64().unwrap() >= 1.0, "{}", ran.line);
}

/// The README's table of these cases.
pub fn table() -> String {
    let mut table = "| fault | what is done | the run | lost |\n|---|---|---|---|\n".to_owned();
    table
        .push_str(&format!("| connection refused | asked again five times | {} | nothing |\n", Comes::ToAnEnd.words()));
    for Case { fault, done, comes, .. } in CASES.iter().chain(super::smart::CASES).chain(super::bulk::CASES) {
        table.push_str(&format!("| {fault} | {done} | {} | nothing |\n", comes.words()));
    }
    table
}
