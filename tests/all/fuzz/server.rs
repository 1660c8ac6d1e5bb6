//! What a server sends: pages, resources, CapabilityStatements, answers to transactions, tokens and headers.

use super::super::faults::{ONE, server};
use super::super::mutate::{Change, changes, of_bytes, of_json};
use super::super::properties::MAPPINGS;
use super::super::small_server::{Authorization, Fault, SmallServer};
use super::{some, written};
use jsonwebtoken::{Algorithm, DecodingKey};
use plasmabridge::doctor::Doctor;
use plasmabridge::pull::server::{Cohort, Pull, SearchSettings, Searches};
use plasmabridge::server::{AuthSettings, Limits, Server, ServerError, Settings, Smart, SmartAlgorithm};
use plasmabridge::write::server::send;
use proptest::prelude::*;
use rcgen::{KeyPair, PKCS_ECDSA_P384_SHA384};
use secrecy::SecretString;
use serde_json::{Value, json};
use std::sync::{LazyLock, Mutex};
use std::time::Duration;

/// A server with three patients; one test at a time.
static SERVER: LazyLock<Mutex<SmallServer>> = LazyLock::new(|| Mutex::new(server()));

fn asked<T>(work: impl AsyncFnOnce(&Server) -> T, server: &SmallServer, auth: AuthSettings) -> T {
    let limits = Limits {
        requests_per_second: 100_000.try_into().unwrap(),
        retries: 1,
        first_pause: Duration::ZERO,
        longest_pause: Duration::ZERO,
        longest_retry_after: Duration::ZERO,
        timeout: Duration::from_secs(20),
        ..Limits::default()
    };
    let client = Server::new(&Settings { limits, auth, ..Settings::of(server.base.clone()) }).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(work(&client))
}

/// The answer to a call of the test, changed: its JSON, or its bytes.
fn changed(answer: &Value, as_json: bool, changes: &[Change]) -> Fault {
    Fault::Body(match as_json {
        true => of_json(answer, changes).into_bytes(),
        false => of_bytes(answer.to_string().as_bytes(), changes),
    })
}

/// What the server answers to a search for all of a type.
fn page(server: &SmallServer, kind: &str) -> Value {
    let resources = server.with(|store| store.all(kind));
    let entries: Vec<Value> =
        resources.iter().map(|it| json!({ "resource": it, "search": { "mode": "match" } })).collect();
    let link = json!([{ "relation": "self", "url": format!("{}/{kind}", server.base) },
        { "relation": "other", "url": format!("{}?_getpages=9", server.base) }]);
    json!({ "resourceType": "Bundle", "type": "searchset", "total": entries.len(), "link": link, "entry": entries })
}

/// An error says what was asked, and holds nothing of what was answered.
fn is_said(error: &ServerError) -> bool {
    let words = error.to_string();
    !words.is_empty() && words.len() < 2_000
}

const KINDS: [&str; 5] = ["Patient", "Condition", "Observation", "DiagnosticReport", "Procedure"];

