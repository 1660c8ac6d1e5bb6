//! Observations: results alone, in panels and as components, by the rules of the mapping files.

use super::answered::{Answered, Part, said_by_existence};
use super::codes::CodeId;
use super::coverage::FoundBy;
use super::date::{self, Dated};
use super::engine::{At, Mapper, OWN};
use super::file::{CodesIn, Element, ResourceKind};
use super::part::{Field, has_site};
use super::purpose::Purpose;
use super::reason::Reason;
use super::rule::{Place, Reading, Rule};
use super::site::SaidSite;
use super::{Mappings, own};
use crate::fhir::datatypes::CodeableConcept;
use crate::fhir::observation::Observation;
use crate::fhir::record::whole;
use crate::fhir::{Found, Record, Resource};
use crate::inputs::Input;
use smallvec::SmallVec;
use std::collections::HashSet;

/// Results that a correction in the record has replaced: the same business identifier, and not themselves a correction.
pub(super) fn replaced(record: &Record<'_>) -> HashSet<*const ()> {
    let observations = || {
        record.resources().filter_map(|stored| match &stored.resource {
            Resource::Observation(observation) => Some((stored, observation)),
            _ => None,
        })
    };
    let correction =
        |observation: &Observation<'_>| matches!(observation.status.as_deref(), Some("amended" | "corrected"));
    let corrections = observations().filter(|(_, observation)| correction(observation));
    let corrected: HashSet<_> = corrections.flat_map(|(_, newer)| newer.identifier.iter().filter_map(whole)).collect();
    let others = observations().filter(|(_, observation)| !correction(observation));
    let is_corrected =
        |older: &Observation<'_>| older.identifier.iter().filter_map(whole).any(|one| corrected.contains(&one));
    let replaced = others.filter(|(_, older)| is_corrected(older));
    replaced.map(|(stored, _)| std::ptr::from_ref(stored).cast()).collect()
}

/// Whether a status lets a result be read, and whether as preliminary.
pub(super) fn readable(status: Option<&str>) -> Option<bool> {
    match status {
        Some("final" | "amended" | "corrected" | "appended" | "unknown") => Some(false),
        Some("preliminary" | "partial") => Some(true),
        _ => None,
    }
}

impl<'m, 'r, 'a> Mapper<'m, 'r, 'a> {
    pub(super) fn observation(&mut self, at: &mut At<'r, 'a>, observation: &'r Observation<'a>) {
        self.contained_results(at, &observation.has_member);
        let Some(preliminary) = readable(observation.status.as_deref()) else {
            return self.unused(at, None, None, Reason::Status);
        };
        at.preliminary = preliminary;
        if self.replaced.contains(&std::ptr::from_ref(at.stored).cast()) && !at.stored.is_contained() {
            return self.unused(at, None, None, Reason::Replaced);
        }
        if let Some(reason) = self.about_something_else(at, observation) {
            return self.unused(at, None, None, reason);
        }
        let codings = observation.code.as_ref().map(|code| &*code.coding).unwrap_or_default();
        let own = codings.iter().find(|coding| coding.system.as_deref() == Some(OWN));
        if let Some(own) = own {
            return own::observation(self, at, observation, own.code.as_deref().unwrap_or_default());
        }
        let answered = Answered::by(observation);
        let codes = self.mappings.known_of(codings);
        let mut known = self.by_codes(at, observation, &codes, &answered);
        for component in &observation.component {
            let codes = self.mappings.known(component.code.as_ref());
            if codes.is_empty() {
                continue;
            }
            known = true;
            if component.modifier_extension.is_there() {
                self.unused(at, None, codes.first().copied(), Reason::ModifierExtension);
                continue;
            }
            self.by_codes(at, observation, &codes, &Answered::by_component(observation, component));
        }
        if !known && observation.has_member.is_empty() {
            let coded = observation.code.as_ref().is_some_and(CodeableConcept::is_coded);
            let reason = if coded { Reason::UnknownCode } else { Reason::NoCode };
            self.unused(at, None, None, reason);
        }
    }

