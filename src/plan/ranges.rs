//! Where a range of probabilities stands: in `probabilityRange`, or for a server that cannot store that in an extension of
//! ours. R4 wants the range in per cent, and HAPI's index of the search parameter `probability` takes every unit for one
//! of time and answers 500 (hapi-fhir issue 1036).

use super::codes::extension_url;
use serde_json::{Value, json};

const ELEMENT: &str = "probabilityRange";
const EXTENSION: &str = "probability-range";

/// Whether a range stands in `probabilityRange`.
pub fn has_element(resource: &Value) -> bool {
    let predictions = resource.get("prediction").and_then(Value::as_array);
    predictions.is_some_and(|all| all.iter().any(|it| it.get(ELEMENT).is_some()))
}

/// Whether a range stands in the extension.
pub fn has_extension(resource: &Value) -> bool {
    let url = extension_url(EXTENSION);
    let is_ours = |it: &Value| it.get("url").and_then(Value::as_str) == Some(url.as_str());
    let predictions = resource.get("prediction").and_then(Value::as_array).into_iter().flatten();
    predictions.filter_map(|it| it.get("extension")?.as_array()).flatten().any(is_ours)
}

/// Puts each range into the extension.
pub fn into_extensions(resource: &mut Value) {
    for prediction in predictions(resource) {
        let Some(fields) = prediction.as_object_mut() else { continue };
        let Some(range) = fields.remove(ELEMENT) else { continue };
        let extensions = fields.entry("extension").or_insert_with(|| Value::Array(Vec::new()));
        if let Some(extensions) = extensions.as_array_mut() {
            extensions.push(json!({ "url": extension_url(EXTENSION), "valueRange": range }));
        }
    }
}

/// Puts each range back into the element.
pub fn out_of_extensions(resource: &mut Value) {
    let url = extension_url(EXTENSION);
    for prediction in predictions(resource) {
        let Some(fields) = prediction.as_object_mut() else { continue };
        let Some(extensions) = fields.get_mut("extension").and_then(Value::as_array_mut) else { continue };
        let is_ours = |it: &Value| it.get("url").and_then(Value::as_str) == Some(url.as_str());
        let Some(place) = extensions.iter().position(is_ours) else { continue };
        let range = extensions.remove(place).get("valueRange").cloned();
        if extensions.is_empty() {
            fields.remove("extension");
        }
        fields.extend(range.map(|range| (ELEMENT.to_owned(), range)));
    }
}

fn predictions(resource: &mut Value) -> impl Iterator<Item = &mut Value> {
    resource.get_mut("prediction").and_then(Value::as_array_mut).into_iter().flatten()
}
