//! Numbers of a resource in the unit of their input, with the laboratory's own limits; decimals stay decimals.

use super::Mappings;
use super::coverage::Reason;
use super::rule::Factors;
use super::units::UnitId;
use crate::fhir::datatypes::{Quantity as Written, ReferenceRange};
use crate::fhir::text::Number;
use crate::inputs::{Comparator, Input, Quantity};
use rust_decimal::Decimal;

const UCUM: &str = "http://unitsofmeasure.org";

/// A unit as it is written with a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum WrittenUnit {
    None,
    Known(UnitId),
    /// Code and text say two different units.
    Two(UnitId, UnitId),
    Unknown,
}

impl Mappings {
    /// A number in the unit of its input.
    pub(super) fn number(&self, input: Input, written: &Written<'_>, factors: &Factors) -> Result<Quantity, Reason> {
        let factor = self.factor(written, factors)?;
        self.number_by(input, written, factor)
    }

    /// A number times this factor.
    pub(super) fn number_by(&self, input: Input, written: &Written<'_>, factor: Decimal) -> Result<Quantity, Reason> {
        let value = exact(written.value.as_ref().ok_or(Reason::NoValue)?)?;
        let comparator = match written.comparator.as_deref() {
            None => None,
            Some(sign) => Some(Comparator::of(sign).ok_or(Reason::Comparator)?),
        };
        let value = converted(value, factor)?;
        let beyond = self.settings.get(input as usize).is_some_and(|settings| settings.suspects(value));
        if beyond || (value.is_sign_negative() && !value.is_zero()) {
            return Err(Reason::Suspect);
        }
        if input.is_whole() && !value.fract().is_zero() {
            return Err(Reason::NotWhole);
        }
        Ok(Quantity { value, comparator, low: None, high: None })
    }

    /// A whole number without a unit.
    pub(super) fn integer(&self, input: Input, written: &Number<'_>) -> Result<Quantity, Reason> {
        let value = exact(written)?;
        let beyond = self.settings.get(input as usize).is_some_and(|settings| settings.suspects(value));
        if beyond || (value.is_sign_negative() && !value.is_zero()) {
            return Err(Reason::Suspect);
        }
        if !value.fract().is_zero() {
            return Err(Reason::NotWhole);
        }
        Ok(Quantity::exact(value))
    }

    /// The factor from the unit of a number to that of its input; only a unit that is believed has one.
    fn factor(&self, written: &Written<'_>, factors: &Factors) -> Result<Decimal, Reason> {
        match self.unit(written) {
            WrittenUnit::None if factors.without_unit => Ok(Decimal::ONE),
            WrittenUnit::None => Err(Reason::NoUnit),
            WrittenUnit::Known(unit) => factors.of(unit).ok_or(Reason::UnreadableUnit),
            WrittenUnit::Two(one, other) => match (factors.of(one), factors.of(other)) {
                (Some(one), Some(other)) if one == other => Ok(one),
                _ => Err(Reason::UnreadableUnit),
            },
            WrittenUnit::Unknown => Err(Reason::UnreadableUnit),
        }
    }

    /// The unit of a number: its UCUM code; the text where there is no code; both where they say the same.
    fn unit(&self, written: &Written<'_>) -> WrittenUnit {
        let stated = |text: &Option<crate::fhir::text::Text<'_>>| {
            let text = text.as_deref().map(str::trim)?;
            (!text.is_empty()).then(|| self.units.written(text))
        };
        let of_other_system = written.system.as_deref().is_some_and(|system| system.trim_end_matches('/') != UCUM);
        let code = if of_other_system { None } else { stated(&written.code) };
        match (code, stated(&written.unit)) {
            (None, None) if of_other_system && written.code.is_some() => WrittenUnit::Unknown,
            (None, None) => WrittenUnit::None,
            (Some(None), _) | (None, Some(None)) => WrittenUnit::Unknown,
            (Some(Some(code)), None | Some(None)) => WrittenUnit::Known(code),
            (None, Some(Some(text))) => WrittenUnit::Known(text),
            (Some(Some(code)), Some(Some(text))) if code == text => WrittenUnit::Known(code),
            (Some(Some(code)), Some(Some(text))) => WrittenUnit::Two(code, text),
        }
    }

    /// The laboratory's limits in the unit of the input, as far as they can be read;
    /// and whether any was there that cannot.
    pub(super) fn limits(&self, ranges: &[ReferenceRange<'_>], factors: &Factors) -> (Limits, bool) {
        let normal = ranges.iter().filter(|range| is_normal(range) && (range.low.is_some() || range.high.is_some()));
        let mut chosen: Option<Limits> = None;
        let in_words =
            |range: &&ReferenceRange<'_>| range.low.is_none() && range.high.is_none() && range.text.is_there();
        let mut unread = ranges.iter().filter(|range| is_normal(range)).any(|range| in_words(&range));
        for range in normal {
            let limits = self.limits_of(range, factors, &mut unread);
            match chosen {
                None => chosen = Some(limits),
                Some(earlier) if earlier == limits => {}
                // Several ranges for several people: which is the patient's is not for us to choose.
                Some(_) => return (Limits::default(), true),
            }
        }
        let limits = chosen.unwrap_or_default();
        match (limits.low, limits.high) {
            (Some(low), Some(high)) if low > high => (Limits::default(), true),
            _ => (limits, unread),
        }
    }

    fn limits_of(&self, range: &ReferenceRange<'_>, factors: &Factors, unread: &mut bool) -> Limits {
        let mut limit = |written: &Option<Written<'_>>| {
            let written = written.as_ref()?;
            let read = match (&written.value, &written.comparator) {
                (Some(value), None) => exact(value)
                    .and_then(|value| self.factor(written, factors).and_then(|factor| converted(value, factor)))
                    .ok(),
                _ => None,
            };
            *unread |= read.is_none();
            read
        };
        Limits { low: limit(&range.low), high: limit(&range.high) }
    }
}

/// The laboratory's limits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Limits {
    /// The lower.
    pub low: Option<Decimal>,
    /// The upper.
    pub high: Option<Decimal>,
}

/// A range that does not say what it is of is the normal one.
fn is_normal(range: &ReferenceRange<'_>) -> bool {
    match &range.kind {
        None => true,
        Some(kind) => kind.coding.iter().any(|coding| coding.code.as_deref() == Some("normal")),
    }
}

/// The decimal as it is written.
pub(super) fn exact(number: &Number<'_>) -> Result<Decimal, Reason> {
    number.decimal().map_err(|_| Reason::NotANumber)
}

fn converted(value: Decimal, factor: Decimal) -> Result<Decimal, Reason> {
    if factor == Decimal::ONE {
        return Ok(value);
    }
    value.checked_mul(factor).map(|value| value.normalize()).ok_or(Reason::NotANumber)
}