proptest! {
    #![proptest_config(some(6, 60))]

    #[test]
    fn pages_of_any_shape_are_read_or_their_patients_set_aside(kind in 0..KINDS.len(), as_json in any::<bool>(), changes in changes()) {
        let server = SERVER.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let kind = KINDS[kind];
        let body = changed(&page(&server, kind), as_json, &changes);
        server.fault(usize::MAX, move |call| call.searches(kind) || call.is_later_page(), body);
        let ids: Vec<String> = server.with(|store| store.all("Patient")).iter().map(|it| it["id"].as_str().unwrap().to_owned()).collect();
        let batch = asked(async |client| {
            let pull = Pull::new(client, Searches::new(&MAPPINGS, SearchSettings::default()));
            for cohort in [Cohort::Diagnosed, Cohort::Group("g1".into())] {
                if let Err(error) = pull.cohort(&cohort).await {
                    assert!(is_said(&error), "{error}");
                }
            }
            pull.batch(&ids).await
        }, &server, AuthSettings::None);
        server.no_more_faults();
        server.calls();
        match batch {
            Err(error) => prop_assert!(is_said(&error), "{}", error),
            Ok(batch) => {
                for (_, record) in batch.records() {
                    let Ok(record) = record else { continue };
                    let (inputs, _) = MAPPINGS.map(&record);
                    let written = written(&inputs, "2026-11-22", &[]);
                    prop_assert!(written.is_ok(), "{:?}", written);
                }
            }
        }
    }

    #[test]
    fn resources_of_any_shape_are_read_or_their_patients_set_aside(as_json in any::<bool>(), changes in changes()) {
        let server = SERVER.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let patient = server.with(|store| store.get("Patient", ONE)).unwrap();
        let body = changed(&patient, as_json, &changes);
        server.fault(usize::MAX, move |call| call.path == format!("Patient/{ONE}"), body);
        // The search does not bring the patient, who is asked for by the id.
        server.fault(usize::MAX, |call| call.searches("Patient"), Fault::changed(|body| body["entry"] = json!([])));
        let batch = asked(async |client| {
            let pull = Pull::new(client, Searches::new(&MAPPINGS, SearchSettings::default()));
            pull.batch(&[ONE.to_owned()]).await
        }, &server, AuthSettings::None);
        server.no_more_faults();
        server.calls();
        match batch {
            Err(error) => prop_assert!(is_said(&error), "{}", error),
            Ok(batch) => drop(batch.records()),
        }
    }

    #[test]
    fn a_statement_of_any_shape_is_examined(as_json in any::<bool>(), changes in changes()) {
        let server = SERVER.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let body = changed(&STATEMENT, as_json, &changes);
        server.fault(usize::MAX, |call| call.path == "metadata", body);
        let settings = SearchSettings::default();
        let report = asked(async |client| {
            let (auth, search) = (&AuthSettings::None, &settings);
            Doctor { server: client, auth, search, mappings: &MAPPINGS, sample: 1 }.examine().await
        }, &server, AuthSettings::None);
        server.no_more_faults();
        server.calls();
        prop_assert!(!report.to_string().is_empty() && serde_json::to_string(&report).is_ok());
    }

    #[test]
    fn an_answer_to_a_transaction_of_any_shape_is_done_refused_or_looked_at_again(as_json in any::<bool>(), changes in changes()) {
        let server = SERVER.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let entry = json!({ "response": { "status": "201 Created", "etag": "W/\"1\"", "location": "CarePlan/1/_history/1" } });
        let answer = json!({ "resourceType": "Bundle", "type": "transaction-response", "entry": [entry, entry] });
        server.fault(usize::MAX, |call| call.is_write(), changed(&answer, as_json, &changes));
        let sent = json!({ "resourceType": "Bundle", "type": "transaction", "entry": [
            { "request": { "method": "POST", "url": "CarePlan", "ifNoneExist": "identifier=a|b" } },
            { "request": { "method": "POST", "url": "Provenance" } }] });
        let written = asked(async |client| send(client, &sent).await, &server, AuthSettings::None);
        server.no_more_faults();
        server.calls();
        if let Err(error) = written {
            prop_assert!(is_said(&error), "{}", error);
        }
    }

    #[test]
    fn what_stands_in_any_shape_is_compared(number in any::<usize>(), changes in changes()) {
        let text = super::super::properties::RECORDS[number % super::super::properties::RECORDS.len()].to_string();
        let records = plasmabridge::pull::records(&text).unwrap();
        let (inputs, _) = MAPPINGS.map(&records[0]);
        let Some(stood) = written(&inputs, "2026-11-22", &[]).unwrap().into_iter().next() else { return Ok(()) };
        if let Ok(stands) = serde_json::from_str::<Value>(&of_json(&stood, &changes)) {
            let again = written(&inputs, "2027-02-28", &[stood, stands]);
            prop_assert!(again.is_ok(), "{:?}", again);
        }
    }
}

