//! HL7's JSON Schema for what is written: nothing leaves the program that it refuses.

use jsonschema::Validator;
use serde_json::{Value, json};
use std::sync::LazyLock;

/// CarePlan and RiskAssessment of HL7's `fhir.schema.json` for R4 (CC0 1.0), with what they refer to.
const SCHEMA: &str = include_str!("written.schema.json");

static CARE_PLAN: LazyLock<Result<Validator, String>> = LazyLock::new(|| compile("CarePlan"));
static RISK_ASSESSMENT: LazyLock<Result<Validator, String>> = LazyLock::new(|| compile("RiskAssessment"));

fn compile(root: &str) -> Result<Validator, String> {
    let mut schema: Value = serde_json::from_str(SCHEMA).map_err(|error| error.to_string())?;
    if let Some(fields) = schema.as_object_mut() {
        fields.insert("allOf".to_owned(), json!([{ "$ref": format!("#/definitions/{root}") }]));
    }
    jsonschema::draft6::new(&schema).map_err(|error| error.to_string())
}

/// What the schema has against a resource, each with the path to it; empty if it has nothing.
pub fn objections(resource: &Value) -> Vec<String> {
    let validator = match resource.get("resourceType").and_then(Value::as_str) {
        Some("CarePlan") => &*CARE_PLAN,
        Some("RiskAssessment") => &*RISK_ASSESSMENT,
        Some(other) => return vec![format!("`{other}` is not a type that is written here")],
        None => return vec!["it has no `resourceType`".to_owned()],
    };
    match validator {
        Ok(validator) => validator
            .iter_errors(resource)
            .map(|error| match error.instance_path().to_string() {
                path if path.is_empty() => error.to_string(),
                path => format!("{path}: {error}"),
            })
            .collect(),
        Err(error) => vec![format!("the schema itself cannot be used: {error}")],
    }
}
