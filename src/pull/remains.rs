//! What is left of a damaged text: the patients whom it still names.

use super::outline::PatientName;
use crate::fhir::reference::Address;
use std::borrow::Cow;

/// The longest that a server's address is looked for before `Patient/`.
const LONGEST_BASE: usize = 2_000;

/// Objects within objects that are looked through for a Patient's id.
const DEEPEST: usize = 128;

/// The patients that a damaged text still names: whoever stands there may have lost a resource.
pub fn names_in_damaged(text: &str) -> Vec<PatientName> {
    let text = match text.contains("\\/") {
        true => Cow::Owned(text.replace("\\/", "/")),
        false => Cow::Borrowed(text),
    };
    let mut names = Vec::new();
    // Between two quotation marks stands one string, or what is between two.
    let mut between = text.split('"').peekable();
    while let Some(part) = between.next() {
        let is_closed = between.peek().is_some();
        names.extend(addresses(part, is_closed));
        if part.starts_with("urn:") && is_closed {
            names.push(PatientName::Address(part.to_owned()));
        }
    }
    names.extend(ids_of_damaged_patients(&text));
    names.sort();
    names.dedup();
    names
}

/// The addresses of Patients in a string; the last one may be cut where the string is not closed.
fn addresses(part: &str, is_closed: bool) -> impl Iterator<Item = PatientName> {
    part.match_indices("Patient/").filter(|(start, _)| *start <= LONGEST_BASE).filter_map(move |(start, kind)| {
        let rest = part.get(start + kind.len()..)?;
        let id = match rest.split_once('/') {
            Some((id, _)) => id,
            None if is_closed => rest,
            None => return None,
        };
        let address = part.get(..start + kind.len() + id.len())?;
        match Address::of(address) {
            Address::Server { base, kind: "Patient", id, .. } => {
                Some(PatientName::Server { base: base.map(str::to_owned), id: id.to_owned() })
            }
            _ => None,
        }
    })
}

/// The ids of the Patient resources of which so much is left that type and id stand in one object.
fn ids_of_damaged_patients(text: &str) -> Vec<PatientName> {
    let compact: String = text.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    let mut found = Vec::new();
    let (mut around, mut object): (Vec<Object<'_>>, _) = (Vec::new(), Object::default());
    let mut too_deep = 0usize;
    for (place, sign) in compact.bytes().enumerate() {
        match sign {
            b'{' if around.len() == DEEPEST => too_deep += 1,
            b'{' => around.push(std::mem::take(&mut object)),
            b'}' if too_deep > 0 => too_deep -= 1,
            b'}' => {
                found.extend(object.patient());
                object = around.pop().unwrap_or_default();
            }
            b'"' if too_deep == 0 => object.read(compact.get(place..).unwrap_or_default()),
            _ => {}
        }
    }
    found.extend(object.patient());
    found.extend(around.iter().filter_map(Object::patient));
    found.into_iter().map(|id| PatientName::Server { base: None, id: id.to_owned() }).collect()
}

/// What an object says of itself, as far as it was read; a field of an object within it is not its own.
#[derive(Default)]
struct Object<'t> {
    is_patient: bool,
    id_before_kind: Option<&'t str>,
    id_after_kind: Option<&'t str>,
}

impl<'t> Object<'t> {
    /// Reads what begins with a quotation mark.
    fn read(&mut self, text: &'t str) {
        self.is_patient |= text.starts_with("\"resourceType\":\"Patient\"");
        let id = text.strip_prefix("\"id\":\"").and_then(|rest| rest.split_once('"')).map(|(id, _)| id);
        match self.is_patient {
            true => self.id_after_kind = self.id_after_kind.or(id),
            false => self.id_before_kind = id.or(self.id_before_kind),
        }
    }

    fn patient(&self) -> Option<&'t str> {
        self.id_after_kind.or(self.id_before_kind).filter(|_| self.is_patient)
    }
}
