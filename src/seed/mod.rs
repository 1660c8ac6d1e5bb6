//! The invented patients on a test server: put there under one tag, and all that carries the tag taken away again.

mod put;
mod take;

pub use put::{Stories, put};
pub use take::take;

use crate::sample::TAG_SYSTEM;
use serde::Serialize;
use serde_json::{Value, json};

/// The tag under which everything stands, unless another is said.
pub const TAG: &str = "invented";

/// The types that can stand there: those that refer to others before those that are referred to, patients last.
const TYPES: [&str; 15] = [
    "Group",
    "CarePlan",
    "RiskAssessment",
    "DiagnosticReport",
    "MedicationStatement",
    "Immunization",
    "AllergyIntolerance",
    "Procedure",
    "Observation",
    "Condition",
    "Specimen",
    "BodyStructure",
    "Encounter",
    "Device",
    "Patient",
];

/// What was put there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Seeded {
    /// Patients.
    pub patients: u64,
    /// Resources, the patients among them.
    pub resources: u64,
    /// Bundles of which nothing was put there.
    pub failed: u64,
    /// Those of them that the server refused; the others are not what can be seeded.
    pub refused: u64,
}

/// What was taken away.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Unseeded {
    /// Patients.
    pub patients: u64,
    /// Resources, the patients among them.
    pub resources: u64,
    /// Resources that the server keeps, since something of somebody else refers to them.
    pub left: u64,
}

/// The tag as it stands in a resource.
fn tag(code: &str) -> Value {
    json!({ "system": TAG_SYSTEM, "code": code })
}

/// The tag as a search asks for it.
fn tag_token(code: &str) -> String {
    format!("{TAG_SYSTEM}|{code}")
}
