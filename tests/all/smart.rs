//! SMART Backend Services against a token endpoint that checks what it is sent.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use super::faults::{ALWAYS, Case, Comes, case, server};
use super::ran::Ran;
use super::small_server::{Authorization, Call, Fault, SmallServer};
use jsonwebtoken::{Algorithm, DecodingKey};
use rcgen::{KeyPair, PKCS_ECDSA_P384_SHA384, PKCS_RSA_SHA384, RsaKeySize};
use serde_json::json;
use std::collections::BTreeSet;
use std::process::Command;

/// A server that wants a token for the holder of a key, and that key.
fn guarded(algorithm: Algorithm) -> (SmallServer, KeyPair) {
    let (pair, key) = match algorithm {
        Algorithm::ES384 => {
            let pair = KeyPair::generate_for(&PKCS_ECDSA_P384_SHA384).unwrap();
            let key = DecodingKey::from_ec_pem(pair.public_key_pem().as_bytes()).unwrap();
            (pair, key)
        }
        _ => {
            let pair = KeyPair::generate_rsa_for(&PKCS_RSA_SHA384, RsaKeySize::_2048).unwrap();
            let key = DecodingKey::from_rsa_pem(pair.public_key_pem().as_bytes()).unwrap();
            (pair, key)
        }
    };
    let server = server();
    server.guard(Authorization::new(key, algorithm));
    (server, pair)
}

fn sync(server: &SmallServer, pair: &KeyPair, algorithm: &str) -> Ran {
    let folder = tempfile::tempdir().unwrap();
    let (config, key) = (folder.path().join("plasmabridge.toml"), folder.path().join("key.pem"));
    std::fs::write(&key, pair.serialize_pem()).unwrap();
    let text = format!(
        "[auth]\nkind = \"smart\"\nclient_id = \"bridge\"\nkey_file = {key:?}\nalgorithm = \"{algorithm}\"\n\
         [limits]\nfirst_pause_milliseconds = 5\nrequests_per_second = 1000\n"
    );
    std::fs::write(&config, text).unwrap();
    let mut program = Command::new(env!("CARGO_BIN_EXE_plasmabridge"));
    program.args(["sync", "--server", &server.base, "--config", config.to_str().unwrap(), "--as-of", "2026-11-22"]);
    Ran::of(&program.output().unwrap())
}

#[test]
fn a_token_is_had_for_an_assertion_signed_with_es384_or_rs384() {
    for (algorithm, name) in [(Algorithm::ES384, "ES384"), (Algorithm::RS384, "RS384")] {
        let (server, pair) = guarded(algorithm);
        let ran = sync(&server, &pair, name);
        assert_eq!((ran.exit, &ran.line["patients"]), (0, &json!(3)), "{name}: {}", ran.stderr);
        let signed = server.with_authorization(|it| it.signed.clone());
        assert_eq!(signed.len(), 1, "{name}: one token is enough for a run");
        let now = jiff::Timestamp::now().as_second();
        for it in &signed {
            assert_eq!((it.iss.as_str(), it.sub.as_str()), ("bridge", "bridge"));
            assert!((now - 60..=now).contains(&it.iat), "{name}: {it:?}");
            assert!(it.exp > it.iat && it.exp - it.iat <= 300, "{name}: {it:?}");
        }
        let scopes = server.with_authorization(|it| it.scopes.concat());
        for scope in ["system/Patient.rs", "system/Observation.rs", "system/CarePlan.crus", "system/Provenance.c"] {
            assert!(scopes.split(' ').any(|it| it == scope), "{name}: {scopes}");
        }
    }
}

#[test]
fn a_token_is_renewed_before_it_runs_out_each_time_with_another_assertion() {
    let (server, pair) = guarded(Algorithm::ES384);
    // A token that has run out when it comes: every request needs another.
    server.with_authorization(|it| it.lifetime = 0);
    let ran = sync(&server, &pair, "ES384");
    assert_eq!(ran.exit, 0, "{}", ran.stderr);
    let signed = server.with_authorization(|it| it.signed.clone());
    let numbers: BTreeSet<&str> = signed.iter().map(|it| it.jti.as_str()).collect();
    assert!(signed.len() > 5, "{}", signed.len());
    assert_eq!(numbers.len(), signed.len(), "an assertion was used twice");
}

#[test]
fn a_token_that_lasts_for_ever_is_used() {
    let (server, pair) = guarded(Algorithm::ES384);
    server.with_authorization(|it| it.lifetime = u64::MAX);
    let ran = sync(&server, &pair, "ES384");
    assert_eq!((ran.exit, &ran.line["patients"]), (0, &json!(3)), "{}", ran.stderr);
}

