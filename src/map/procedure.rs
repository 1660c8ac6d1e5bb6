//! Procedures: treatments with their named parts, whatever shape a course of radiotherapy is recorded in.

use super::Mappings;
use super::answered::Part;
use super::coverage::{FoundBy, Reason};
use super::date::{self, Dated};
use super::engine::{At, Mapper, modified};
use super::file::Element;
use super::part::{Field, Parts};
use super::rule::{Place, Reading, Rule, Shape};
use crate::fhir::clinical::Procedure;
use crate::fhir::datatypes::{CodeableConcept, Extension};
use crate::fhir::{Found, Resource, Stored};
use crate::inputs::words::Site;
use crate::inputs::{Input, When};
use smallvec::SmallVec;

/// A fraction is a part of a plan, this of a phase, this of a course; nothing real goes further than this.
const MOST_WHOLES: usize = 16;

impl<'m, 'r, 'a> Mapper<'m, 'r, 'a> {
    pub(super) fn procedure(&mut self, at: &At<'r, 'a>, procedure: &'r Procedure<'a>) {
        let mappings = self.mappings;
        let starts = mappings.starts_of(procedure);
        for miss in &starts.misses {
            self.name_misses(at, None, std::slice::from_ref(miss));
        }
        let mut known = !starts.misses.is_empty();
        for code in mappings.known(procedure.code.as_ref()) {
            known |= self.near_misses(at, code);
        }
        for (by, rule) in starts.rules {
            known = true;
            if let Err(reason) = self.by_procedure_rule(at, procedure, by, rule) {
                self.unused(at, Some(rule.input), by.code(), reason);
            }
        }
        if !known {
            let coded = procedure.code.as_ref().is_some_and(CodeableConcept::is_coded);
            self.unused(at, None, None, if coded { Reason::UnknownCode } else { Reason::NoCode });
        }
    }

    /// Whether a treatment is a part of one in this record that is read for the same input: then the whole is the
    /// course, and its parts would count the same dose again. A part whose whole is not here is read, since the
    /// patient was treated; so are two that are parts of each other.
    fn is_part_of_another(&self, stored: &'r Stored<'a>, procedure: &'r Procedure<'a>, input: Input) -> bool {
        self.wholes_of(stored, procedure).any(|(stored, whole)| {
            let is_read = modified(&stored.resource.common()).is_none()
                && status(whole, true).is_ok()
                && self.mappings.starts_of(whole).rules.iter().any(|(_, rule)| rule.input == input);
            is_read && !self.leads_to(stored, whole, procedure)
        })
    }

    /// Whether one Procedure is, through others, a part of another; so said too where there is no end of them.
    fn leads_to(&self, stored: &'r Stored<'a>, from: &'r Procedure<'a>, to: &Procedure<'a>) -> bool {
        let mut chain: SmallVec<[(&'r Stored<'a>, &'r Procedure<'a>); 4]> = SmallVec::new();
        chain.push((stored, from));
        let mut next = 0;
        while let Some((stored, one)) = chain.get(next).copied() {
            if std::ptr::eq(one, to) || next == MOST_WHOLES {
                return true;
            }
            for whole in self.wholes_of(stored, one).take(MOST_WHOLES) {
                if !chain.iter().any(|(_, earlier)| std::ptr::eq(*earlier, whole.1)) {
                    chain.push(whole);
                }
            }
            next += 1;
        }
        false
    }

    /// The Procedures of this record that one says to be a part of.
    fn wholes_of(
        &self,
        stored: &'r Stored<'a>,
        procedure: &'r Procedure<'a>,
    ) -> impl Iterator<Item = (&'r Stored<'a>, &'r Procedure<'a>)> {
        procedure.part_of.iter().filter_map(move |whole| match self.record.find(stored, whole) {
            Found::Resource(stored) => match &stored.resource {
                Resource::Procedure(whole) => Some((stored, &**whole)),
                _ => None,
            },
            _ => None,
        })
    }

    fn by_procedure_rule(
        &mut self,
        at: &At<'r, 'a>,
        procedure: &'r Procedure<'a>,
        by: FoundBy,
        rule: &'m Rule,
    ) -> Result<(), Reason> {
        let input = rule.input;
        let course = matches!(input, Input::Radiotherapy | Input::SystemicTherapy);
        status(procedure, course)?;
        if course && self.is_part_of_another(at.stored, procedure, input) {
            return Err(Reason::PartOfCourse);
        }
        if input == Input::Surgery && self.is_for_another_disease(at, procedure) {
            return Err(Reason::OtherDisease);
        }
        let volumes: Vec<&'r Extension<'a>> = match &rule.each {
            Some(url) => procedure.extension.iter().filter(|one| one.url.as_deref() == Some(url)).collect(),
            None => Vec::new(),
        };
        let mut entries: Vec<Parts> = Vec::new();
        for volume in volumes.iter().map(|volume| Some(*volume)).chain(volumes.is_empty().then_some(None)) {
            let mut parts = rule.says;
            self.fields(at, procedure, by, rule, volume, &mut parts)?;
            let site = self.body_site(at, input, by.code(), &procedure.body_site);
            parts.site = read_site(volume, &parts, rule.says.site, site);
            merge_volume(&mut entries, parts, |reason| self.unused(at, Some(input), by.code(), reason));
        }
        for mut parts in entries {
            let time = self.performed(at, procedure, by, rule, &mut parts, course)?;
            let value = parts.value(input).ok_or(Reason::MissingPart)?;
            self.entry(at, by, input, value, time, &parts);
            if let Some(part) = rule.part {
                self.part(part, time);
            }
        }
        Ok(())
    }

