//! Units of measure: what a written unit means, and the exact factor to the unit of an input.

use super::file;
use super::hash::TextMap;
use super::problem::{Problem, SourceFile};
use octofhir_ucum::Number;
use rust_decimal::Decimal;
use std::str::FromStr;
use toml::Spanned;

/// A unit that the mapping files know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UnitId(u16);

/// The units that the mapping files know, in every way in which they are written.
#[derive(Debug, Default)]
pub struct Units {
    names: Vec<Box<str>>,
    written: TextMap<UnitId>,
    folded: TextMap<UnitId>,
    conversions: Vec<Conversion>,
}

#[derive(Debug)]
struct Conversion {
    analyte: Box<str>,
    from: UnitId,
    to: UnitId,
    factor: Decimal,
}

/// Why a unit does not convert.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoFactor {
    /// It is not UCUM.
    #[error("`{0}` is not a unit of UCUM")]
    NotUcum(String),
    /// They measure different things.
    #[error("`{from}` does not convert to `{to}`")]
    Incommensurable {
        /// The unit that was given.
        from: String,
        /// The unit that is wanted.
        to: String,
    },
    /// Only the substance's molar mass leads from one to the other, and none is declared.
    #[error("`{from}` converts to `{to}` only for a known substance")]
    NeedsAnalyte {
        /// The unit that was given.
        from: String,
        /// The unit that is wanted.
        to: String,
    },
}

impl Units {
    /// The units of `units.toml`.
    pub fn read(source: &SourceFile, table: &file::Units, problems: &mut Vec<Problem>) -> Units {
        let mut units = Units::default();
        for (means, spellings) in &table.written {
            if let Err(error) = octofhir_ucum::validate(means.get_ref()) {
                problems.push(source.problem(
                    means.span(),
                    format!("`{}` is not a unit of UCUM: {error}", means.get_ref()),
                    "not a unit",
                ));
                continue;
            }
            let id = units.intern(means.get_ref());
            for spelling in spellings {
                if let Some(other) = units.add_spelling(spelling.get_ref(), id) {
                    let message = format!(
                        "`{}` is written for two units, `{}` and `{}`",
                        spelling.get_ref(),
                        units.name(other),
                        means.get_ref()
                    );
                    problems.push(source.problem(spelling.span(), message, "the second"));
                }
            }
        }
        for conversion in &table.conversion {
            match units.conversion(source, conversion.get_ref()) {
                Ok(conversion) => units.conversions.push(conversion),
                Err(problem) => problems.push(*problem),
            }
        }
        units
    }

    /// The unit that UCUM writes so; it is known from now on.
    pub fn intern(&mut self, ucum: &str) -> UnitId {
        if let Some(id) = self.written.get(ucum) {
            return *id;
        }
        let id = UnitId(u16::try_from(self.names.len()).unwrap_or(u16::MAX));
        self.names.push(ucum.into());
        self.written.insert(ucum.into(), id);
        self.folded.entry(fold(ucum).into()).or_insert(id);
        id
    }

    /// Adds a spelling; the unit that it already means, if that is another.
    fn add_spelling(&mut self, spelling: &str, id: UnitId) -> Option<UnitId> {
        if let Some(other) = self.written.get(spelling) {
            return (*other != id).then_some(*other);
        }
        self.written.insert(spelling.into(), id);
        self.folded.entry(fold(spelling).into()).or_insert(id);
        None
    }

    /// The unit as UCUM writes it.
    pub fn name(&self, id: UnitId) -> &str {
        self.names.get(usize::from(id.0)).map_or("", |name| name)
    }

    /// The unit that is written so: as it stands, else without its blanks and with one kind of µ.
    pub fn written(&self, text: &str) -> Option<UnitId> {
        self.written.get(text).or_else(|| self.folded.get(fold(text).as_str())).copied()
    }

    /// How many units there are.
    pub fn count(&self) -> usize {
        self.names.len()
    }

    /// All units.
    pub fn all(&self) -> impl Iterator<Item = UnitId> {
        (0..self.names.len()).filter_map(|place| u16::try_from(place).ok().map(UnitId))
    }

    /// The names of the substances that have conversions.
    pub fn analytes(&self) -> impl Iterator<Item = &str> + Clone {
        self.conversions.iter().map(|conversion| &*conversion.analyte)
    }

    /// The exact factor from one unit to another, for this substance where it is one.
    ///
    /// # Errors
    /// Where the two do not measure the same, or only for a known substance.
    pub fn factor(&self, from: &str, to: &str, analyte: Option<&str>) -> Result<Decimal, NoFactor> {
        let declared = self.conversions.iter().find(|conversion| {
            Some(&*conversion.analyte) == analyte
                && self.name(conversion.from) == from
                && self.name(conversion.to) == to
        });
        match declared {
            Some(conversion) => Ok(conversion.factor),
            None => ucum_factor(from, to),
        }
    }

