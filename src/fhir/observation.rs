//! Observations: laboratory results, findings and measurements, as they are read.

use super::common::resource;
use super::datatypes::*;
use super::text::{List, Number, Presence, Text};
use serde::Deserialize;

resource! {
    /// A result or a finding.
    Observation {
        /// How far it has come: `final`, `preliminary`, `entered-in-error` …
        #[serde(borrow)]
        pub status: Option<Text<'a>>,
        /// What was observed.
        #[serde(borrow)]
        pub code: Option<CodeableConcept<'a>>,
        /// Whose it is.
        #[serde(borrow)]
        pub subject: Option<Reference<'a>>,
        /// What it is about, where that is not the subject (a donor, a foetus, a device).
        #[serde(borrow)]
        pub focus: List<Reference<'a>>,
        /// When: a day or a moment.
        #[serde(borrow)]
        pub effective_date_time: Option<Text<'a>>,
        /// When: a time with start and end.
        #[serde(borrow)]
        pub effective_period: Option<Box<Period<'a>>>,
        /// When: several moments.
        #[serde(borrow)]
        pub effective_timing: Option<Box<Timing<'a>>>,
        /// When: a moment.
        #[serde(borrow)]
        pub effective_instant: Option<Text<'a>>,
        /// When this version was made available.
        #[serde(borrow)]
        pub issued: Option<Text<'a>>,
        /// The value, as an amount.
        #[serde(borrow)]
        pub value_quantity: Option<Quantity<'a>>,
        /// The value, as a code.
        #[serde(borrow)]
        pub value_codeable_concept: Option<CodeableConcept<'a>>,
        /// The value, in words; not read.
        pub value_string: Presence,
        /// The value, yes or no.
        pub value_boolean: Option<bool>,
        /// The value, as a whole number.
        #[serde(borrow)]
        pub value_integer: Option<Number<'a>>,
        /// The value, as a range; not read.
        pub value_range: Presence,
        /// The value, as a ratio; not read.
        pub value_ratio: Presence,
        /// The value, as a series of samples; not read.
        pub value_sampled_data: Presence,
        /// The value, as a time of day; not read.
        pub value_time: Presence,
        /// The value, as a day or a moment; not read.
        pub value_date_time: Presence,
        /// The value, as a time with start and end; not read.
        pub value_period: Presence,
        /// Why there is no value; that there is a reason is all that is read.
        pub data_absent_reason: Presence,
        /// High, low, positive, negative …
        #[serde(borrow)]
        pub interpretation: List<CodeableConcept<'a>>,
        /// Where on the body.
        #[serde(borrow)]
        pub body_site: Option<Box<BodySite<'a>>>,
        /// The laboratory's limits.
        #[serde(borrow)]
        pub reference_range: List<ReferenceRange<'a>>,
        /// The members of this panel.
        #[serde(borrow)]
        pub has_member: List<Reference<'a>>,
        /// Further statements.
        #[serde(borrow)]
        pub extension: List<Extension<'a>>,
        /// Parts with codes and values of their own.
        #[serde(borrow)]
        pub component: List<Component<'a>>,
        /// STU3's `context`.
        pub(super) context: Presence,
        /// STU3's `related`.
        pub(super) related: Presence,
        /// R5's `triggeredBy`.
        pub(super) triggered_by: Presence,
    }
}

/// A site on the body with what an extension says of it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct BodySite<'a> {
    /// The codes, all of one meaning.
    #[serde(borrow)]
    pub coding: List<Coding<'a>>,
    /// Laterality, a reference to a BodyStructure, and the like.
    #[serde(borrow)]
    pub extension: List<Extension<'a>>,
}

/// A part of an observation.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Component<'a> {
    /// What was observed.
    #[serde(borrow)]
    pub code: Option<CodeableConcept<'a>>,
    /// Statements that change the meaning of this part; not read.
    pub modifier_extension: Presence,
    /// The value, as an amount.
    #[serde(borrow)]
    pub value_quantity: Option<Quantity<'a>>,
    /// The value, as a code.
    #[serde(borrow)]
    pub value_codeable_concept: Option<CodeableConcept<'a>>,
    /// The value, in words; not read.
    pub value_string: Presence,
    /// The value, yes or no.
    pub value_boolean: Option<bool>,
    /// The value, as a whole number.
    #[serde(borrow)]
    pub value_integer: Option<Number<'a>>,
    /// The value, as a range; not read.
    pub value_range: Presence,
    /// The value, as a ratio; not read.
    pub value_ratio: Presence,
    /// The value, as a series of samples; not read.
    pub value_sampled_data: Presence,
    /// The value, as a time of day; not read.
    pub value_time: Presence,
    /// The value, as a day or a moment; not read.
    pub value_date_time: Presence,
    /// The value, as a time with start and end; not read.
    pub value_period: Presence,
    /// Why there is no value; that there is a reason is all that is read.
    pub data_absent_reason: Presence,
    /// High, low, positive, negative …
    #[serde(borrow)]
    pub interpretation: List<CodeableConcept<'a>>,
    /// The laboratory's limits.
    #[serde(borrow)]
    pub reference_range: List<ReferenceRange<'a>>,
}

impl<'a> Observation<'a> {
    /// Where on the body, as the types with several sites have it.
    pub fn sites(&self) -> &[BodySite<'a>] {
        self.body_site.as_deref().map(std::slice::from_ref).unwrap_or_default()
    }
}

/// The value of an observation or of a component.
#[derive(Clone, Copy, Debug)]
pub enum Value<'v, 'a> {
    /// An amount.
    Quantity(&'v Quantity<'a>),
    /// A code.
    Concept(&'v CodeableConcept<'a>),
    /// Yes or no.
    Boolean(bool),
    /// A whole number.
    Integer(Number<'a>),
    /// Words, a range, a ratio, a time … : a form that no input is read from.
    NotRead,
}

/// What stands in the place of `value[x]`.
#[derive(Clone, Copy, Debug)]
pub enum ValueChoice<'v, 'a> {
    /// Nothing.
    None,
    /// A value.
    One(Value<'v, 'a>),
    /// More than one, which FHIR does not allow: none of them is to be read.
    Several,
}

macro_rules! value_choice {
    ($type:ident) => {
        impl<'a> $type<'a> {
            /// The value, whichever form it has.
            pub fn value(&self) -> ValueChoice<'_, 'a> {
                let not_read = |form: Presence| form.is_there().then_some(Value::NotRead);
                let forms = [
                    self.value_quantity.as_ref().map(Value::Quantity),
                    self.value_codeable_concept.as_ref().map(Value::Concept),
                    self.value_boolean.map(Value::Boolean),
                    self.value_integer.map(Value::Integer),
                    not_read(self.value_string),
                    not_read(self.value_range),
                    not_read(self.value_ratio),
                    not_read(self.value_sampled_data),
                    not_read(self.value_time),
                    not_read(self.value_date_time),
                    not_read(self.value_period),
                ];
                let mut present = forms.into_iter().flatten();
                match (present.next(), present.next()) {
                    (None, _) => ValueChoice::None,
                    (Some(value), None) => ValueChoice::One(value),
                    (Some(_), Some(_)) => ValueChoice::Several,
                }
            }
        }
    };
}

value_choice!(Observation);
value_choice!(Component);
