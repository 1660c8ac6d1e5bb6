//! What a server sends: pages, resources, CapabilityStatements, answers to transactions, tokens and headers.

use super::super::faults::{ONE, server};
use super::super::mutate::{Change, changes, of_bytes, of_json};
use super::super::properties::{MAPPINGS, RECORDS};
use super::super::small_server::{Authorization, Call, Fault, SmallServer};
use super::{cases, written};
use jsonwebtoken::{Algorithm, DecodingKey};
use plasmabridge::doctor::Doctor;
use plasmabridge::pull::server::{Cohort, Pull, SearchSettings, Searches};
use plasmabridge::server::{AuthSettings, Limits, Server, ServerError, Settings, Smart, SmartAlgorithm};
use plasmabridge::write::server::send;
use proptest::prelude::*;
use rcgen::{KeyPair, PKCS_ECDSA_P384_SHA384};
use secrecy::SecretString;
use serde_json::{Value, json};
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::runtime::Runtime;

/// A server with three patients, and who asks it.
struct Site {
    small: SmallServer,
    client: Server,
    runtime: Runtime,
}

/// One test at a time.
static SITE: LazyLock<Mutex<Site>> = LazyLock::new(|| {
    let small = server();
    Mutex::new(Site { client: client(&small, AuthSettings::None), small, runtime: runtime() })
});

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

fn client(small: &SmallServer, auth: AuthSettings) -> Server {
    let limits = Limits {
        requests_per_second: 100_000.try_into().unwrap(),
        retries: 1,
        first_pause: Duration::ZERO,
        longest_pause: Duration::ZERO,
        longest_retry_after: Duration::ZERO,
        timeout: Duration::from_secs(20),
        ..Limits::default()
    };
    Server::new(&Settings { limits, auth, ..Settings::of(small.base.clone()) }).unwrap()
}

fn site() -> MutexGuard<'static, Site> {
    SITE.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Site {
    /// What comes of asking while the server answers these calls so.
    fn meets<T>(
        &self,
        on: impl Fn(&Call) -> bool + Send + 'static,
        fault: Fault,
        ask: impl AsyncFnOnce(&Server) -> T,
    ) -> T {
        self.small.fault(usize::MAX, on, fault);
        let answered = self.runtime.block_on(ask(&self.client));
        self.small.no_more_faults();
        self.small.calls();
        answered
    }
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
    #![proptest_config(cases(8))]

    #[test]
    fn pages_of_any_shape_are_read_or_their_patients_set_aside(
        kind in 0..KINDS.len(), as_json in any::<bool>(), changes in changes()
    ) {
        let site = site();
        let kind = KINDS[kind];
        let body = changed(&page(&site.small, kind), as_json, &changes);
        let patients = site.small.with(|store| store.all("Patient"));
        let ids: Vec<String> = patients.iter().map(|it| it["id"].as_str().unwrap().to_owned()).collect();
        let batch = site.meets(move |call| call.searches(kind) || call.is_later_page(), body, async |client| {
            let pull = Pull::new(client, Searches::new(&MAPPINGS, SearchSettings::default()));
            if let Err(error) = pull.cohort(&Cohort::Diagnosed).await {
                assert!(is_said(&error), "{error}");
            }
            pull.batch(&ids).await
        });
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
    fn a_patient_of_any_shape_is_read_or_set_aside(as_json in any::<bool>(), changes in changes()) {
        let site = site();
        let patient = site.small.with(|store| store.get("Patient", ONE)).unwrap();
        let body = changed(&patient, as_json, &changes);
        // The search does not bring the patient, who is asked for by the id.
        let is_empty = Fault::changed(|body| body["entry"] = json!([]));
        site.small.fault(usize::MAX, |call| call.searches("Patient"), is_empty);
        let batch = site.meets(move |call| call.path == format!("Patient/{ONE}"), body, async |client| {
            Pull::new(client, Searches::new(&MAPPINGS, SearchSettings::default())).batch(&[ONE.to_owned()]).await
        });
        match batch {
            Err(error) => prop_assert!(is_said(&error), "{}", error),
            Ok(batch) => drop(batch.records()),
        }
    }

    #[test]
    fn a_statement_of_any_shape_is_examined(as_json in any::<bool>(), changes in changes()) {
        let search = SearchSettings::default();
        let body = changed(&STATEMENT, as_json, &changes);
        let report = site().meets(|call| call.path == "metadata", body, async |client| {
            let auth = &AuthSettings::None;
            Doctor { server: client, auth, search: &search, mappings: &MAPPINGS, sample: 0 }.examine().await
        });
        prop_assert!(!report.to_string().is_empty() && serde_json::to_string(&report).is_ok());
    }

    #[test]
    fn an_answer_to_a_transaction_of_any_shape_is_done_refused_or_looked_at_again(
        as_json in any::<bool>(), changes in changes()
    ) {
        let response = json!({ "status": "201 Created", "etag": "W/\"1\"", "location": "CarePlan/1/_history/1" });
        let entries = json!([{ "response": response }, { "response": response }]);
        let answer = json!({ "resourceType": "Bundle", "type": "transaction-response", "entry": entries });
        let sent = json!({ "resourceType": "Bundle", "type": "transaction", "entry": [
            { "request": { "method": "POST", "url": "CarePlan", "ifNoneExist": "identifier=a|b" } },
            { "request": { "method": "POST", "url": "Provenance" } }] });
        let body = changed(&answer, as_json, &changes);
        if let Err(error) = site().meets(Call::is_write, body, async |client| send(client, &sent).await) {
            prop_assert!(is_said(&error), "{}", error);
        }
    }

    #[test]
    fn what_stands_in_any_shape_is_compared(number in any::<usize>(), changes in changes()) {
        let text = RECORDS[number % RECORDS.len()].to_string();
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
    #![proptest_config(cases(8))]

    #[test]
    fn tokens_and_configurations_of_any_shape_are_used_or_refused(
        of_token in any::<bool>(), as_json in any::<bool>(), changes in changes()
    ) {
        let guarded = GUARDED.lock().unwrap_or_else(PoisonError::into_inner);
        let (small, smart) = &*guarded;
        let (path, answer) = match of_token {
            true => {
                let lifetime = 300;
                ("token", json!({ "access_token": "s3cret", "expires_in": lifetime, "scope": "system/*.rs" }))
            }
            false => (CONFIGURATION, json!({ "token_endpoint": format!("{}/token", small.base) })),
        };
        small.fault(usize::MAX, move |call| call.path == path, changed(&answer, as_json, &changes));
        let client = client(small, AuthSettings::Smart(smart.clone()));
        let answered = runtime().block_on(client.get("Patient/p1"));
        small.no_more_faults();
        small.calls();
        if let Err(error) = answered {
            prop_assert!(is_said(&error) && !error.to_string().contains("s3cret"), "{}", error);
        }
    }
}

const CONFIGURATION: &str = ".well-known/smart-configuration";

#[test]
fn headers_of_any_shape_are_read_or_passed_over() {
    let site = site();
    for header in HEADERS {
        for (status, name) in [(200, "date"), (429, "retry-after")] {
            let fault = Fault::With(status, name, header.to_owned());
            let answer = site.meets(|call| call.path == "metadata", fault, async |client| client.get("metadata").await);
            assert_eq!(answer.is_ok(), status == 200, "{name}: {header}");
        }
    }
}
