//! A resource as the text of a file: type and id first, as FHIR's own examples have it, the rest by name.

use serde_json::{Map, Value};

/// What stands first in a resource, in this order.
const FIRST: [&str; 6] = ["resourceType", "id", "meta", "language", "text", "extension"];

/// The resource as indented JSON with a last line break; the same resource gives the same text.
pub fn text(resource: &Value) -> String {
    let mut text = String::new();
    value(resource, 0, true, &mut text);
    text.push('\n');
    text
}

fn value(value: &Value, depth: usize, is_resource: bool, text: &mut String) {
    match value {
        Value::Object(fields) if !fields.is_empty() => object(fields, depth, is_resource, text),
        Value::Array(items) if !items.is_empty() => {
            text.push('[');
            for (index, item) in items.iter().enumerate() {
                line(index, depth + 1, text);
                self::value(item, depth + 1, false, text);
            }
            end(depth, text);
            text.push(']');
        }
        other => text.push_str(&other.to_string()),
    }
}

fn object(fields: &Map<String, Value>, depth: usize, is_resource: bool, text: &mut String) {
    let mut names: Vec<_> = fields.iter().collect();
    names.sort_by_key(|(name, _)| {
        let place = FIRST.iter().position(|first| is_resource && first == name);
        (place.unwrap_or(FIRST.len()), name.as_str())
    });
    text.push('{');
    for (index, (name, field)) in names.into_iter().enumerate() {
        line(index, depth + 1, text);
        text.push_str(&Value::from(name.as_str()).to_string());
        text.push_str(": ");
        value(field, depth + 1, false, text);
    }
    end(depth, text);
    text.push('}');
}

fn line(index: usize, depth: usize, text: &mut String) {
    if index > 0 {
        text.push(',');
    }
    end(depth, text);
}

fn end(depth: usize, text: &mut String) {
    text.push('\n');
    text.push_str(&"  ".repeat(depth));
}
