//! Procedures: treatments with their named parts, whatever shape a course of radiotherapy is recorded in.

use super::Mappings;
use super::answered::Part;
use super::coverage::FoundBy;
use super::engine::{At, Mapper, modified};
use super::file::Element;
use super::part::{Field, Parts};
use super::performed::performed;
use super::purpose::Purpose;
use super::reason::Reason;
use super::rule::{Place, Reading, Rule, Shape};
use super::site::SaidSite;
use crate::fhir::clinical::Procedure;
use crate::fhir::datatypes::{CodeableConcept, Extension};
use crate::fhir::{Found, Resource, Stored};
use crate::inputs::{AsideReason, Input};
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
        for (by, input) in &starts.conflicts {
            self.unused(at, Some(*input), by.code(), Reason::Conflict);
        }
        for (by, rule) in starts.rules {
            known = true;
            if starts.conflicts.iter().any(|(_, input)| *input == rule.input) {
                self.unused(at, Some(rule.input), by.code(), Reason::Conflict);
                continue;
            }
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
        let purpose = if input.is_treatment() { self.purpose(at, procedure) } else { Purpose::NotSaid };
        let mut treatments: Vec<(Parts, Option<AsideReason>)> = Vec::new();
        for (mut parts, said) in self.volumes(at, procedure, by, rule)? {
            let aside = match input.is_treatment() {
                true => self.placed(at, by, input, purpose, &said, &mut parts),
                false => None,
            };
            if merge_volume(&mut treatments, (parts, aside)) && aside.is_none() {
                self.unused(at, Some(input), by.code(), Reason::OtherVolume);
            }
        }
        let performed = performed(procedure, input)?;
        if treatments.iter().any(|(_, aside)| *aside != Some(AsideReason::OtherDisease)) {
            for note in &performed.notes {
                self.unused(at, Some(input), by.code(), *note);
            }
        }
        for (mut parts, aside) in treatments {
            (parts.start, parts.end) = (performed.start, performed.end);
            if course && is_unfinished(procedure) {
                self.unfinished(at, by, input, &mut parts);
            }
            let value = parts.value(input).ok_or(Reason::MissingPart)?;
            match aside {
                Some(why) => self.aside(at, input, value, performed.time, why),
                None => self.entry(at, by, input, value, performed.time, &parts),
            }
            if let Some(part) = rule.part {
                self.part(part, performed.time);
            }
        }
        match purpose {
            Purpose::OtherDisease => Err(Reason::OtherDisease),
            _ => Ok(()),
        }
    }

    /// The parts of each irradiated volume, or of the treatment as a whole, with what is said of the place.
    fn volumes(
        &mut self,
        at: &At<'r, 'a>,
        procedure: &'r Procedure<'a>,
        by: FoundBy,
        rule: &'m Rule,
    ) -> Result<Vec<(Parts, SaidSite)>, Reason> {
        let volumes: SmallVec<[&'r Extension<'a>; 2]> = match &rule.each {
            Some(url) => procedure.extension.iter().filter(|one| one.url.as_deref() == Some(url)).collect(),
            None => SmallVec::new(),
        };
        let of_all = self.said_by_sites(at, &procedure.body_site);
        let mut read = Vec::new();
        for volume in volumes.iter().map(|volume| Some(*volume)).chain(volumes.is_empty().then_some(None)) {
            let mut parts = rule.says;
            self.fields(at, procedure, by, rule, volume, &mut parts)?;
            let of_volume = self.said_of_volume(at, procedure, rule, volume);
            // A place that is not known may be any, so the place of the whole is that of its only volume alone.
            let is_of_the_whole = of_volume.one().is_none() && of_all.is_one() && volumes.len() < 2;
            let said = match of_volume.is_said() {
                true if is_of_the_whole => of_all.clone().and(of_volume),
                true => of_volume,
                false => of_all.clone(),
            };
            read.push((parts, said));
        }
        Ok(read)
    }

    /// What a volume says of its place, or an extension of the treatment itself.
    fn said_of_volume(
        &self,
        at: &At<'r, 'a>,
        procedure: &'r Procedure<'a>,
        rule: &'m Rule,
        volume: Option<&'r Extension<'a>>,
    ) -> SaidSite {
        let reading = rule.fields.iter().find(|(field, _)| *field == Field::Site).map(|(_, reading)| reading);
        let Some(Place::Extension(urls)) = reading.map(|reading| &reading.place) else { return SaidSite::default() };
        let found = volume_part(procedure, volume, urls);
        found.map_or_else(SaidSite::default, |extension| self.said_by_extension(at, extension))
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
        for (field, reading) in rule.fields.iter().filter(|(field, _)| *field != Field::Site) {
            let read = match self.field(procedure, rule, volume, (*field, reading)) {
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
        &self,
        procedure: &'r Procedure<'a>,
        rule: &'m Rule,
        volume: Option<&'r Extension<'a>>,
        (field, reading): (Field, &'m Reading),
    ) -> Result<Part<'m>, Reason> {
        match &reading.place {
            Place::Element(Element::Outcome) => match (&reading.shape, &procedure.outcome) {
                (_, None) => Err(Reason::NoValue),
                (Shape::Code(words), Some(outcome)) => self.mappings.word(words, outcome).map(Part::Word),
                _ => Err(Reason::UnexpectedValue),
            },
            Place::Element(_) | Place::Component(_) => Err(Reason::UnexpectedValue),
            Place::Extension(urls) => {
                let found = volume_part(procedure, volume, urls).ok_or(Reason::NoValue)?;
                // It is there, and says it in another form: not the same as not said.
                self.mappings.of_extension((rule.input, field), &reading.shape, found).map_err(|reason| match reason {
                    Reason::NoValue => Reason::UnexpectedValue,
                    reason => reason,
                })
            }
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
}

/// Whether a course goes on.
fn is_unfinished(procedure: &Procedure<'_>) -> bool {
    matches!(procedure.status.as_deref(), Some("in-progress" | "on-hold"))
}

/// An extension of a volume by its URLs; one that does not stand inside it is looked for in the treatment itself.
fn volume_part<'e, 'a>(
    procedure: &'e Procedure<'a>,
    volume: Option<&'e Extension<'a>>,
    urls: &[Box<str>],
) -> Option<&'e Extension<'a>> {
    let inside = volume.and_then(|volume| extension(&volume.extension, urls));
    inside.or_else(|| extension(&procedure.extension, urls))
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

/// Adds a volume; of several to one site the one with the highest dose is the course's, for each names the whole dose to
/// it. Volumes whose places are not known are not of one site. Whether there was one to its site already.
fn merge_volume(volumes: &mut Vec<(Parts, Option<AsideReason>)>, next: (Parts, Option<AsideReason>)) -> bool {
    let is_same = |(parts, aside): &&mut (Parts, Option<AsideReason>)| {
        parts.site == next.0.site && *aside == next.1 && next.1 != Some(AsideReason::UnknownSite)
    };
    let Some(earlier) = volumes.iter_mut().find(is_same) else {
        volumes.push(next);
        return false;
    };
    if next.0.dose_gy > earlier.0.dose_gy {
        *earlier = next;
    }
    true
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
        (input, field): (Input, Field),
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
                    (Some(written), _) => self.number(input, field, written, factors)?,
                    (None, Some(written)) if factors.without_unit || matches!(shape, Shape::Count(_)) => {
                        self.integer(input, field, written)?
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
