//! What a treatment was for: the plasma cell disease, another disease, or what the record leaves open.

use super::Mappings;
use super::engine::{At, Mapper};
use super::file::ResourceKind;
use crate::fhir::clinical::Procedure;
use crate::fhir::datatypes::{CodeableConcept, Reference};
use crate::fhir::reference::Address;
use crate::fhir::{Found, Resource};

/// What a treatment was for, as its reasons say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Purpose {
    /// No disease is named.
    NotSaid,
    /// A reason is given that cannot be read: words alone, or a Condition that is not in the record.
    NotKnown,
    /// A disease is named by a code, and it is not the plasma cell disease.
    OtherDisease,
    /// The plasma cell disease, or a complication of it.
    PlasmaCellDisease,
}

impl Mappings {
    /// What a reason names. A code that no mapping knows names another disease: the codes of the plasma cell disease and
    /// of its complications are few and known, those of all others are not. A near miss (the group of plasma cell
    /// neoplasms, pain of any cause, the reason of a visit) names none, unless its mapping says that it does.
    fn purpose_of(&self, concept: Option<&CodeableConcept<'_>>) -> Purpose {
        let codes = self.known(concept);
        let is_read = |code| self.rules_of(code, ResourceKind::Condition).next().is_some();
        let other_disease = |code| {
            self.code(code)
                .into_iter()
                .flat_map(|it| &it.misses)
                .any(|id| self.miss(*id).is_some_and(|it| it.other_disease))
        };
        if codes.iter().any(|code| is_read(*code)) {
            return Purpose::PlasmaCellDisease;
        }
        if codes.iter().any(|code| other_disease(*code)) {
            return Purpose::OtherDisease;
        }
        match concept.is_some_and(CodeableConcept::is_coded) {
            _ if !codes.is_empty() => Purpose::NotSaid,
            true => Purpose::OtherDisease,
            false => Purpose::NotKnown,
        }
    }

    /// Whether a code is one that a rule reads from a Condition.
    pub(super) fn is_plasma_cell_disease(&self, code: Option<&CodeableConcept<'_>>) -> bool {
        self.purpose_of(code) == Purpose::PlasmaCellDisease
    }
}

impl<'r, 'a> Mapper<'_, 'r, 'a> {
    /// What a Procedure was for: the plasma cell disease, if any of its reasons is; else another disease, if any names one.
    pub(super) fn purpose(&self, at: &At<'r, 'a>, procedure: &Procedure<'a>) -> Purpose {
        let by_code = procedure.reason_code.iter().map(|concept| self.mappings.purpose_of(Some(concept)));
        let by_reference = procedure.reason_reference.iter().map(|reference| self.purpose_by(at, reference));
        by_code.chain(by_reference).max().unwrap_or(Purpose::NotSaid)
    }

    /// What a reason names that is a reference: only a Condition is a disease.
    fn purpose_by(&self, at: &At<'r, 'a>, reference: &Reference<'a>) -> Purpose {
        match self.record.find(at.stored, reference) {
            Found::Resource(stored) => match &stored.resource {
                Resource::Condition(condition) => self.mappings.purpose_of(condition.code.as_ref()),
                _ => Purpose::NotSaid,
            },
            Found::NotHere | Found::Several | Found::Unaddressed => {
                match reference.reference.as_deref().map(Address::of) {
                    Some(Address::Server { kind, .. }) if kind != "Condition" => Purpose::NotSaid,
                    _ => Purpose::NotKnown,
                }
            }
        }
    }
}
