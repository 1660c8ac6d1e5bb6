//! Three-valued logic (decision specification §1), and the inputs that would settle what is unknown.

use super::name::{Input, InputSet};
use super::words::words;

words! {
    /// A truth value after Kleene.
    Truth {
        /// False.
        False = "false",
        /// Unknown.
        Unknown = "unknown",
        /// True.
        True = "true",
    }
}

impl Truth {
    /// The truth value of what is known.
    pub const fn known(value: bool) -> Truth {
        if value { Truth::True } else { Truth::False }
    }

    /// False if either is false, true if both are true.
    pub fn and(self, other: Truth) -> Truth {
        self.min(other)
    }

    /// True if either is true, false if both are false.
    pub fn or(self, other: Truth) -> Truth {
        self.max(other)
    }

    /// True for false, false for true.
    pub const fn negated(self) -> Truth {
        match self {
            Truth::False => Truth::True,
            Truth::Unknown => Truth::Unknown,
            Truth::True => Truth::False,
        }
    }

    /// True if it is for any, false if it is for all, else unknown.
    pub fn any(truths: impl IntoIterator<Item = Truth>) -> Truth {
        truths.into_iter().fold(Truth::False, Truth::or)
    }

    /// Whether it is true.
    pub fn is_true(self) -> bool {
        self == Truth::True
    }

    /// Whether it is false.
    pub fn is_false(self) -> bool {
        self == Truth::False
    }

    /// Whether it is unknown.
    pub fn is_unknown(self) -> bool {
        self == Truth::Unknown
    }
}

/// A truth value with the inputs that would settle it, should it be unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Condition {
    /// The truth value.
    pub truth: Truth,
    /// What would settle it; empty unless it is unknown.
    pub missing: InputSet,
}

impl Condition {
    /// A condition of this truth that these inputs would settle.
    pub fn new(truth: Truth, missing: InputSet) -> Condition {
        Condition { truth, missing: if truth.is_unknown() { missing } else { InputSet::EMPTY } }
    }

    /// A condition that this input would settle.
    pub fn settled_by(truth: Truth, input: Input) -> Condition {
        Condition::new(truth, InputSet::one(input))
    }

    /// A condition that is known.
    pub const fn known(value: bool) -> Condition {
        Condition { truth: Truth::known(value), missing: InputSet::EMPTY }
    }

    /// Kleene's and; unknown by both, it needs both.
    pub fn and(self, other: Condition) -> Condition {
        Condition::new(self.truth.and(other.truth), self.missing.and(other.missing))
    }

    /// Kleene's or; unknown by both, it needs both.
    pub fn or(self, other: Condition) -> Condition {
        Condition::new(self.truth.or(other.truth), self.missing.and(other.missing))
    }

    /// The contrary.
    pub fn negated(self) -> Condition {
        Condition { truth: self.truth.negated(), missing: self.missing }
    }

    /// Whether it is true.
    pub fn is_true(self) -> bool {
        self.truth.is_true()
    }

    /// Whether it is false.
    pub fn is_false(self) -> bool {
        self.truth.is_false()
    }

    /// Whether it is unknown.
    pub fn is_unknown(self) -> bool {
        self.truth.is_unknown()
    }
}

/// A limit that a value is compared with: the number, its unit, and where it comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// The number.
    pub value: rust_decimal::Decimal,
    /// Its unit, as a person reads it; empty for a bare number.
    pub unit: &'static str,
    /// Where it comes from: a recommendation or the text of the guideline, its reference 6, or "ours".
    pub source: &'static str,
}

impl Limit {
    /// `digits` × 10^-`scale`, in this unit, from this source.
    pub const fn new(digits: u32, scale: u32, unit: &'static str, source: &'static str) -> Limit {
        Limit { value: rust_decimal::Decimal::from_parts(digits, 0, 0, false, scale), unit, source }
    }
}

impl std::fmt::Display for Limit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.unit.is_empty() { write!(f, "{}", self.value) } else { write!(f, "{} {}", self.value, self.unit) }
    }
}
