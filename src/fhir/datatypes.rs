//! FHIR's data types, as far as they are read: borrowed from the JSON text.

use super::text::{List, Number, Presence, Text};
use serde::Deserialize;

/// A code of a system.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Coding<'a> {
    /// The system's URI.
    #[serde(borrow)]
    pub system: Option<Text<'a>>,
    /// The code, as written.
    #[serde(borrow)]
    pub code: Option<Text<'a>>,
    /// Its display, as the sender wrote it; nothing is decided by it.
    #[serde(borrow, deserialize_with = "super::text::if_words")]
    pub display: Option<Text<'a>>,
}

/// A concept in one or more systems, or in words alone.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct CodeableConcept<'a> {
    /// The codes, all of one meaning.
    #[serde(borrow)]
    pub coding: List<Coding<'a>>,
}

impl CodeableConcept<'_> {
    /// Whether it has a code at all, rather than words: a display is none.
    pub fn is_coded(&self) -> bool {
        self.coding.iter().any(|coding| coding.code.is_some())
    }
}

/// An amount with its unit.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Quantity<'a> {
    /// The number, as written.
    #[serde(borrow)]
    pub value: Option<Number<'a>>,
    /// `<`, `<=`, `>=`, `>`; any other word is the reader's to refuse.
    #[serde(borrow)]
    pub comparator: Option<Text<'a>>,
    /// The unit in words.
    #[serde(borrow)]
    pub unit: Option<Text<'a>>,
    /// The system of `code`.
    #[serde(borrow)]
    pub system: Option<Text<'a>>,
    /// The unit's code.
    #[serde(borrow)]
    pub code: Option<Text<'a>>,
}

impl Quantity<'_> {
    /// Whether another amount's unit is written in the same way.
    pub fn has_unit_of(&self, other: &Quantity<'_>) -> bool {
        self.code == other.code && self.unit == other.unit && self.system == other.system
    }
}

/// A range with a lowest and a highest amount.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Range<'a> {
    /// The lowest.
    #[serde(borrow)]
    pub low: Option<Quantity<'a>>,
    /// The highest.
    #[serde(borrow)]
    pub high: Option<Quantity<'a>>,
}

/// A time with a start and an end.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Period<'a> {
    /// Its first moment.
    #[serde(borrow)]
    pub start: Option<Text<'a>>,
    /// Its last moment.
    #[serde(borrow)]
    pub end: Option<Text<'a>>,
}

/// Times at which something happens; its `event` alone is read.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Timing<'a> {
    /// The moments.
    #[serde(borrow, deserialize_with = "super::text::without_nulls")]
    pub event: List<Text<'a>>,
}

/// A business identifier.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Identifier<'a> {
    /// Its system's URI.
    #[serde(borrow)]
    pub system: Option<Text<'a>>,
    /// Its value.
    #[serde(borrow)]
    pub value: Option<Text<'a>>,
}

/// A reference to a resource: by address, or by identifier.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Reference<'a> {
    /// The address: relative, absolute, versioned, `urn:uuid:…` or `#id`.
    #[serde(borrow)]
    pub reference: Option<Text<'a>>,
    /// The type of what it refers to.
    #[serde(borrow, rename = "type")]
    pub kind: Option<Text<'a>>,
    /// The identifier of what it refers to.
    #[serde(borrow)]
    pub identifier: Option<Box<Identifier<'a>>>,
}

/// A resource's version and the like.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Meta<'a> {
    /// The version's name.
    #[serde(borrow)]
    pub version_id: Option<Text<'a>>,
    /// When this version was stored.
    #[serde(borrow)]
    pub last_updated: Option<Text<'a>>,
    /// The profiles that it claims.
    #[serde(borrow, deserialize_with = "super::text::without_nulls")]
    pub profile: List<Text<'a>>,
}

/// An extension: of parts, or of one value.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Extension<'a> {
    /// What it is.
    #[serde(borrow)]
    pub url: Option<Text<'a>>,
    /// Its parts.
    #[serde(borrow)]
    pub extension: List<Extension<'a>>,
    /// A code.
    #[serde(borrow)]
    pub value_codeable_concept: Option<CodeableConcept<'a>>,
    /// An amount.
    #[serde(borrow)]
    pub value_quantity: Option<Box<Quantity<'a>>>,
    /// A whole number.
    #[serde(borrow)]
    pub value_integer: Option<Number<'a>>,
    /// A whole number, not negative.
    #[serde(borrow)]
    pub value_unsigned_int: Option<Number<'a>>,
    /// A whole number above zero.
    #[serde(borrow)]
    pub value_positive_int: Option<Number<'a>>,
    /// Yes or no.
    pub value_boolean: Option<bool>,
    /// A reference.
    #[serde(borrow)]
    pub value_reference: Option<Box<Reference<'a>>>,
}

/// A laboratory's limits.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ReferenceRange<'a> {
    /// The lower limit.
    #[serde(borrow)]
    pub low: Option<Quantity<'a>>,
    /// The upper limit.
    #[serde(borrow)]
    pub high: Option<Quantity<'a>>,
    /// What the range is of: `normal` where it does not say.
    #[serde(borrow, rename = "type")]
    pub kind: Option<CodeableConcept<'a>>,
    /// The groups of people that it is for, all of them at once: a sex, the pregnant …
    #[serde(borrow)]
    pub applies_to: List<CodeableConcept<'a>>,
    /// The ages that it is for.
    #[serde(borrow)]
    pub age: Option<Box<Range<'a>>>,
    /// The range in words; not read.
    pub text: Presence,
}
