//! FHIR as servers write it: in each resource the type stands first, then the id and what is said of the resource itself.

use serde_json::{Map, Value};

const FIRST: [&str; 3] = ["resourceType", "id", "meta"];

/// The JSON text of a resource, without a line break.
pub fn as_servers_write(resource: &Value) -> String {
    let mut text = String::new();
    value(resource, &mut text);
    text
}

fn value(value: &Value, text: &mut String) {
    match value {
        Value::Object(fields) => object(fields, text),
        Value::Array(items) => {
            text.push('[');
            for (place, item) in items.iter().enumerate() {
                text.push_str(if place > 0 { "," } else { "" });
                self::value(item, text);
            }
            text.push(']');
        }
        other => text.push_str(&other.to_string()),
    }
}

fn object(fields: &Map<String, Value>, text: &mut String) {
    let is_resource = fields.contains_key("resourceType");
    let is_first = |name: &str| is_resource && FIRST.contains(&name);
    let first = FIRST.iter().filter(|_| is_resource).filter_map(|name| fields.get_key_value(*name));
    let rest = fields.iter().filter(|(name, _)| !is_first(name));
    text.push('{');
    for (place, (name, field)) in first.chain(rest).enumerate() {
        text.push_str(if place > 0 { "," } else { "" });
        text.push_str(&Value::from(name.as_str()).to_string());
        text.push(':');
        value(field, text);
    }
    text.push('}');
}
