//! A laboratory's reference limits: those of the patient, as far as that can be told, in the unit of the input.

use super::Mappings;
use super::codes::Sex;
use super::date;
use super::engine::{At, Mapper};
use super::number::{converted, exact};
use super::part::Field;
use super::reason::Reason;
use super::rule::Factors;
use crate::fhir::datatypes::{CodeableConcept, Quantity as Written, Range, ReferenceRange};
use crate::fhir::observation::Observation;
use crate::inputs::{Day, Input};
use rust_decimal::Decimal;
use smallvec::SmallVec;

/// The laboratory's limits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Limits {
    /// The lower.
    pub low: Option<Decimal>,
    /// The upper.
    pub high: Option<Decimal>,
}

/// The units in which limits are believed, and that of the value beside them with its factor.
#[derive(Clone, Copy)]
pub(super) struct Believed<'v> {
    /// The units.
    pub factors: &'v Factors,
    /// The value, and its factor, where its unit is one of these.
    pub value: Option<(&'v Written<'v>, Decimal)>,
}

impl Believed<'_> {
    /// The factor of a limit: the value's, in whose unit it mostly is, without a look at the tables.
    fn factor(self, mappings: &Mappings, limit: &Written<'_>) -> Result<Decimal, Reason> {
        match self.value {
            Some((value, factor)) if value.has_unit_of(limit) => Ok(factor),
            _ => mappings.factor(limit, self.factors),
        }
    }
}

/// What tells whose limits a patient's are.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Person {
    born: Option<Day>,
    sex: Option<Sex>,
}

/// Whether limits are for the patient.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Fits {
    Yes,
    /// Whom they are for, or what the patient is, is not known.
    CannotBeTold,
    No,
}

impl<'r, 'a> Mapper<'_, 'r, 'a> {
    /// The laboratory's limits for the patient in the unit of the input. A range of another kind than the normal one, for
    /// others, or that cannot be read or told apart, gives none, and is named.
    pub(super) fn limits(
        &mut self,
        at: &At<'r, 'a>,
        input: Input,
        code: Option<super::codes::CodeId>,
        (observation, ranges): (&Observation<'a>, &[ReferenceRange<'a>]),
        believed: Believed<'_>,
    ) -> Limits {
        let mut found: SmallVec<[Limits; 1]> = SmallVec::new();
        let mut worst = Fits::Yes;
        let mut unread = false;
        for range in ranges {
            if !is_normal(range) || (range.low.is_none() && range.high.is_none()) {
                unread |= !is_normal(range) || range.text.is_there();
                continue;
            }
            let fits = self.fits(at, observation, range);
            worst = worst.max(fits);
            if fits != Fits::No {
                let limits = self.limits_of(input, range, believed, &mut unread);
                if !found.contains(&limits) {
                    found.push(limits);
                }
            }
        }
        // Several for several people: which are the patient's is not for us to choose. One that may be another's is not used.
        let limits = match found.as_slice() {
            [only] if worst != Fits::CannotBeTold && only.low.zip(only.high).is_none_or(|(low, high)| low <= high) => {
                *only
            }
            [] => {
                unread |= worst == Fits::No;
                Limits::default()
            }
            _ => {
                unread = true;
                Limits::default()
            }
        };
        if unread {
            self.unused(at, Some(input), code, Reason::LimitNotUsed);
        }
        limits
    }

    fn limits_of(&self, input: Input, range: &ReferenceRange<'_>, believed: Believed<'_>, unread: &mut bool) -> Limits {
        let mappings = self.mappings;
        // A limit that no body could reach is one in another unit; a lower one of 0 says that there is none.
        let can_be = |limit: &Decimal| limit.is_zero() || !mappings.suspects(input, Field::Value, *limit);
        let mut limit = |written: &Option<Written<'_>>| {
            let written = written.as_ref()?;
            let read = match (&written.value, &written.comparator) {
                (Some(value), None) => exact(value)
                    .and_then(|value| believed.factor(mappings, written).and_then(|factor| converted(value, factor)))
                    .ok()
                    .filter(can_be),
                _ => None,
            };
            *unread |= read.is_none();
            read
        };
        Limits { low: limit(&range.low), high: limit(&range.high) }
    }

    /// Whether a range is for a person of the patient's age on the day of the result, and of the patient's sex. Of other
    /// groups (the pregnant, a race) nothing is known here.
    fn fits(&self, at: &At<'r, 'a>, observation: &Observation<'a>, range: &ReferenceRange<'a>) -> Fits {
        let of_age = range.age.as_deref().map(|age| self.fits_age(at, observation, age));
        let of_groups = range.applies_to.iter().map(|group| self.fits_group(group));
        of_age.into_iter().chain(of_groups).max().unwrap_or(Fits::Yes)
    }

    fn fits_group(&self, group: &CodeableConcept<'a>) -> Fits {
        let known = self.mappings.known(Some(group));
        let sex = known.iter().find_map(|code| self.mappings.code(*code)?.sex);
        match (sex, self.person().sex) {
            (Some(wanted), Some(sex)) if wanted == sex => Fits::Yes,
            (Some(_), Some(_)) => Fits::No,
            _ => Fits::CannotBeTold,
        }
    }

    fn fits_age(&self, at: &At<'r, 'a>, observation: &Observation<'a>, age: &Range<'a>) -> Fits {
        let day = date::day(self.dated(at, observation));
        let Some((born, day)) = self.person().born.zip(day).filter(|(born, day)| born <= day) else {
            return Fits::CannotBeTold;
        };
        let compare = |bound: &Option<Written<'a>>, beyond: fn(&Decimal, &Decimal) -> bool| {
            let Some(bound) = bound else { return Fits::Yes };
            let limit = bound.value.as_ref().filter(|_| bound.comparator.is_none()).and_then(|value| exact(value).ok());
            match limit.zip(self.mappings.unit_name(bound).and_then(|unit| age_in(unit, born, day))) {
                Some((limit, age)) if beyond(&age, &limit) => Fits::No,
                Some(_) => Fits::Yes,
                None => Fits::CannotBeTold,
            }
        };
        // Ages are counted in whole units, as people are: who is 17 years and 11 months old is 17.
        compare(&age.low, |age, low| age < low).max(compare(&age.high, |age, high| age > high))
    }

    /// Who the patient is, as the Patients of the record agree.
    fn person(&self) -> Person {
        *self.person.get_or_init(|| {
            let patients = || self.record.patients();
            let sex = |gender: &str| match gender {
                "male" => Some(Sex::Male),
                "female" => Some(Sex::Female),
                _ => None,
            };
            Person {
                born: agreed(patients().map(|it| it.birth_date.as_deref().and_then(Day::parse))),
                sex: agreed(patients().map(|it| it.gender.as_deref().and_then(sex))),
            }
        })
    }
}

