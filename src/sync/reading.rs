//! What was read of a patient: the resources of the record, in their order, each with the version that it had.

use crate::digest::Digest;
use crate::fhir::Record;
use crate::fhir::reference::Address;
use std::collections::HashMap;

/// The resources that a patient's record had, as references with versions (`Observation/o1/_history/3`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    /// The references in the order of the record; without version where the server says none.
    pub resources: Vec<String>,
    /// Tells it from any other reading: SHA-256 of the references and, of resources without version, of what they say.
    pub digest: Digest,
}

impl Reading {
    /// What a record has: all of its resources, whether a mapping asks for them or not.
    pub fn of(record: &Record<'_>) -> Reading {
        let mut told = String::new();
        let mut resources = Vec::new();
        for stored in record.resources() {
            let source = stored.source();
            told.push_str(&source);
            if version(&source).is_none() {
                // The parsed shape shows every field that is read.
                told.push_str(&format!(" {:?}", stored.resource));
            }
            told.push('\n');
            resources.push(source);
        }
        Reading { resources, digest: Digest::of(told.as_bytes()) }
    }

    /// Whether a resource that both have has another version here than there.
    pub fn has_other_versions(&self, other: &Reading) -> bool {
        let others: HashMap<&str, &String> =
            other.resources.iter().map(|reference| (bare(reference), reference)).collect();
        self.resources.iter().any(|one| others.get(bare(one)).is_some_and(|another| *another != one))
    }
}

/// The version that a reference names.
pub fn version(reference: &str) -> Option<&str> {
    match Address::of(reference) {
        Address::Server { version, .. } => version,
        Address::Contained(_) | Address::Name(_) | Address::Malformed => None,
    }
}

fn bare(reference: &str) -> &str {
    reference.split("/_history/").next().unwrap_or(reference)
}