static STATEMENT: LazyLock<Value> = LazyLock::new(|| {
    let resources: Vec<Value> = [
        "Patient",
        "Condition",
        "Observation",
        "DiagnosticReport",
        "Procedure",
        "CarePlan",
        "RiskAssessment",
        "Provenance",
    ]
    .iter()
    .map(|kind| {
        json!({ "type": kind, "versioning": "versioned", "conditionalCreate": true,
                "interaction": [{ "code": "search-type" }, { "code": "create" }, { "code": "update" }],
                "searchParam": [{ "name": "patient" }, { "name": "code" }] })
    })
    .collect();
    json!({ "resourceType": "CapabilityStatement", "fhirVersion": "4.0.1", "software": { "name": "S", "version": "1" },
        "rest": [{ "mode": "server", "interaction": [{ "code": "transaction" }], "resource": resources }] })
});

/// A key and a server that wants a token for its holder.
static GUARDED: LazyLock<Mutex<(SmallServer, Smart)>> = LazyLock::new(|| {
    let pair = KeyPair::generate_for(&PKCS_ECDSA_P384_SHA384).unwrap();
    let server = SmallServer::start();
    let key = DecodingKey::from_ec_pem(pair.public_key_pem().as_bytes()).unwrap();
    server.guard(Authorization::new(key, Algorithm::ES384));
    let smart = Smart {
        client_id: "bridge".into(),
        key: SecretString::from(pair.serialize_pem()),
        key_id: None,
        algorithm: SmartAlgorithm::ES384,
        token_url: None,
        scopes: "system/Patient.rs".into(),
    };
    Mutex::new((server, smart))
});

/// What a header may hold where a date or a number is due.
const HEADERS: [&str; 10] = [
    "99999999999999999999",
    "18446744073709551615",
    "-1",
    "",
    "1e9",
    "Sun, 99 Nov 1994 08:49:37 GMT",
    "Fri, 31 Dec 9999 23:59:60 GMT",
    "Sat, 01 Jan 0000 00:00:00 GMT",
    "Sun, 06 Nov 1994 08:49:37 +9999",
    "Sun, 06 Nov 99999 08:49:37 GMT",
];

proptest! {
    #![proptest_config(some(10, 40))]

    #[test]
    fn tokens_and_configurations_of_any_shape_are_used_or_refused(of_token in any::<bool>(), as_json in any::<bool>(), changes in changes()) {
        let guarded = GUARDED.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let (server, smart) = &*guarded;
        let (path, answer) = match of_token {
            true => ("token", json!({ "access_token": "s3cret", "token_type": "bearer", "expires_in": 300, "scope": "system/*.rs" })),
            false => (".well-known/smart-configuration", json!({ "token_endpoint": format!("{}/token", server.base) })),
        };
        server.fault(usize::MAX, move |call| call.path == path, changed(&answer, as_json, &changes));
        let asked = asked(async |client| client.get("Patient/p1").await, server, AuthSettings::Smart(smart.clone()));
        server.no_more_faults();
        server.calls();
        if let Err(error) = asked {
            prop_assert!(is_said(&error) && !error.to_string().contains("s3cret"), "{}", error);
        }
    }

    #[test]
    fn headers_of_any_shape_are_read_or_passed_over(header in 0..HEADERS.len(), of_date in any::<bool>()) {
        let server = SERVER.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let (status, name) = if of_date { (200, "date") } else { (429, "retry-after") };
        server.fault(2, |call| call.path == "metadata", Fault::With(status, name, HEADERS[header].to_owned()));
        let answer = asked(async |client| client.get("metadata").await, &server, AuthSettings::None);
        server.no_more_faults();
        server.calls();
        prop_assert_eq!(answer.is_ok(), of_date);
    }
}
