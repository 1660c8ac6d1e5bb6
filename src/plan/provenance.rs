//! Who wrote a resource, from what, and by which versions of guideline and mapping files.

use super::codes::{self, BASE};
use crate::guideline::{GUIDELINE_ID, GUIDELINE_VERSION};
use serde_json::{Value, json};

/// What every Provenance of a run says alike.
#[derive(Clone, Debug)]
pub struct Provenance {
    /// The run's id (`urn:uuid:…`).
    pub run: String,
    /// When (an instant).
    pub recorded: String,
    /// SHA-256 of the mapping files.
    pub mappings: String,
}

impl Provenance {
    /// The Provenance of one written resource: `target` its reference, `sources` all resources that it was made from.
    pub fn of(&self, target: &str, sources: &[String], update: bool) -> Value {
        let activity = if update { "UPDATE" } else { "CREATE" };
        let source = |what: Value| json!({ "role": "source", "what": what });
        let read = sources.iter().map(|it| source(json!({ "reference": it })));
        let digest = |name: &str, value: &str, display: &str| {
            let identifier = json!({ "system": format!("{BASE}/identifier/{name}"), "value": value });
            source(json!({ "identifier": identifier, "display": display }))
        };
        let guideline = format!("{GUIDELINE_ID}|{GUIDELINE_VERSION}");
        let by = [
            digest("guideline", &guideline, "guideline and version"),
            digest("mapping-files", &self.mappings, "SHA-256 of the mapping files"),
            digest("run", &self.run, "run"),
        ];
        json!({
            "resourceType": "Provenance",
            "contained": [{
                "resourceType": "Device",
                "id": "software",
                "deviceName": [{ "name": "plasmabridge", "type": "manufacturer-name" }],
                "version": [{ "value": env!("CARGO_PKG_VERSION") }],
            }],
            "target": [{ "reference": target }],
            "recorded": self.recorded,
            "policy": [codes::guideline()],
            "activity": { "coding": [{
                "system": "http://terminology.hl7.org/CodeSystem/v3-DataOperation",
                "code": activity,
            }] },
            "agent": [{
                "type": { "coding": [{
                    "system": "http://terminology.hl7.org/CodeSystem/provenance-participant-type",
                    "code": "assembler",
                }] },
                "who": { "reference": "#software", "display": "plasmabridge" },
            }],
            "entity": read.chain(by).collect::<Vec<_>>(),
        })
    }
}
