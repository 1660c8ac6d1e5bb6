//! What a treatment was for, and where: of the plasma cell disease, of another, or what the record leaves open.

use super::Mappings;
use super::coverage::FoundBy;
use super::engine::{At, Mapper};
use super::file::ResourceKind;
use super::part::{Parts, has_site};
use super::reason::Reason;
use super::site::SaidSite;
use crate::fhir::clinical::Procedure;
use crate::fhir::datatypes::{CodeableConcept, Reference};
use crate::fhir::reference::Address;
use crate::fhir::{Found, Resource};
use crate::inputs::{AsideReason, Input};

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

    /// Puts the place of a treatment in; or says why the treatment is set aside: it was for another disease, or it cannot
    /// be told whether it was to the tumour.
    ///
    /// A place that is said and not known here is not "none said", which would count as the tumour's: the treatment may
    /// have been anywhere. To count it could hold back the radiotherapy that the tumour needs, to drop it could have the
    /// tumour irradiated twice; so it does neither, and the plan names it and leaves open what depends on it.
    pub(super) fn placed(
        &mut self,
        at: &At<'r, 'a>,
        by: FoundBy,
        input: Input,
        purpose: Purpose,
        said: &SaidSite,
        parts: &mut Parts,
    ) -> Option<AsideReason> {
        let place = said.of_treatment(parts.site);
        parts.site = place.unwrap_or_default();
        if purpose == Purpose::OtherDisease {
            return Some(AsideReason::OtherDisease);
        }
        if place.is_err() {
            self.unknown_place(at, by, input, said);
            return Some(AsideReason::UnknownSite);
        }
        self.site(at, input, by.code(), said);
        if purpose != Purpose::NotKnown {
            return None;
        }
        let is_placed = parts.site.is_some() || !has_site(input);
        self.unused(at, Some(input), by.code(), if is_placed { Reason::PartNotUsed } else { Reason::UnknownReason });
        (!is_placed).then_some(AsideReason::UnknownReason)
    }

    fn unknown_place(&mut self, at: &At<'r, 'a>, by: FoundBy, input: Input, said: &SaidSite) {
        if said.not_known().is_empty() {
            self.unused(at, Some(input), by.code(), Reason::UnknownSite);
        }
        for unknown in said.not_known() {
            self.near_miss_of_site(at, unknown);
            self.unused_place(at, input, Reason::UnknownSite, unknown);
        }
    }
}