/// What all say; nothing if they differ.
fn agreed<T: PartialEq>(mut said: impl Iterator<Item = Option<T>>) -> Option<T> {
    let first = said.next()??;
    said.all(|other| other.as_ref() == Some(&first)).then_some(first)
}

/// An age in whole units of time, as UCUM names them.
fn age_in(unit: &str, born: Day, day: Day) -> Option<Decimal> {
    let days = day.days_since(born);
    Some(Decimal::from(match unit {
        "a" => months_between(born, day) / 12,
        "mo" => months_between(born, day),
        "wk" => days / 7,
        "d" => days,
        "h" => days.saturating_mul(24),
        _ => return None,
    }))
}

/// The whole months from one day to a later one.
fn months_between(from: Day, to: Day) -> i32 {
    // No month has more than 31 days, so this is never too many.
    let at_least = to.days_since(from) / 31;
    (at_least..).take_while(|months| from.plus_months(*months) <= to).last().unwrap_or(at_least)
}

/// A range that does not say what it is of is the normal one.
fn is_normal(range: &ReferenceRange<'_>) -> bool {
    match &range.kind {
        None => true,
        Some(kind) => kind.coding.iter().any(|coding| coding.code.as_deref() == Some("normal")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_age_is_counted_in_whole_units() {
        let age = |unit, born, day| age_in(unit, Day::parse(born)?, Day::parse(day)?);
        // The day before the eighteenth birthday, the day itself, and a leap day's birthday in a common year.
        assert_eq!(age("a", "2008-10-03", "2026-10-02"), Some(Decimal::from(17)));
        assert_eq!(age("a", "2008-10-02", "2026-10-02"), Some(Decimal::from(18)));
        assert_eq!(age("a", "2008-02-29", "2026-02-28"), Some(Decimal::from(18)));
        assert_eq!(age("mo", "2026-08-15", "2026-10-02"), Some(Decimal::from(1)));
        assert_eq!(age("wk", "2026-09-25", "2026-10-02"), Some(Decimal::from(1)));
        assert_eq!(age("d", "2026-09-04", "2026-10-02"), Some(Decimal::from(28)));
        assert_eq!(age("g", "2026-09-04", "2026-10-02"), None);
    }
}
