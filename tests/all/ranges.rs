//! A server that cannot store a range of probabilities, as HAPI cannot, gets it in an extension; no plan is held up.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use super::faults::{sync, versions};
use super::small_server::{Call, Fault, SmallServer};
use serde_json::{Value, json};

/// A story whose flow cytometry is negative: 6 to 12 of 100 progress (decision specification §7).
const STORY: &str = "curative-course-under-way";

fn server() -> SmallServer {
    let server = SmallServer::start();
    server.hold_story(STORY);
    server.hold_story("complete-remission-after-two-years");
    server
}

/// The ranges that stand, in the element and in the extension.
fn ranges(server: &SmallServer) -> (Vec<Value>, Vec<Value>) {
    let prognoses = server.with(|store| store.all("RiskAssessment"));
    let predictions: Vec<Value> =
        prognoses.iter().flat_map(|it| it["prediction"].as_array().unwrap().clone()).collect();
    let in_element = predictions.iter().filter_map(|it| it.get("probabilityRange").cloned()).collect();
    let extensions = predictions.iter().filter_map(|it| it.get("extension")?.as_array()).flatten();
    let url = "https://plasmabridge.org/fhir/StructureDefinition/probability-range";
    (in_element, extensions.filter(|it| it["url"] == url).map(|it| it["valueRange"].clone()).collect())
}

#[test]
fn a_range_stands_in_its_element_where_the_server_takes_it() {
    let server = server();
    assert_eq!(sync(&server.base, &[]).exit, 0);
    let (in_element, in_extension) = ranges(&server);
    assert!(!in_element.is_empty() && in_extension.is_empty());
    assert!(
        in_element
            .iter()
            .all(|range| (range["low"]["value"].as_f64(), range["high"]["value"].as_f64()) == (Some(6.0), Some(12.0))),
        "{in_element:?}"
    );
}

#[test]
fn a_server_that_answers_500_to_a_range_gets_it_in_an_extension_and_the_next_run_writes_nothing() {
    let taken = server();
    assert_eq!(sync(&taken.base, &[]).exit, 0);
    let refusing = server();
    let has_range = |call: &Call| call.is_write() && call.body.contains("probabilityRange");
    refusing.fault(usize::MAX, has_range, Fault::Status(500));
    refusing.calls();
    let ran = sync(&refusing.base, &[]);
    assert_eq!((ran.exit, &ran.line["not_evaluated"]), (0, &json!(0)), "{}", ran.stderr);
    assert_eq!(refusing.calls().iter().filter(|call| call.is_write()).count(), 2, "refused once, then written");
    let (in_element, in_extension) = ranges(&refusing);
    assert_eq!((in_element, in_extension), (Vec::new(), ranges(&taken).0));
    let before = versions(&refusing);
    let again = sync(&refusing.base, &[]);
    assert_eq!((again.exit, &again.line["updated"], &again.line["created"]), (0, &json!(0), &json!(0)));
    assert_eq!(versions(&refusing), before);
}

#[test]
fn an_extension_that_stands_tells_the_next_run_how_to_write() {
    let server = server();
    let has_range = |call: &Call| call.is_write() && call.body.contains("probabilityRange");
    server.fault(usize::MAX, has_range, Fault::Status(500));
    assert_eq!(sync(&server.base, &[]).exit, 0);
    server.calls();
    let ran = sync(&server.base, &["--lang", "da"]);
    assert_eq!(ran.exit, 0, "{}", ran.stderr);
    assert_eq!(server.calls().iter().filter(|call| call.is_write()).count(), 1, "nothing had to be refused");
    assert!(ran.line["updated"].as_u64().unwrap() > 0, "{}", ran.line);
}
