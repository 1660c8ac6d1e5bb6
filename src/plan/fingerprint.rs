//! The fingerprint of a resource: shows later whether it still says what we wrote, or another hand has changed it.

use super::codes::extension_url;
use super::ranges;
use crate::digest::Digest;
use crate::fhir::reference::Address;
use serde_json::{Map, Value};

/// The name of the extension that holds it.
const EXTENSION: &str = "fingerprint";

/// The name of the extension that says what an activity rests on.
pub const BASIS: &str = "basis";

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
    carried(resource) == Some(of(resource).as_str())
}

/// Whether two resources say the same, what a server sets apart.
pub fn same(one: &Value, other: &Value) -> bool {
    of(one) == of(other)
}

fn is_fingerprint(extension: &Value) -> bool {
    extension.get("url").and_then(Value::as_str) == Some(extension_url(EXTENSION).as_str())
}

/// The fingerprint itself, and what an activity rests on.
fn is_left_out(item: &Value) -> bool {
    is_fingerprint(item) || item.get("url").and_then(Value::as_str) == Some(extension_url(BASIS).as_str())
}

/// The fingerprint that a resource carries.
pub fn carried(resource: &Value) -> Option<&str> {
    let extensions = resource.get("extension").and_then(Value::as_array);
    extensions?.iter().find(|it| is_fingerprint(it))?.get("valueString")?.as_str()
}

/// SHA-256 of what a resource says: without the fingerprint, and without what a server sets or writes in its own way
/// (the id, `meta`, the versions of references, the tags of the narrative, `40.0` for `40`), wherever a range of
/// probabilities stands. What activities rest on is left out too: it may change while all that is said stays the same.
pub fn of(resource: &Value) -> String {
    let mut bare = resource.clone();
    if let Some(fields) = bare.as_object_mut() {
        fields.remove("meta");
        fields.remove("id");
    }
    ranges::out_of_extensions(&mut bare);
    let mut text = String::new();
    canonical(&bare, &mut text);
    Digest::of(text.as_bytes()).to_string()
}

/// The words of a narrative: servers write its tags and signs in their own way.
fn words(div: &str) -> String {
    let mut words = String::with_capacity(div.len());
    let mut in_tag = false;
    for letter in div.chars() {
        match letter {
            '<' => in_tag = true,
            '>' if in_tag => {
                in_tag = false;
                words.push(' ');
            }
            letter if !in_tag => words.push(letter),
            _ => {}
        }
    }
    let plain = words.replace("&quot;", "\"").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A reference as every server keeps it: type and id.
fn bare_reference(reference: &str) -> String {
    match Address::of(reference) {
        Address::Server { kind, id, .. } => format!("{kind}/{id}"),
        Address::Contained(_) | Address::Name(_) | Address::Malformed => reference.to_owned(),
    }
}

/// JSON with sorted names and no space between.
fn canonical(value: &Value, text: &mut String) {
    match value {
        Value::Object(fields) => object(fields, text),
        Value::Array(items) => {
            text.push('[');
            for item in items.iter().filter(|item| !is_left_out(item)) {
                canonical(item, text);
                text.push(',');
            }
            text.push(']');
        }
        Value::Number(number) => match number.as_f64() {
            Some(number) => text.push_str(&number.to_string()),
            None => text.push_str(&number.to_string()),
        },
        Value::Null | Value::Bool(_) | Value::String(_) => text.push_str(&value.to_string()),
    }
}

fn object(fields: &Map<String, Value>, text: &mut String) {
    let mut names: Vec<_> = fields.iter().collect();
    names.sort_by_key(|(name, _)| name.as_str());
    text.push('{');
    for (name, value) in names {
        let is_emptied = value.as_array().is_some_and(|items| items.iter().all(is_left_out));
        let is_version = name == "display" && fields.contains_key("reference");
        if is_emptied || is_version {
            continue;
        }
        text.push_str(&Value::from(name.as_str()).to_string());
        text.push(':');
        match (name.as_str(), value.as_str()) {
            ("reference", Some(reference)) => text.push_str(&Value::from(bare_reference(reference)).to_string()),
            ("div", Some(div)) => text.push_str(&Value::from(words(div)).to_string()),
            _ => canonical(value, text),
        }
        text.push(',');
    }
    text.push('}');
}
