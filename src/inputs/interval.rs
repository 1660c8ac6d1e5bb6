//! A number with a comparator as an interval: a test on it is known only if the whole interval says so.

use super::entry::{Comparator, Quantity};
use super::truth::Truth;
use rust_decimal::Decimal;

/// The numbers that a value may be; nothing below 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interval {
    low: Decimal,
    low_included: bool,
    /// Nothing: no upper bound.
    high: Option<Decimal>,
    high_included: bool,
}

impl Interval {
    /// The numbers that a quantity may be; of whole numbers (counts, performance status) if `whole`.
    pub fn of(quantity: &Quantity, whole: bool) -> Interval {
        let value = quantity.value;
        let mut interval = match quantity.comparator {
            None => Interval { low: value, low_included: true, high: Some(value), high_included: true },
            Some(Comparator::Less) => Interval { high_included: false, ..Interval::up_to(value) },
            Some(Comparator::AtMost) => Interval::up_to(value),
            Some(Comparator::AtLeast) => Interval { low: value, low_included: true, high: None, high_included: false },
            Some(Comparator::Greater) => Interval { low: value, low_included: false, high: None, high_included: false },
        };
        if whole && quantity.comparator.is_some() {
            interval = interval.of_whole_numbers();
        }
        if interval.low < Decimal::ZERO {
            if quantity.comparator.is_none() {
                return Interval::EMPTY;
            }
            interval.low = Decimal::ZERO;
            interval.low_included = true;
        }
        interval
    }

    const EMPTY: Interval =
        Interval { low: Decimal::ZERO, low_included: false, high: Some(Decimal::ZERO), high_included: false };

    const fn up_to(value: Decimal) -> Interval {
        Interval { low: Decimal::ZERO, low_included: true, high: Some(value), high_included: true }
    }

    fn of_whole_numbers(self) -> Interval {
        let low = if self.low_included { self.low.ceil() } else { self.low.floor() + Decimal::ONE };
        let high = self.high.map(|high| if self.high_included { high.floor() } else { high.ceil() - Decimal::ONE });
        Interval { low, low_included: true, high, high_included: true }
    }

    /// The numbers from the lowest of both to the highest.
    pub fn hull(self, other: Interval) -> Interval {
        let (low, low_included) = match self.low.cmp(&other.low) {
            std::cmp::Ordering::Less => (self.low, self.low_included),
            std::cmp::Ordering::Equal => (self.low, self.low_included || other.low_included),
            std::cmp::Ordering::Greater => (other.low, other.low_included),
        };
        let (high, high_included) = match (self.high, other.high) {
            (Some(a), Some(b)) if a > b => (Some(a), self.high_included),
            (Some(a), Some(b)) if a < b => (Some(b), other.high_included),
            (Some(a), Some(_)) => (Some(a), self.high_included || other.high_included),
            _ => (None, false),
        };
        Interval { low, low_included, high, high_included }
    }

    /// The quotient of two such numbers; nothing if the divisor is 0 and nothing else.
    pub fn divided_by(self, divisor: Interval) -> Option<Interval> {
        if divisor.high == Some(Decimal::ZERO) {
            return None;
        }
        let (low, low_included) = match divisor.high {
            Some(high) => (self.low.checked_div(high)?, self.low_included && divisor.high_included),
            None => (Decimal::ZERO, self.low == Decimal::ZERO && self.low_included),
        };
        let (high, high_included) = match self.high {
            Some(high) if divisor.low > Decimal::ZERO => {
                (Some(high.checked_div(divisor.low)?), self.high_included && divisor.low_included)
            }
            Some(high) if high.is_zero() => (Some(Decimal::ZERO), true),
            _ => (None, false),
        };
        Some(Interval { low, low_included, high, high_included })
    }

    /// Whether nothing is left: below 0, for example.
    pub fn is_empty(&self) -> bool {
        self.high
            .is_some_and(|high| high < self.low || (high == self.low && !(self.low_included && self.high_included)))
    }

    /// Whether it is one exact number, and which.
    pub fn exact(&self) -> Option<Decimal> {
        self.high.filter(|high| *high == self.low && self.low_included && self.high_included)
    }

    /// The lowest number and the highest, as far as there is one.
    pub fn bounds(&self) -> (Decimal, Option<Decimal>) {
        (self.low, self.high)
    }

    /// Whether it is more than `limit`; unknown if nothing is left.
    pub fn above(&self, limit: Decimal) -> Truth {
        if self.is_empty() {
            Truth::Unknown
        } else if self.low > limit || (self.low == limit && !self.low_included) {
            Truth::True
        } else if self.high.is_some_and(|high| high <= limit) {
            Truth::False
        } else {
            Truth::Unknown
        }
    }

    /// Whether it is at least `limit`; unknown if nothing is left.
    pub fn at_least(&self, limit: Decimal) -> Truth {
        if self.is_empty() {
            Truth::Unknown
        } else if self.low >= limit {
            Truth::True
        } else if self.high.is_some_and(|high| high < limit || (high == limit && !self.high_included)) {
            Truth::False
        } else {
            Truth::Unknown
        }
    }
}