#[test]
fn an_answer_that_gives_no_token_that_can_be_used_ends_the_run_and_is_not_shown() {
    let too_large = [vec![b' '; 2 << 20], b"{\"access_token\":\"s3cret\"}".to_vec()].concat();
    let cases: [(&str, &[u8], &str); 6] = [
        ("token", br#"{"access_token":"s3cret\nx: y"}"#, "gave one that no request can carry"),
        ("token", br#"{"access_token":""}"#, "gave one that no request can carry"),
        ("token", br#"{"access_token":["s3cret"]}"#, "did not answer as SMART Backend Services does"),
        ("token", &too_large, "it is larger than 1 MB; if it should be, raise `largest_token_answer_mb`"),
        (
            ".well-known/smart-configuration",
            br#"{"token_endpoint":"http://login.example.org/s3cret"}"#,
            "the token endpoint is not https",
        ),
        (".well-known/smart-configuration", br#"{"token_endpoint":"s3cret"}"#, "the token endpoint is no address"),
    ];
    for (of, body, words) in cases {
        let (server, pair) = guarded(Algorithm::ES384);
        server.fault(usize::MAX, move |call| call.path == of, Fault::Body(body.to_vec()));
        let ran = sync(&server, &pair, "ES384");
        assert_eq!(ran.exit, 4, "{words}: {}", ran.stderr);
        assert!(ran.stderr.contains(words) && !ran.stderr.contains("s3cret"), "{words}: {}", ran.stderr);
        assert!(server.calls().iter().all(|call| call.authorization.is_none()), "{words}");
    }
}

fn observations(call: &Call) -> bool {
    call.searches("Observation")
}

pub const CASES: &[Case] = &[
    case("401 once to a token that can be renewed", "renewed, asked again", Comes::Through, |server| {
        server.fault(1, observations, Fault::Status(401));
    }),
    case("401 to every token", "renewed once, asked again once", Comes::ToAnEnd, |server| {
        server.fault(ALWAYS, observations, Fault::Status(401));
    }),
    case("503 of the token endpoint", "asked again", Comes::Through, |server| {
        server.fault(1, |call| call.path == "token", Fault::Status(503));
    }),
    case("429 to the question where the token endpoint is", "waited, asked again", Comes::Through, |server| {
        let asked = |call: &Call| call.path == ".well-known/smart-configuration";
        server.fault(1, asked, Fault::With(429, "retry-after", "1".to_owned()));
    }),
];

#[test]
fn whatever_is_wrong_with_a_token_the_run_goes_on_or_ends_and_the_next_does_everything() {
    for case in CASES {
        let (server, pair) = guarded(Algorithm::ES384);
        (case.plan)(&server);
        let ran = sync(&server, &pair, "ES384");
        assert_eq!(ran.exit, case.comes.exit(), "{}: {ran:?}", case.fault);
        assert_eq!(server.faults_left(), 0, "{}: the fault did not happen", case.fault);
        server.no_more_faults();
        let next = sync(&server, &pair, "ES384");
        assert_eq!((next.exit, &next.line["not_evaluated"]), (0, &json!(0)), "{}", case.fault);
        assert_eq!(next.line["created"] == 0, case.comes == Comes::Through, "{}: {next:?}", case.fault);
    }
}

#[test]
fn a_token_that_is_refused_is_renewed_once() {
    let (server, pair) = guarded(Algorithm::ES384);
    let base = server.base.clone();
    server.fault(1, |call| call.searches("Observation"), Fault::Status(401));
    let ran = sync(&server, &pair, "ES384");
    assert_eq!((ran.exit, &ran.line["patients"]), (0, &json!(3)), "{base}: {}", ran.stderr);
    assert_eq!(server.with_authorization(|it| it.signed.len()), 2);
    server.fault(usize::MAX, |call| call.searches("Observation"), Fault::Status(401));
    let ran = sync(&server, &pair, "ES384");
    assert_eq!(ran.exit, 4, "{}", ran.stderr);
    assert_eq!(server.with_authorization(|it| it.signed.len()), 4, "one token, renewed once, and no more");
}

#[test]
fn a_key_that_the_server_does_not_know_is_said_without_showing_it() {
    let (server, _) = guarded(Algorithm::ES384);
    let other = KeyPair::generate_for(&PKCS_ECDSA_P384_SHA384).unwrap();
    let ran = sync(&server, &other, "ES384");
    assert_eq!(ran.exit, 4, "{}", ran.stderr);
    assert!(ran.stderr.contains("the token endpoint answered 400; check client id, key and scopes"), "{}", ran.stderr);
    let secret = other.serialize_pem();
    assert!(secret.lines().filter(|line| line.len() > 40).all(|line| !ran.stderr.contains(line)));
}
