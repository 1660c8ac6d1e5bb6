//! Numbers of a resource in the unit of their input; decimals stay decimals.

use super::Mappings;
use super::part::Field;
use super::reason::Reason;
use super::rule::Factors;
use super::units::UnitId;
use crate::fhir::datatypes::Quantity as Written;
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
    /// A number in the unit of its input, or of this part of it.
    pub(super) fn number(
        &self,
        input: Input,
        field: Field,
        written: &Written<'_>,
        factors: &Factors,
    ) -> Result<Quantity, Reason> {
        let factor = self.factor(written, factors)?;
        self.number_by(input, field, written, factor)
    }

    /// A number times this factor.
    pub(super) fn number_by(
        &self,
        input: Input,
        field: Field,
        written: &Written<'_>,
        factor: Decimal,
    ) -> Result<Quantity, Reason> {
        let value = exact(written.value.as_ref().ok_or(Reason::NoValue)?)?;
        let comparator = match written.comparator.as_deref() {
            None => None,
            Some(sign) => Some(Comparator::of(sign).ok_or(Reason::Comparator)?),
        };
        let value = converted(value, factor)?;
        if self.suspects(input, field, value) {
            return Err(Reason::Suspect);
        }
        if input.is_whole() && !value.fract().is_zero() {
            return Err(Reason::NotWhole);
        }
        Ok(Quantity { value, comparator, low: None, high: None })
    }

    /// A whole number without a unit.
    pub(super) fn integer(&self, input: Input, field: Field, written: &Number<'_>) -> Result<Quantity, Reason> {
        let value = exact(written)?;
        if self.suspects(input, field, value) {
            return Err(Reason::Suspect);
        }
        if !value.fract().is_zero() {
            return Err(Reason::NotWhole);
        }
        Ok(Quantity::exact(value))
    }

    /// Whether a number in the input's unit is beyond belief: below zero, or beyond what the mapping says a body can have.
    pub(super) fn suspects(&self, input: Input, field: Field, value: Decimal) -> bool {
        let beyond = self.settings.get(input as usize).is_some_and(|settings| settings.suspects(field, value));
        beyond || (value.is_sign_negative() && !value.is_zero())
    }

    /// The factor from the unit of a number to that of its input; only a unit that is believed has one.
    pub(super) fn factor(&self, written: &Written<'_>, factors: &Factors) -> Result<Decimal, Reason> {
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

    /// The name of the unit of a number, where it is one that is known.
    pub(super) fn unit_name(&self, written: &Written<'_>) -> Option<&str> {
        match self.unit(written) {
            WrittenUnit::Known(unit) => Some(self.units.name(unit)),
            WrittenUnit::None | WrittenUnit::Two(..) | WrittenUnit::Unknown => None,
        }
    }

    /// The unit of a number: its UCUM code; the text where there is no code; both where they say the same.
    fn unit(&self, written: &Written<'_>) -> WrittenUnit {
        let stated = |text: &Option<crate::fhir::text::Text<'_>>| {
            let text = text.as_ref()?.trimmed();
            (!text.is_empty()).then(|| self.units.written(text))
        };
        let is_other = |system: &str| system != UCUM && system.trim_end_matches('/') != UCUM;
        let of_other_system = written.system.as_deref().is_some_and(is_other);
        // Code and text are mostly the same, and then looked up once.
        if !of_other_system && written.code.is_some() && written.code.as_deref() == written.unit.as_deref() {
            return match stated(&written.code) {
                None => WrittenUnit::None,
                Some(None) => WrittenUnit::Unknown,
                Some(Some(unit)) => WrittenUnit::Known(unit),
            };
        }
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
}

/// The decimal as it is written.
pub(super) fn exact(number: &Number<'_>) -> Result<Decimal, Reason> {
    number.decimal().map_err(|_| Reason::NotANumber)
}

pub(super) fn converted(value: Decimal, factor: Decimal) -> Result<Decimal, Reason> {
    if factor == Decimal::ONE {
        return Ok(value);
    }
    value.checked_mul(factor).map(|value| value.normalize()).ok_or(Reason::NotANumber)
}