    /// Reads an answer by the rules of its codes; whether any of the codes is known.
    fn by_codes(
        &mut self,
        at: &At<'r, 'a>,
        observation: &'r Observation<'a>,
        codes: &[CodeId],
        answered: &Answered<'r, 'a>,
    ) -> bool {
        let mut missed = false;
        for code in codes {
            missed |= self.near_misses(at, *code);
        }
        let mappings = self.mappings;
        let mut rules: SmallVec<[(CodeId, &Rule); 4]> = SmallVec::new();
        for code in codes {
            for rule in
                mappings.rules_of(*code, ResourceKind::Observation).filter(|rule| rule.codes_in == CodesIn::Code)
            {
                if !rules.iter().any(|(_, earlier)| std::ptr::eq(*earlier, rule)) {
                    rules.push((*code, rule));
                }
            }
        }
        if let Some(reason) = contradiction(mappings, codes, &rules) {
            let (input, code) = rules.first().map_or((None, None), |(code, rule)| (Some(rule.input), Some(*code)));
            self.unused(at, input, code, reason);
            return true;
        }
        let mut failed: SmallVec<[(CodeId, Input, Reason); 2]> = SmallVec::new();
        let mut found: SmallVec<[Input; 2]> = SmallVec::new();
        for (code, rule) in &rules {
            if found.contains(&rule.input) {
                continue;
            }
            match self.by_rule(at, observation, *code, rule, answered) {
                Ok(()) => found.push(rule.input),
                Err(reason) => failed.push((*code, rule.input, reason)),
            }
        }
        // One code may carry several inputs, or one input in several shapes: what another rule could read is not missing.
        failed.dedup_by_key(|(_, input, _)| *input);
        for (code, input, reason) in failed {
            let of_another = matches!(reason, Reason::UnexpectedValue | Reason::UnknownValueCode | Reason::NoValue);
            if found.contains(&input) || (!found.is_empty() && of_another) {
                continue;
            }
            self.unused(at, Some(input), Some(code), reason);
        }
        missed || !rules.is_empty()
    }

    fn by_rule(
        &mut self,
        at: &At<'r, 'a>,
        observation: &'r Observation<'a>,
        code: CodeId,
        rule: &'m Rule,
        answered: &Answered<'r, 'a>,
    ) -> Result<(), Reason> {
        let input = rule.input;
        let mut parts = rule.says;
        if let Some(reading) = &rule.value {
            let part = self.read(at, observation, (input, Field::Value), reading, answered, code)?;
            if !part.put(&mut parts, input, Field::Value) {
                return Err(Reason::UnexpectedValue);
            }
        }
        let mut said = SaidSite::default();
        for (field, reading) in &rule.fields {
            match self.read(at, observation, (input, *field), reading, answered, code) {
                Ok(part) if part.put(&mut parts, input, *field) => {}
                Ok(_) => return Err(Reason::UnexpectedValue),
                Err(reason) if Field::required(input).contains(field) => return Err(reason),
                Err(reason) if *field == Field::Site && reason != Reason::NoValue => said = SaidSite::unknown(),
                Err(_) => self.unused(at, Some(input), Some(code), Reason::PartNotUsed),
            }
        }
        if rule.value.is_none() && rule.fields.is_empty() {
            said_by_existence(self.mappings, answered)?;
        }
        let mut aside = None;
        if has_site(input) {
            if !said.is_said() {
                said = self.said_by_sites(at, observation.sites());
            }
            if input.is_treatment() {
                aside = self.placed(at, FoundBy::Code(code), input, Purpose::NotSaid, &said, &mut parts);
            } else {
                parts.site = self.site(at, input, Some(code), &said).or(parts.site);
            }
        }
        let value = parts.value(input).ok_or(Reason::MissingPart)?;
        let dated = self.dated(at, observation);
        let time = self.time(at, input, Some(code), dated)?;
        match aside {
            Some(why) => self.aside(at, input, value, time, why),
            None => self.entry(at, FoundBy::Code(code), input, value, time, &parts),
        }
        if let Some(part) = rule.part {
            self.part(part, time);
        }
        Ok(())
    }

