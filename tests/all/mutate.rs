//! Changes to what others might send: bytes flipped, cut, doubled and joined; JSON values in each other's places, and
//! at the edges of what JSON, FHIR and a calendar can say.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use proptest::prelude::*;
use serde_json::Value;

/// A change, in small numbers, so that a failing case shrinks to few and plain ones.
#[derive(Clone, Copy, Debug)]
pub struct Change {
    kind: u8,
    place: u32,
    with: u32,
}

/// One change or some.
pub fn changes() -> impl Strategy<Value = Vec<Change>> {
    let change = (0..12u8, any::<u32>(), any::<u32>()).prop_map(|(kind, place, with)| Change { kind, place, with });
    proptest::collection::vec(change, 1..5)
}

/// Dates and instants at the edges of the calendar, and what only looks like one.
const DATES: [&str; 24] = [
    "9999-12-31",
    "9999-12-31T23:59:60Z",
    "9999-12-31T23:59:59.999999999-14:00",
    "0000-01-01",
    "0001-01-01T00:00:00+14:00",
    "-0001-01-01",
    "-009999-01-01T00:00:00Z",
    "2016-12-31T23:59:60Z",
    "2016-12-31T23:59:60.5+01:00",
    "2026-02-29",
    "2024-02-29",
    "2026-11-22T24:00:00Z",
    "2026-11-22T10:00:00+25:99",
    "2026-11-22T10:00:00-00:00",
    "2026-11-22T10:00:00.1234567891234567891Z",
    "2026-11-22T10:00:00",
    "2026-11-22 10:00",
    "2026-11-22T",
    "2026-11",
    "2026",
    "20261122",
    "٢٠٢٦-١١-٢٢",
    "2026-11-2æ",
    "",
];

/// Strings that mean something in the wrong place.
const STRINGS: [&str; 28] = [
    "",
    " ",
    "\u{0}",
    "\u{feff}",
    "æ",
    "😀",
    "#",
    "#p1",
    "Patient/",
    "Patient/nobody",
    "Observation/nobody/_history/",
    "https://elsewhere.example.org/fhir/Patient/nobody/_history/7",
    "http://[::1",
    "urn:uuid:",
    "urn:oid:1.2.208.176.2.4.12",
    "http://loinc.org",
    "http://snomed.info/sct",
    "718-7",
    "DC903",
    "g/dL",
    "mmol/L",
    "10*9/L",
    "{}[]",
    "<",
    "<b>&amp;</b>",
    "final",
    "entered-in-error",
    "2026-11-22",
];

/// Values as JSON writes them, among them some that it does not.
const RAW: [&str; 32] = [
    "null",
    "true",
    "false",
    "0",
    "-0",
    "-1",
    "-0.0",
    "1e999999999",
    "-1e999999999",
    "1e-999999999",
    "1E+2",
    "0.1e1",
    "0e99",
    "79228162514264337593543950335",
    "79228162514264337593543950336",
    "-79228162514264337593543950335",
    "0.0000000000000000000000000001",
    "0.00000000000000000000000000001",
    "9.9999999999999999999999999999",
    "18446744073709551616",
    "-9223372036854775809",
    "[]",
    "{}",
    "[null]",
    "{\"a\":1,\"a\":2}",
    "\"\\ud800\"",
    "\"\\udc00\\ud800\"",
    "\"\\ud83d\\ude00\"",
    "\"\\u0000\"",
    "1.",
    "01",
    "nul",
];

/// Names of fields that mean something in another place.
const NAMES: [&str; 16] = [
    "id",
    "resourceType",
    "subject",
    "reference",
    "contained",
    "extension",
    "modifierExtension",
    "meta",
    "value",
    "valueQuantity",
    "valueBoolean",
    "hasMember",
    "entry",
    "resource",
    "link",
    "",
];

fn pick<'a>(words: &[&'a str], number: u32) -> &'a str {
    words[number as usize % words.len()]
}

/// Bytes with these changes.
pub fn of_bytes(bytes: &[u8], changes: &[Change]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for Change { kind, place, with } in changes {
        let (place, other) = (*place as usize % (bytes.len() + 1), *with as usize % (bytes.len() + 1));
        let (from, to) = (place.min(other), place.max(other));
        match kind {
            0 | 1 if place < bytes.len() => bytes[place] ^= 1 << (with % 8),
            2 if place < bytes.len() => bytes[place] = *with as u8,
            3 => drop(bytes.drain(from..to.min(from + 64))),
            4 => bytes.truncate(place),
            5 => {
                let doubled = bytes[from..to.min(from + 4096)].to_vec();
                bytes.splice(place..place, doubled);
            }
            6 => bytes.splice(place..place, pick(&RAW, *with).bytes()).for_each(drop),
            7 => bytes.splice(place..place, pick(&DATES, *with).bytes()).for_each(drop),
            8 => bytes.splice(place..place, [0xff, 0xfe, 0x00, 0xc3, 0xed, 0xa0, 0x80]).for_each(drop),
            9 => bytes.splice(place..place, b"\"}],\n:{"[..*with as usize % 8].to_vec()).for_each(drop),
            10 => bytes.splice(place..place, std::iter::repeat_n(b"[{\" "[*with as usize % 4], 300)).for_each(drop),
            _ => bytes.splice(from..to.min(from + 8), Vec::new()).for_each(drop),
        }
    }
    bytes
}

