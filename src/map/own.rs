//! Observations in the project's own codes, all by the one rule of the decision specification §11.

use super::Mappings;
use super::answered::Answered;
use super::coverage::FoundBy;
use super::date::{self, Dated};
use super::engine::{At, Mapper, OWN};
use super::limits::Believed;
use super::part::{Field, FieldKind, Parts, has_site};
use super::purpose::Purpose;
use super::reason::Reason;
use super::site::SaidSite;
use crate::fhir::datatypes::Quantity as WrittenQuantity;
use crate::fhir::observation::{Component, Observation, Value as Written, ValueChoice};
use crate::inputs::{Input, Kind, Quantity, When};
use rust_decimal::Decimal;

/// Reads an Observation whose code is in the project's CodeSystem.
pub(super) fn observation<'r, 'a>(
    mapper: &mut Mapper<'_, 'r, 'a>,
    at: &At<'r, 'a>,
    observation: &'r Observation<'a>,
    code: &str,
) {
    let elsewhere = [Input::BirthDate, Input::Deceased, Input::Diagnosis];
    let Some(input) = Input::of(code).filter(|input| !elsewhere.contains(input)) else {
        return mapper.unused(at, None, None, Reason::UnknownCode);
    };
    if let Err(reason) = entry(mapper, at, observation, input) {
        mapper.unused(at, Some(input), None, reason);
    }
}

fn entry<'r, 'a>(
    mapper: &mut Mapper<'_, 'r, 'a>,
    at: &At<'r, 'a>,
    observation: &'r Observation<'a>,
    input: Input,
) -> Result<(), Reason> {
    let mut parts = Parts::default();
    let mut said = SaidSite::default();
    let answered = Answered::by(observation);
    if input.kind() == Kind::Event {
        done(&answered)?;
    } else {
        put(mapper, at, &mut parts, input, Field::Value, &answered)?;
    }
    for component in &observation.component {
        let codings = component.code.as_ref().map(|code| &*code.coding).unwrap_or_default();
        let own = codings.iter().find(|coding| coding.system.as_deref() == Some(OWN));
        let name = own.and_then(|coding| coding.code.as_deref()).unwrap_or_default();
        let Some(field) = Field::of(name).filter(|field| *field != Field::Value && field.kind(input).is_some()) else {
            mapper.unused(at, Some(input), None, Reason::PartNotUsed);
            continue;
        };
        let read = if component.modifier_extension.is_there() {
            Err(Reason::ModifierExtension)
        } else {
            put(mapper, at, &mut parts, input, field, &Answered::by_component(observation, component))
        };
        match read {
            Ok(()) => {}
            Err(reason) if Field::required(input).contains(&field) => return Err(reason),
            Err(reason) if field == Field::Site && !matches!(reason, Reason::NoValue | Reason::DataAbsent) => {
                said = said_by_component(mapper, component);
            }
            Err(_) => mapper.unused(at, Some(input), None, Reason::PartNotUsed),
        }
    }
    let mut aside = None;
    if has_site(input) {
        if parts.site.is_none() && !said.is_said() {
            said = mapper.said_by_sites(at, observation.sites());
        }
        if input.is_treatment() {
            aside = mapper.placed(at, FoundBy::OwnCode, input, Purpose::NotSaid, &said, &mut parts);
        } else {
            parts.site = parts.site.or(mapper.site(at, input, None, &said));
        }
    }
    let time = times(mapper, at, observation, input, &mut parts)?;
    let value = parts.value(input).ok_or(Reason::MissingPart)?;
    match aside {
        Some(why) => mapper.aside(at, input, value, time, why),
        None => mapper.entry(at, FoundBy::OwnCode, input, value, time, &parts),
    }
    Ok(())
}

/// What a component says of a place that is none of the words.
fn said_by_component(mapper: &Mapper<'_, '_, '_>, component: &Component<'_>) -> SaidSite {
    match component.value_codeable_concept.as_ref().filter(|_| !component.modifier_extension.is_there()) {
        Some(concept) => mapper.mappings.said_by(&concept.coding),
        None => SaidSite::unknown(),
    }
}

/// An event is there unless its value says that it was not done.
fn done(answered: &Answered<'_, '_>) -> Result<(), Reason> {
    match answered.value {
        ValueChoice::None if !answered.absent => Ok(()),
        _ => match answered.one()? {
            Written::Boolean(true) => Ok(()),
            Written::Boolean(false) => Err(Reason::NotDone),
            _ => Err(Reason::UnexpectedValue),
        },
    }
}

