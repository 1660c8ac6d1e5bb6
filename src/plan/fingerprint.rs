//! The fingerprint of a resource: shows later whether it still says what we wrote, or another hand has changed it.

use super::codes::extension_url;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

/// The name of the extension that holds it.
const EXTENSION: &str = "fingerprint";

/// Writes the fingerprint of what the resource says into it, in place of an older one.
pub fn seal(resource: &mut Value) {
    let seal = of(resource);
    let Some(fields) = resource.as_object_mut() else { return };
    let extensions = fields.entry("extension").or_insert_with(|| Value::Array(Vec::new()));
    if let Some(extensions) = extensions.as_array_mut() {
        extensions.retain(|it| !is_fingerprint(it));
        extensions.push(serde_json::json!({ "url": extension_url(EXTENSION), "valueString": seal }));
    }
}

/// Whether the resource says what its own fingerprint says: nobody else has changed it.
pub fn is_intact(resource: &Value) -> bool {
    let found = resource.get("extension").and_then(Value::as_array);
    let seal = found.into_iter().flatten().find(|it| is_fingerprint(it)).and_then(|it| it.get("valueString"));
    seal.and_then(Value::as_str) == Some(of(resource).as_str())
}

/// Whether two resources say the same, what a server sets apart.
pub fn same(one: &Value, other: &Value) -> bool {
    of(one) == of(other)
}

fn is_fingerprint(extension: &Value) -> bool {
    extension.get("url").and_then(Value::as_str) == Some(extension_url(EXTENSION).as_str())
}

/// SHA-256 of the resource in one canonical form, without the fingerprint and what a server sets.
fn of(resource: &Value) -> String {
    let mut bare = resource.clone();
    if let Some(meta) = bare.get_mut("meta").and_then(Value::as_object_mut) {
        meta.remove("versionId");
        meta.remove("lastUpdated");
    }
    if let Some(fields) = bare.as_object_mut() {
        let extensions = fields.get_mut("extension").and_then(Value::as_array_mut);
        let is_empty = extensions.is_some_and(|it| {
            it.retain(|extension| !is_fingerprint(extension));
            it.is_empty()
        });
        if is_empty {
            fields.remove("extension");
        }
    }
    let mut text = String::new();
    canonical(&bare, &mut text);
    Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// JSON with sorted names and no space between.
fn canonical(value: &Value, text: &mut String) {
    match value {
        Value::Object(fields) => object(fields, text),
        Value::Array(items) => {
            text.push('[');
            for item in items {
                canonical(item, text);
                text.push(',');
            }
            text.push(']');
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => text.push_str(&value.to_string()),
    }
}

fn object(fields: &Map<String, Value>, text: &mut String) {
    let mut names: Vec<_> = fields.iter().collect();
    names.sort_by_key(|(name, _)| name.as_str());
    text.push('{');
    for (name, value) in names {
        text.push_str(&Value::from(name.as_str()).to_string());
        text.push(':');
        canonical(value, text);
        text.push(',');
    }
    text.push('}');
}