    fn read(
        &mut self,
        at: &At<'r, 'a>,
        observation: &'r Observation<'a>,
        (input, field): (Input, Field),
        reading: &'m Reading,
        answered: &Answered<'r, 'a>,
        code: CodeId,
    ) -> Result<Part<'m>, Reason> {
        match &reading.place {
            Place::Element(Element::Value) => self.shape(at, (input, field), &reading.shape, answered, code),
            Place::Component(codes) => {
                let component = observation.component.iter().find(|component| {
                    self.mappings.known(component.code.as_ref()).iter().any(|code| codes.contains(code))
                });
                let component = component.ok_or(Reason::NoValue)?;
                if component.modifier_extension.is_there() {
                    return Err(Reason::ModifierExtension);
                }
                self.shape(at, (input, field), &reading.shape, &Answered::by_component(observation, component), code)
            }
            Place::Element(Element::BodySite) => {
                let site = self.said_by_sites(at, observation.sites()).one();
                site.map(|site| Part::Word(site.word())).ok_or(Reason::NoValue)
            }
            Place::Element(_) => Err(Reason::UnexpectedValue),
            Place::Extension(urls) => {
                let extension = super::procedure::extension(&observation.extension, urls).ok_or(Reason::NoValue)?;
                self.mappings.of_extension((input, field), &reading.shape, extension)
            }
        }
    }

    /// Whether an Observation is about a person or a disease other than the patient's plasma cell disease.
    fn about_something_else(&self, at: &At<'r, 'a>, observation: &Observation<'a>) -> Option<Reason> {
        for focus in &observation.focus {
            match self.record.find(at.stored, focus) {
                Found::Resource(stored) => match &stored.resource {
                    Resource::Condition(condition)
                        if !self.mappings.is_plasma_cell_disease(condition.code.as_ref()) =>
                    {
                        return Some(Reason::OtherDisease);
                    }
                    _ => {}
                },
                _ => {
                    let address = focus.reference.as_deref().unwrap_or_default();
                    let other = ["Patient/", "RelatedPerson/", "Group/", "Device/"];
                    if other.iter().any(|kind| address.contains(kind)) && !address.contains(self.record.patient()) {
                        return Some(Reason::OtherPatient);
                    }
                    if address.contains("Condition/") {
                        return Some(Reason::OtherDisease);
                    }
                }
            }
        }
        None
    }
}

/// Codings of one concept that mean different inputs, or an input and what only looks like it.
fn contradiction(mappings: &Mappings, codes: &[CodeId], rules: &[(CodeId, &Rule)]) -> Option<Reason> {
    for (n, code) in codes.iter().enumerate() {
        let known = mappings.code(*code)?;
        let missed = known.misses.iter().filter_map(|miss| mappings.miss(*miss));
        if missed.into_iter().any(|miss| rules.iter().any(|(_, rule)| rule.input == miss.input)) {
            return Some(Reason::Conflict);
        }
        let all = |code: CodeId| {
            let of_code = mappings.rules_of(code, ResourceKind::Observation).map(|rule| rule.input);
            of_code.collect::<SmallVec<[Input; 2]>>()
        };
        let mine = all(*code);
        for other in codes.iter().take(n) {
            let theirs = all(*other);
            if !mine.is_empty() && !theirs.is_empty() && !mine.iter().any(|input| theirs.contains(input)) {
                return Some(Reason::Conflict);
            }
        }
    }
    None
}

/// When an Observation was made, as it says itself.
pub(super) fn effective(observation: &Observation<'_>) -> Dated {
    if let Some(text) = observation.effective_date_time.as_ref().or(observation.effective_instant.as_ref()) {
        return date::date(text);
    }
    if let Some(period) = &observation.effective_period {
        return date::end_of(period);
    }
    if let Some(timing) = &observation.effective_timing {
        return date::last_of(timing);
    }
    issued(observation.issued.as_deref())
}

/// The date of issue, where there is no other.
pub(super) fn issued(text: Option<&str>) -> Dated {
    match text.map(date::date) {
        Some(Dated::At(when)) => Dated::Issued(when),
        Some(not) => not,
        None => Dated::Not(Reason::NoDate),
    }
}