/// Start and end of a course, or the time of everything else. An entry without a date is one without a time (§9).
fn times<'r, 'a>(
    mapper: &mut Mapper<'_, 'r, 'a>,
    at: &At<'r, 'a>,
    observation: &'r Observation<'a>,
    input: Input,
    parts: &mut Parts,
) -> Result<Option<When>, Reason> {
    let dated = mapper.dated(at, observation);
    if matches!(input, Input::Radiotherapy | Input::SystemicTherapy) {
        let (start, end) = match &observation.effective_period {
            Some(period) => (date::start_of(period), date::maybe(period.end.as_ref())),
            None => (dated, Dated::Not(Reason::NoDate)),
        };
        for note in date::notes_of_course(start, end) {
            mapper.unused(at, Some(input), None, note);
        }
        (parts.start, parts.end) = (date::day(start), date::day(end));
        return Ok(None);
    }
    match dated {
        Dated::Not(Reason::NoDate) => {
            mapper.unused(at, Some(input), None, Reason::UsedUndated);
            Ok(None)
        }
        dated => mapper.time(at, input, None, dated),
    }
}

fn put<'r, 'a>(
    mapper: &mut Mapper<'_, 'r, 'a>,
    at: &At<'r, 'a>,
    parts: &mut Parts,
    input: Input,
    field: Field,
    answered: &Answered<'r, 'a>,
) -> Result<(), Reason> {
    let kind = field.kind(input).ok_or(Reason::UnexpectedValue)?;
    let mappings = mapper.mappings;
    let fits = match answered.one()? {
        Written::Boolean(answer) => parts.put_bool(input, field, mappings.not_taken_back(answer, answered)?),
        Written::Integer(written) if whole_is_enough(&kind) => {
            parts.put_number(input, field, mappings.integer(input, field, &written)?)
        }
        Written::Quantity(written) => {
            let mut number = mappings.own_number(input, field, &kind, written)?;
            if field == Field::Value
                && let Some(settings) = mappings.settings.get(input as usize)
            {
                let of_answer = (answered.observation, answered.ranges);
                let believed = Believed { factors: &settings.own_factors, value: None };
                let limits = mapper.limits(at, input, None, of_answer, believed);
                (number.low, number.high) = (limits.low, limits.high);
            }
            if field == Field::DoseGy && number.comparator.is_some() {
                return Err(Reason::Comparator);
            }
            parts.put_number(input, field, number)
        }
        Written::Concept(concept) => {
            let own = concept.coding.iter().find(|coding| coding.system.as_deref() == Some(OWN));
            match own.and_then(|coding| coding.code.as_deref()) {
                Some(word) if parts.put_word(input, field, word) => true,
                Some(_) => return Err(Reason::UnknownValueCode),
                None if field == Field::Site || input == Input::TumourSite => {
                    let site = mappings.site_of(&concept.coding)?.ok_or(Reason::UnknownValueCode)?;
                    parts.put_word(input, field, site.word())
                }
                None => return Err(Reason::UnknownValueCode),
            }
        }
        _ => false,
    };
    if fits { Ok(()) } else { Err(Reason::UnexpectedValue) }
}

/// Whether a plain whole number says it all: counts, scores and ratios have no unit; the work-up panel keeps any.
fn whole_is_enough(kind: &FieldKind) -> bool {
    matches!(kind, FieldKind::Count | FieldKind::AnyNumber | FieldKind::Number("1") | FieldKind::NumberOrBool("1"))
}

impl Mappings {
    /// A number in an own code: any UCUM unit that converts to that of the input.
    fn own_number(
        &self,
        input: Input,
        field: Field,
        kind: &FieldKind,
        written: &WrittenQuantity<'_>,
    ) -> Result<Quantity, Reason> {
        let target = match kind {
            FieldKind::Number(unit) | FieldKind::NumberOrBool(unit) => Some(*unit),
            FieldKind::Count => Some("1"),
            FieldKind::AnyNumber => None,
            _ => return Err(Reason::UnexpectedValue),
        };
        let Some(settings) = self.settings.get(input as usize) else { return Err(Reason::UnexpectedValue) };
        if field == Field::Value {
            match self.number(input, field, written, &settings.own_factors) {
                Err(Reason::UnreadableUnit) => {}
                read => return read,
            }
        }
        let code = written.code.as_deref().or(written.unit.as_deref()).unwrap_or_default().trim();
        let factor = match target {
            None => Decimal::ONE,
            Some("1") if code.is_empty() => Decimal::ONE,
            Some(_) if code.is_empty() => return Err(Reason::NoUnit),
            Some(target) => {
                let known = self.units.written(code).map_or(code, |unit| self.units.name(unit));
                self.units.factor(known, target, settings.analyte.as_deref()).map_err(|_| Reason::UnreadableUnit)?
            }
        };
        let number = self.number_by(input, field, written, factor)?;
        if *kind == FieldKind::Count && !number.value.fract().is_zero() {
            return Err(Reason::NotWhole);
        }
        Ok(number)
    }
}