    fn conversion(&self, source: &SourceFile, conversion: &file::Conversion) -> Result<Conversion, Box<Problem>> {
        let unit = |text: &file::Text| {
            self.written.get(text.get_ref().as_str()).copied().filter(|id| self.name(*id) == text.get_ref()).ok_or_else(
                || {
                    let message = format!("`{}` is not among the units of `[written]`", text.get_ref());
                    Box::new(
                        source
                            .problem(text.span(), message, "an unknown unit")
                            .with_help("add it there with the ways in which it is written"),
                    )
                },
            )
        };
        let (from, to) = (unit(&conversion.from)?, unit(&conversion.to)?);
        let factor = decimal(source, &conversion.factor)?;
        if let Some(mass) = &conversion.molar_mass {
            self.check_molar_mass(source, conversion, factor, mass)?;
        }
        Ok(Conversion { analyte: conversion.analyte.get_ref().as_str().into(), from, to, factor })
    }

    /// The factor must be the one that the molar mass gives, to one in a thousand.
    fn check_molar_mass(
        &self,
        source: &SourceFile,
        conversion: &file::Conversion,
        factor: Decimal,
        mass: &file::Text,
    ) -> Result<(), Box<Problem>> {
        let molar_mass = decimal(source, mass)?;
        let grams = ucum_factor(conversion.from.get_ref(), "g/L");
        let moles = ucum_factor(conversion.to.get_ref(), "mol/L");
        let expected = match (grams, moles) {
            (Ok(grams), Ok(moles)) => moles
                .checked_mul(molar_mass)
                .and_then(|divisor| grams.checked_div(divisor))
                .map(|ratio| ratio.normalize()),
            _ => None,
        };
        let close = expected.is_some_and(|expected| (factor - expected).abs() * Decimal::ONE_THOUSAND <= expected);
        if close {
            return Ok(());
        }
        let message = format!(
            "the factor {} and the molar mass {} g/mol of {} do not agree",
            conversion.factor.get_ref(),
            mass.get_ref(),
            conversion.analyte.get_ref()
        );
        let help = match expected {
            Some(expected) => format!("the molar mass gives {}", expected.round_sf(5).unwrap_or(expected)),
            None => "a molar mass leads from g/L to mol/L, and these units are neither".to_owned(),
        };
        Err(Box::new(source.problem(conversion.factor.span(), message, "this factor").with_help(help)))
    }
}

/// A decimal that stands in quotation marks.
pub fn decimal(source: &SourceFile, text: &Spanned<String>) -> Result<Decimal, Box<Problem>> {
    Decimal::from_str(text.get_ref()).map_err(|_| {
        let message = format!("`{}` is not a decimal number", text.get_ref());
        Box::new(source.problem(text.span(), message, "not a number").with_help("write it as `\"0.6206\"`"))
    })
}

/// The factor that UCUM knows. Amounts of substance, and what stands in braces, must be the same in both:
/// UCUM takes a mole for a number, and would turn mmol/L into cells a litre; and it does not read braces at all.
fn ucum_factor(from: &str, to: &str) -> Result<Decimal, NoFactor> {
    let analysis = |unit: &str| {
        octofhir_ucum::analyse(if unit.is_empty() { "1" } else { unit }).map_err(|_| NoFactor::NotUcum(unit.to_owned()))
    };
    let (a, b) = (analysis(from)?, analysis(to)?);
    if from == to {
        return Ok(Decimal::ONE);
    }
    let incommensurable = || NoFactor::Incommensurable { from: from.to_owned(), to: to.to_owned() };
    if amount(from) != amount(to) {
        return Err(NoFactor::NeedsAnalyte { from: from.to_owned(), to: to.to_owned() });
    }
    let plain = a.special.is_none() && b.special.is_none();
    let braces = annotation(from).zip(annotation(to)).is_none_or(|(a, b)| a == b);
    if a.dimension != b.dimension || a.arbitrary != b.arbitrary || !plain || !braces {
        return Err(incommensurable());
    }
    a.factor.checked_div(b.factor).and_then(to_decimal).ok_or_else(incommensurable)
}

fn to_decimal(number: Number) -> Option<Decimal> {
    let (integer, exponent) = number.to_integer_and_exponent();
    if exponent <= 0 {
        return Decimal::try_from_i128_with_scale(integer, exponent.unsigned_abs())
            .ok()
            .map(|decimal| decimal.normalize());
    }
    let power = 10i128.checked_pow(exponent.unsigned_abs())?;
    Decimal::try_from_i128_with_scale(integer.checked_mul(power)?, 0).ok()
}

/// What counts the substance in a unit: moles, equivalents, or neither.
fn amount(unit: &str) -> (usize, usize) {
    (unit.matches("mol").count(), unit.matches("eq").count())
}

/// What stands in braces, where that names a substance or a surface rather than what is counted.
fn annotation(unit: &str) -> Option<&str> {
    let (_, rest) = unit.split_once('{')?;
    rest.split_once('}').map(|(inside, _)| inside)
}

/// A written unit without blanks, with one kind of µ and plain digits.
fn fold(text: &str) -> String {
    text.chars()
        .filter(|c| !c.is_whitespace())
        .map(|c| match c {
            'µ' | 'μ' => 'u',
            '×' => 'x',
            c => c,
        })
        .collect()
}