    fn fields(
        &mut self,
        at: &At<'r, 'a>,
        procedure: &'r Procedure<'a>,
        by: FoundBy,
        rule: &'m Rule,
        volume: Option<&'r Extension<'a>>,
        parts: &mut Parts,
    ) -> Result<(), Reason> {
        for (field, reading) in &rule.fields {
            let read = match self.field(at, procedure, rule, volume, reading) {
                Err(Reason::NoValue) => continue,
                Ok(part) if part.put(parts, rule.input, *field) => continue,
                Ok(_) => Reason::UnexpectedValue,
                Err(reason) => reason,
            };
            if Field::required(rule.input).contains(field) {
                return Err(read);
            }
            self.unused(at, Some(rule.input), by.code(), Reason::PartNotUsed);
        }
        Ok(())
    }

    fn field(
        &mut self,
        at: &At<'r, 'a>,
        procedure: &'r Procedure<'a>,
        rule: &'m Rule,
        volume: Option<&'r Extension<'a>>,
        reading: &'m Reading,
    ) -> Result<Part<'m>, Reason> {
        match &reading.place {
            Place::Element(Element::Outcome) => match (&reading.shape, &procedure.outcome) {
                (_, None) => Err(Reason::NoValue),
                (Shape::Code(words), Some(outcome)) => self.mappings.word(words, outcome).map(Part::Word),
                _ => Err(Reason::UnexpectedValue),
            },
            Place::Element(Element::BodySite) => {
                let site = self.site_of_all(at, &procedure.body_site)?;
                site.map(|site| Part::Word(site.word())).ok_or(Reason::NoValue)
            }
            Place::Element(_) | Place::Component(_) => Err(Reason::UnexpectedValue),
            Place::Extension(urls) => {
                let inside = volume.and_then(|volume| extension(&volume.extension, urls));
                let found = inside.or_else(|| extension(&procedure.extension, urls)).ok_or(Reason::NoValue)?;
                match (&reading.shape, &found.value_reference) {
                    (Shape::Site, Some(reference)) => {
                        let site = self.site_of_structure(at, reference)?;
                        site.map(|site| Part::Word(site.word())).ok_or(Reason::NoValue)
                    }
                    // It is there, and says it in another form: not the same as not said.
                    (shape, _) => self.mappings.of_extension(rule.input, shape, found).map_err(|reason| match reason {
                        Reason::NoValue => Reason::UnexpectedValue,
                        reason => reason,
                    }),
                }
            }
        }
    }

    /// When it was done. A course keeps its days; an operation is kept without a date that is only a part of one,
    /// since losing it would be worse; an examination without a day is not used.
    fn performed(
        &mut self,
        at: &At<'r, 'a>,
        procedure: &'r Procedure<'a>,
        by: FoundBy,
        rule: &'m Rule,
        parts: &mut Parts,
        course: bool,
    ) -> Result<Option<When>, Reason> {
        let input = rule.input;
        let (start, end) = match (&procedure.performed_date_time, &procedure.performed_period) {
            (Some(text), _) => (date::date(text), Dated::Not(Reason::NoDate)),
            (None, Some(period)) => (date::start_of(period), date::maybe(period.end.as_ref())),
            (None, None) => {
                let undated = procedure.performed_age.is_there()
                    || procedure.performed_range.is_there()
                    || procedure.performed_string.is_there();
                let reason = if undated { Reason::PartialDate } else { Reason::NoDate };
                (Dated::Not(reason), Dated::Not(Reason::NoDate))
            }
        };
        if course {
            for part in [start, end] {
                if let Dated::Not(Reason::PartialDate | Reason::NotADate) = part {
                    self.unused(at, Some(input), by.code(), Reason::UsedWithoutDate);
                }
            }
            (parts.start, parts.end) = (date::day(start), date::day(end));
            if matches!(procedure.status.as_deref(), Some("in-progress" | "on-hold")) {
                self.unfinished(at, by, input, parts);
            }
            return Ok(None);
        }
        // An operation is dated by its beginning, an examination by its end, as results are.
        let dated = match (input, end) {
            (Input::Surgery, _) | (_, Dated::Not(Reason::NoDate)) => start,
            _ => end,
        };
        match dated {
            Dated::Not(_) if input == Input::Surgery => {
                self.unused(at, Some(input), by.code(), Reason::UsedWithoutDate);
                Ok(None)
            }
            Dated::Not(reason) => Err(reason),
            dated => Ok(dated.when()),
        }
    }

    /// A course that goes on: its end is the last day so far, and its dose what has been given so far, which says
    /// nothing of the intent.
    fn unfinished(&mut self, at: &At<'r, 'a>, by: FoundBy, input: Input, parts: &mut Parts) {
        if parts.end.take().is_some() {
            self.unused(at, Some(input), by.code(), Reason::NotOver);
        }
        if parts.intent.is_none() && parts.dose_gy.take().is_some() {
            self.unused(at, Some(input), by.code(), Reason::PartNotUsed);
        }
    }

    /// Whether the reasons of an operation are Conditions of this record, and none of them is one that is read.
    fn is_for_another_disease(&self, at: &At<'r, 'a>, procedure: &'r Procedure<'a>) -> bool {
        let mut another = false;
        for reason in &procedure.reason_reference {
            let Found::Resource(stored) = self.record.find(at.stored, reason) else { return false };
            let Resource::Condition(condition) = &stored.resource else { return false };
            if self.is_plasma_cell_disease(condition.code.as_ref()) {
                return false;
            }
            another = true;
        }
        another
    }
}

