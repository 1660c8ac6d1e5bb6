//! What is logged names references and codes, never a person, a value or a query.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use super::server::{STORY, hapi, sibling};
use serde_json::{Value, json};

/// Texts of a patient's record that must be in no log: names, identifiers, addresses, values with their units.
fn private(patient: &Value, observations: &[Value], texts: &mut Vec<String>) {
    let name = &patient["name"][0];
    let given = name["given"].as_array().cloned().unwrap_or_default();
    for text in [name["family"].clone(), patient["birthDate"].clone(), patient["identifier"][0]["value"].clone()]
        .into_iter()
        .chain(given)
    {
        texts.extend(text.as_str().map(str::to_owned));
    }
    for observation in observations {
        texts.extend(observation["valueString"].as_str().map(str::to_owned));
        let quantity = &observation["valueQuantity"];
        if let (Some(value), Some(unit)) = (quantity["value"].as_f64(), quantity["unit"].as_str()) {
            texts.push(format!("{value} {unit}"));
        }
    }
}

#[test]
fn nothing_private_is_logged_at_the_most_talkative_level() {
    let Some(hapi) = hapi() else { return };
    let patient = hapi.seeded(STORY);
    let mut texts = Vec::new();
    let observations = hapi.of_patient("Observation", &patient);
    private(&hapi.get(&format!("Patient/{patient}")), &observations, &mut texts);
    assert!(texts.len() > 20, "{texts:?}");
    let secret = "a-token-that-nobody-may-see";
    let queries = ["_search?", "patient=", "code=", "identifier=", "_id=", "_getpages", secret];
    for format in ["text", "json"] {
        hapi.change(&format!("Observation/{}", sibling(&patient, "obs-01")), |it| {
            it["valueQuantity"]["value"] = if format == "text" { json!(61) } else { json!(31) };
        });
        let arguments = ["--as-of", "2026-11-22", "--patient", &patient, "--log", "debug", "--log-format", format];
        let output = hapi.command("sync", &arguments).env("PLASMABRIDGE_TOKEN", secret).output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success() && stderr.contains("answered"), "{format}: {stderr}");
        for text in texts.iter().map(String::as_str).chain(queries) {
            assert!(!stderr.contains(text), "{format}: `{text}` in {stderr}");
        }
        // An observation's id says which result it was: only what we write and the patient are named.
        assert!(!stderr.contains(&sibling(&patient, "obs")), "{format}: {stderr}");
    }
}
