//! A server that answers a list of patients for the first of them alone must not make the others healthy.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use super::faults::{server, stands, sync, sync_as, versions};
use super::ran::Ran;
use super::small_server::{Fault, Lists, SmallServer};
use plasmabridge::map::Mappings;
use plasmabridge::pull::server::{SearchSettings, Searches};
use serde_json::json;
use std::collections::BTreeSet;

/// Takes the changes so far as seen, as if they were older than the overlap of five minutes.
pub fn all_is_seen(state: &std::path::Path) {
    let seen = rusqlite::Connection::open(state).unwrap();
    seen.execute("UPDATE server SET seen_until = unixepoch() + 2", []).unwrap();
    std::thread::sleep(std::time::Duration::from_secs(3));
}

#[test]
fn no_plan_is_revoked_when_a_server_begins_to_answer_lists_for_their_first_patient_alone() {
    for lists in [Lists::FirstAlone, Lists::FirstAloneFor("Observation")] {
        let server = server();
        assert_eq!(sync(&server.base, &[]).exit, 0);
        let before = stands(&server);
        server.with(|store| store.lists = lists);
        let Ran { exit, line, stderr, .. } = sync(&server.base, &[]);
        assert_eq!((exit, &line["revoked"], &line["updated"]), (0, &json!(0), &json!(0)), "{lists:?}: {stderr}");
        assert_eq!(stands(&server), before, "{lists:?}");
    }
}

#[test]
fn a_change_of_the_last_patient_is_seen_where_lists_do_not_work() {
    let server = server();
    server.with(|store| store.lists = Lists::FirstAlone);
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state.sqlite");
    let arguments = ["--state", state.to_str().unwrap()];
    assert_eq!(sync(&server.base, &arguments).exit, 0);
    all_is_seen(&state);
    let before = versions(&server);
    let quiet = sync(&server.base, &arguments);
    assert_eq!((quiet.exit, &quiet.line["patients"]), (0, &json!(0)), "{}", quiet.stderr);
    // Each patient in turn: two of the three are never the first of a list.
    let ids = server
        .with(|store| store.all("Patient").iter().map(|it| it["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>());
    for id in ids {
        all_is_seen(&state);
        server.with(|store| store.change("Patient", &id, |patient| patient["deceasedDateTime"] = json!("2026-11-20")));
        let ran = sync(&server.base, &arguments);
        assert_eq!((ran.exit, &ran.line["patients"]), (0, &json!(1)), "{id}: {}", ran.stderr);
    }
    assert!(versions(&server) > before);
}

/// Four patients with a plasmacytoma, of whom the last alone has been irradiated: in lists of two the first list says
/// nothing of how the server takes lists of Procedures.
fn one_irradiated_of_four() -> SmallServer {
    let server = SmallServer::start();
    server.with(|store| {
        for id in ["p1", "p2", "p3", "p4"] {
            let subject = json!({ "reference": format!("Patient/{id}") });
            store.put(json!({ "resourceType": "Patient", "id": id, "birthDate": "1960-01-01" }));
            store.put(json!({ "resourceType": "Condition", "id": format!("{id}-c"), "subject": subject,
                "recordedDate": "2026-08-01",
                "code": { "coding": [{ "system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "C90.30",
                    "display": "Solitary plasmacytoma not having achieved remission" }] } }));
        }
        store.put(json!({ "resourceType": "Procedure", "id": "p4-p", "status": "completed",
            "subject": { "reference": "Patient/p4" },
            "performedPeriod": { "start": "2026-09-01", "end": "2026-09-28" },
            "code": { "coding": [{ "system": "http://snomed.info/sct", "code": "1217123003",
                "display": "Radiotherapy course of treatment (regime/therapy)" }] } }));
    });
    server
}

#[test]
fn a_list_is_not_trusted_for_a_type_because_nobody_in_an_earlier_list_had_any() {
    let in_twos = "[search]\npatients = 2\n";
    let honest = one_irradiated_of_four();
    assert_eq!(sync_as(&honest.base, in_twos, &[]).exit, 0);
    let cut = one_irradiated_of_four();
    cut.with(|store| store.lists = Lists::FirstAloneFor("Procedure"));
    assert_eq!(sync_as(&cut.base, in_twos, &[]).exit, 0);
    assert_eq!(stands(&cut), stands(&honest));
    assert!(stands(&honest).iter().any(|plan| plan.contains("Procedure/p4-p")), "the radiotherapy is read");
}

#[test]
fn a_type_that_nobody_has_costs_one_search_and_not_one_for_each_patient() {
    let server = one_irradiated_of_four();
    server.calls();
    assert_eq!(sync_as(&server.base, "", &[]).exit, 0);
    // Reports: two searches of the list, by code and by conclusion, and one that finds none.

    assert_eq!(server.calls().iter().filter(|call| call.searches("DiagnosticReport")).count(), 3);
}

#[test]
fn by_get_no_address_is_longer_than_servers_take_whatever_the_ids() {
    let settings = SearchSettings { by_get: true, ..SearchSettings::default() };
    let searches = Searches::new(&Mappings::embedded().unwrap(), settings);
    let ids: Vec<String> = (0..searches.settings().patients).map(|n| format!("{n:064}")).collect();
    let references: BTreeSet<String> = (0..500).map(|n| format!("Observation/{n:064}")).collect();
    let asked = [
        searches.of_cohort(Some("2026-11-22T10:00:00Z")),
        searches.of_patients(&ids),
        searches.of_changes(Some(&ids), "2026-11-22T10:00:00Z"),
        searches.of_references(&references),
    ];
    for asked in asked.iter().flatten() {
        assert!(asked.by_get);
        let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(&asked.parameters).finish();
        assert!(query.len() < 4_000, "{}: {}", asked.kind, query.len());
    }
}

/// The specimens that results refer to are fetched; a server that does not give them is asked once, and everyone is decided.
#[test]
fn a_specimen_is_fetched_where_it_can_be_had_and_nothing_is_missing_without() {
    let with_specimens = || {
        let server = server();
        server.with(|store| {
            for observation in store.all("Observation") {
                let (id, patient) = (observation["id"].as_str().unwrap(), &observation["subject"]);
                let specimen = format!("of-{id}");
                store.put(json!({ "resourceType": "Specimen", "id": specimen, "subject": patient }));
                store.change("Observation", id, |it| {
                    it["specimen"] = json!({ "reference": format!("Specimen/{specimen}") })
                });
            }
        });
        server
    };
    let asked = |server: &SmallServer| server.calls().iter().filter(|call| call.searches("Specimen")).count();
    let given = with_specimens();
    let ran = sync(&given.base, &[]);
    assert_eq!((ran.exit, &ran.line["not_evaluated"]), (0, &json!(0)), "{}", ran.stderr);
    assert!(asked(&given) >= 1);
    let refused = with_specimens();
    refused.fault(usize::MAX, |call| call.searches("Specimen"), Fault::Status(403));
    let ran = sync_as(&refused.base, "[search]\npatients = 1\n", &[]);
    assert_eq!((ran.exit, &ran.line["not_evaluated"]), (0, &json!(0)), "{}", ran.stderr);
    assert_eq!(asked(&refused), 1);
    assert_eq!(stands(&refused).len(), stands(&given).len());
}