/// Whether the status lets a Procedure be read; a course also while it goes on, or if it was broken off.
fn status(procedure: &Procedure<'_>, course: bool) -> Result<(), Reason> {
    match procedure.status.as_deref() {
        Some("completed" | "unknown") => Ok(()),
        Some("in-progress" | "on-hold" | "stopped") if course => Ok(()),
        Some("not-done") => Err(Reason::NotDone),
        _ => Err(Reason::Status),
    }
}

/// The volume's site; that of the course where the volume names none that is known and there is no other volume's;
/// what the code says last.
fn read_site(
    volume: Option<&Extension<'_>>,
    parts: &Parts,
    by_code: Option<Site>,
    stated: Option<Site>,
) -> Option<Site> {
    match (volume, parts.site) {
        (Some(_), Some(site)) => Some(site),
        _ => stated.or(parts.site).or(by_code),
    }
}

/// Adds a volume; of several to one site the one with the highest dose is the course's, for each names the whole dose to it.
fn merge_volume(entries: &mut Vec<Parts>, next: Parts, mut unused: impl FnMut(Reason)) {
    let Some(earlier) = entries.iter_mut().find(|earlier| earlier.site == next.site) else {
        entries.push(next);
        return;
    };
    unused(Reason::OtherVolume);
    if next.dose_gy > earlier.dose_gy {
        *earlier = next;
    }
}

/// An extension by its URLs from the outside in.
pub(super) fn extension<'e, 'a>(extensions: &'e [Extension<'a>], urls: &[Box<str>]) -> Option<&'e Extension<'a>> {
    let (first, rest) = urls.split_first()?;
    let found = extensions.iter().find(|one| one.url.as_deref() == Some(first))?;
    if rest.is_empty() { Some(found) } else { extension(&found.extension, rest) }
}

impl Mappings {
    /// A part that stands in an extension.
    pub(super) fn of_extension<'m>(
        &'m self,
        input: Input,
        shape: &'m Shape,
        extension: &Extension<'_>,
    ) -> Result<Part<'m>, Reason> {
        let integer = extension
            .value_unsigned_int
            .as_ref()
            .or(extension.value_positive_int.as_ref())
            .or(extension.value_integer.as_ref());
        match shape {
            Shape::Quantity(factors) | Shape::Count(factors) => {
                let number = match (&extension.value_quantity, integer) {
                    (Some(written), _) => self.number(input, written, factors)?,
                    (None, Some(written)) if factors.without_unit || matches!(shape, Shape::Count(_)) => {
                        self.integer(input, written)?
                    }
                    (None, Some(_)) => return Err(Reason::NoUnit),
                    (None, None) => return Err(Reason::NoValue),
                };
                if matches!(shape, Shape::Count(_)) && !number.value.fract().is_zero() {
                    return Err(Reason::NotWhole);
                }
                Ok(Part::Number(number))
            }
            Shape::Code(words) => match &extension.value_codeable_concept {
                Some(concept) => self.word(words, concept).map(Part::Word),
                None => Err(Reason::NoValue),
            },
            Shape::Presence(_) => extension.value_boolean.map(Part::Bool).ok_or(Reason::NoValue),
            Shape::Site => match &extension.value_codeable_concept {
                Some(concept) => {
                    let site = self.site_of(&concept.coding)?;
                    site.map(|site| Part::Word(site.word())).ok_or(Reason::UnknownValueCode)
                }
                None => Err(Reason::NoValue),
            },
            Shape::Date => Err(Reason::UnexpectedValue),
        }
    }
}
