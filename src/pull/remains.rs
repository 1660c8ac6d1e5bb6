//! What is left of a damaged text: the patients whom it still names.

use super::outline::PatientName;
use crate::fhir::reference::Address;

/// The patients that a damaged text still names: whoever stands there may have lost a resource.
pub fn names_in_damaged(text: &str) -> Vec<PatientName> {
    let text = text.replace("\\/", "/");
    let mut names = Vec::new();
    for (start, _) in text.match_indices("Patient/") {
        let before = text.get(..start).unwrap_or_default();
        let quoted = before.rfind('"').map_or("", |quote| before.get(quote + 1..).unwrap_or_default());
        let rest = text.get(start + "Patient/".len()..).unwrap_or_default();
        let Some(end) = rest.find(['"', '/']) else { continue };
        let id = rest.get(..end).unwrap_or_default();
        let address = format!("{quoted}Patient/{id}");
        if let Address::Server { base, kind: "Patient", id, .. } = Address::of(&address) {
            names.push(PatientName::Server { base: base.map(str::to_owned), id: id.to_owned() });
        }
    }
    for (start, _) in text.match_indices("\"urn:") {
        let rest = text.get(start + 1..).unwrap_or_default();
        if let Some(end) = rest.find('"') {
            names.push(PatientName::Address(rest.get(..end).unwrap_or_default().to_owned()));
        }
    }
    names.extend(ids_of_damaged_patients(&text));
    names.sort();
    names.dedup();
    names
}

/// The ids of the Patient resources of which so much is left that type and id stand in one object.
fn ids_of_damaged_patients(text: &str) -> Vec<PatientName> {
    const KIND: &str = "\"resourceType\":\"Patient\"";
    let compact: String = text.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    let found = compact.match_indices(KIND).filter_map(|(start, _)| {
        let (before, after) = (compact.get(..start)?, compact.get(start + KIND.len()..)?);
        // Forward to the end of the object, then back to its beginning; a field of an object within it is not its own.
        id_in_object(after, after.char_indices(), '{', '}')
            .or_else(|| id_in_object(before, before.char_indices().rev(), '}', '{'))
    });
    found.map(|id| PatientName::Server { base: None, id: id.to_owned() }).collect()
}

fn id_in_object(text: &str, letters: impl Iterator<Item = (usize, char)>, opens: char, closes: char) -> Option<&str> {
    let mut depth = 0u32;
    for (place, letter) in letters {
        if letter == opens {
            depth += 1;
        } else if letter == closes {
            depth = depth.checked_sub(1)?;
        } else if depth == 0 && letter == '"' {
            let rest = text.get(place..).and_then(|rest| rest.strip_prefix("\"id\":\""));
            if let Some((id, _)) = rest.and_then(|rest| rest.split_once('"')) {
                return Some(id);
            }
        }
    }
    None
}