/// The text of a JSON value with these changes.
pub fn of_json(value: &Value, changes: &[Change]) -> String {
    let mut value = value.clone();
    for change in changes {
        let other = nth(&value, change.with as usize % count(&value)).clone();
        let place = change.place as usize % count(&value);
        changed(nth_mut(&mut value, place), *change, other);
    }
    with_raw(&value.to_string())
}

fn count(value: &Value) -> usize {
    1 + children(value).map(count).sum::<usize>()
}

fn children(value: &Value) -> Box<dyn Iterator<Item = &Value> + '_> {
    match value {
        Value::Array(items) => Box::new(items.iter()),
        Value::Object(fields) => Box::new(fields.values()),
        _ => Box::new(std::iter::empty()),
    }
}

fn nth(value: &Value, number: usize) -> &Value {
    let mut left = number;
    if left == 0 {
        return value;
    }
    left -= 1;
    for child in children(value) {
        let size = count(child);
        if left < size {
            return nth(child, left);
        }
        left -= size;
    }
    panic!("there is no such value")
}

fn nth_mut(value: &mut Value, number: usize) -> &mut Value {
    let mut left = number;
    if left == 0 {
        return value;
    }
    left -= 1;
    let children: Box<dyn Iterator<Item = &mut Value> + '_> = match value {
        Value::Array(items) => Box::new(items.iter_mut()),
        Value::Object(fields) => Box::new(fields.values_mut()),
        _ => Box::new(std::iter::empty()),
    };
    for child in children {
        let size = count(child);
        if left < size {
            return nth_mut(child, left);
        }
        left -= size;
    }
    panic!("there is no such value")
}

fn changed(value: &mut Value, Change { kind, with, .. }: Change, other: Value) {
    let number = with as usize;
    match (kind, &mut *value) {
        (0 | 1, Value::String(text)) if text.starts_with(|first: char| first.is_ascii_digit()) => {
            *text = pick(&DATES, with).to_owned();
        }
        (0 | 1, Value::Object(fields)) => {
            let name = fields.keys().nth(number % fields.len().max(1)).cloned().unwrap_or_default();
            let field = fields.remove(&name).unwrap_or_default();
            if kind == 1 {
                fields.insert(pick(&NAMES, with).to_owned(), field);
            }
        }
        (0 | 1, Value::Array(items)) if !items.is_empty() => {
            let item = items[number % items.len()].clone();
            items.extend(std::iter::repeat_n(item, 1 + number % 40));
        }
        (2, _) => *value = Value::String(pick(&STRINGS, with).to_owned()),
        (3, _) => *value = Value::String(pick(&DATES, with).to_owned()),
        (4 | 5, _) => *value = Value::String(format!("{MARK}{}", number % RAW.len())),
        (6, _) => *value = other,
        (7, _) => *value = Value::Array(vec![other; number % 5]),
        (8, _) => {
            let nested = |inner: Value, depth: usize| match number % 2 {
                0 => Value::Array(vec![inner]),
                _ => serde_json::json!({ NAMES[depth % NAMES.len()]: inner }),
            };
            *value = (0..number % 150).fold(other, nested);
        }
        (9, Value::String(text)) => *text = text.repeat(1 + number % 300),
        (9, _) => *value = Value::String("æøå".repeat(number % 3_000)),
        (10, Value::Object(fields)) => drop(fields.insert(pick(&NAMES, with).to_owned(), other)),
        (11, Value::String(text)) => {
            let cut =
                text.char_indices().nth(number % (text.chars().count() + 1)).map_or(text.len(), |(place, _)| place);
            text.truncate(cut);
        }
        _ => *value = Value::Null,
    }
}

/// What stands before the number of a raw value.
const MARK: char = '\u{1}';

/// The text with the raw values in the places of their marks.
fn with_raw(text: &str) -> String {
    let mut parts = text.split("\"\\u0001");
    let mut whole = parts.next().unwrap().to_owned();
    for part in parts {
        let (number, rest) = part.split_once('"').unwrap();
        match number.parse::<usize>().ok().and_then(|number| RAW.get(number)) {
            Some(raw) => whole.push_str(raw),
            // The mark of a string that was changed once more.
            None => whole.push_str(&format!("\"\\u0001{number}\"")),
        }
        whole.push_str(rest);
    }
    whole
}
