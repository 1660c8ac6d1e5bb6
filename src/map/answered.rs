//! What an Observation or a component answers, read in the shape that a rule wants.

use super::Mappings;
use super::codes::{Answer, CodeId};
use super::engine::{At, Mapper};
use super::file::PresenceForm;
use super::limits::Believed;
use super::number::exact;
use super::part::{Field, Parts};
use super::reason::Reason;
use super::rule::{Forms, Shape};
use crate::fhir::datatypes::{CodeableConcept, ReferenceRange};
use crate::fhir::observation::{Component, Observation, Value as Written, ValueChoice};
use crate::inputs::{Input, Quantity};
use rust_decimal::Decimal;

/// What an Observation or a component answers.
pub(super) struct Answered<'v, 'a> {
    /// The Observation, also of a component: its date is the answer's.
    pub observation: &'v Observation<'a>,
    pub value: ValueChoice<'v, 'a>,
    pub absent: bool,
    pub interpretation: &'v [CodeableConcept<'a>],
    pub ranges: &'v [ReferenceRange<'a>],
}

impl<'v, 'a> Answered<'v, 'a> {
    /// What the Observation itself answers.
    pub fn by(observation: &'v Observation<'a>) -> Self {
        Answered {
            observation,
            value: observation.value(),
            absent: observation.data_absent_reason.is_there(),
            interpretation: &observation.interpretation,
            ranges: &observation.reference_range,
        }
    }

    /// What one of its components answers.
    pub fn by_component(observation: &'v Observation<'a>, component: &'v Component<'a>) -> Self {
        Answered {
            observation,
            value: component.value(),
            absent: component.data_absent_reason.is_there(),
            interpretation: &component.interpretation,
            ranges: &component.reference_range,
        }
    }

    /// The value, or why there is none.
    pub fn one(&self) -> Result<Written<'v, 'a>, Reason> {
        match self.value {
            _ if self.absent => Err(Reason::DataAbsent),
            ValueChoice::None => Err(Reason::NoValue),
            ValueChoice::Several => Err(Reason::SeveralValues),
            ValueChoice::One(value) => Ok(value),
        }
    }
}

/// A part as it was read.
pub(super) enum Part<'m> {
    Number(Quantity),
    Bool(bool),
    Word(&'m str),
}

impl Part<'_> {
    /// Puts it into its place; `false` if it does not fit there.
    pub fn put(&self, parts: &mut Parts, input: Input, field: Field) -> bool {
        match self {
            Part::Number(number) => parts.put_number(input, field, *number),
            Part::Bool(answer) => parts.put_bool(input, field, *answer),
            Part::Word(word) => parts.put_word(input, field, word),
        }
    }
}

impl<'m, 'r, 'a> Mapper<'m, 'r, 'a> {
    /// An answer in the shape that a rule wants.
    pub(super) fn shape(
        &mut self,
        at: &At<'r, 'a>,
        (input, field): (Input, Field),
        shape: &'m Shape,
        answered: &Answered<'r, 'a>,
        code: CodeId,
    ) -> Result<Part<'m>, Reason> {
        let mappings = self.mappings;
        match shape {
            Shape::Quantity(factors) | Shape::Count(factors) => match (answered.one()?, shape) {
                (Written::Quantity(written), _) => {
                    let factor = mappings.factor(written, factors)?;
                    let mut number = mappings.number_by(input, field, written, factor)?;
                    let of_answer = (answered.observation, answered.ranges);
                    let believed = Believed { factors, value: Some((written, factor)) };
                    let limits = self.limits(at, input, Some(code), of_answer, believed);
                    (number.low, number.high) = (limits.low, limits.high);
                    Ok(Part::Number(number))
                }
                (Written::Integer(written), Shape::Count(_)) => {
                    Ok(Part::Number(mappings.integer(input, field, &written)?))
                }
                (Written::Integer(written), _) if factors.without_unit => {
                    Ok(Part::Number(mappings.integer(input, field, &written)?))
                }
                (Written::Integer(_), _) => Err(Reason::NoUnit),
                _ => Err(Reason::UnexpectedValue),
            },
            Shape::Presence(forms) => mappings.presence(*forms, answered).map(Part::Bool),
            Shape::Code(words) => match answered.one()? {
                Written::Concept(concept) => mappings.word(words, concept).map(Part::Word),
                _ => Err(Reason::UnexpectedValue),
            },
            Shape::Site => match answered.one()? {
                Written::Concept(concept) => {
                    let site = mappings.site_of(&concept.coding)?.ok_or(Reason::UnknownValueCode)?;
                    Ok(Part::Word(site.word()))
                }
                _ => Err(Reason::UnexpectedValue),
            },
            Shape::Date => Err(Reason::UnexpectedValue),
        }
    }
}

/// A code that says something by itself is believed where the Observation does not take it back.
pub(super) fn said_by_existence(mappings: &Mappings, answered: &Answered<'_, '_>) -> Result<(), Reason> {
    match answered.value {
        ValueChoice::None if !answered.absent => Ok(()),
        _ => match mappings.presence(Forms::of(&[PresenceForm::Boolean, PresenceForm::Coded]), answered)? {
            true => Ok(()),
            false => Err(Reason::NotDone),
        },
    }
}

impl Mappings {
    /// Yes or no, in the forms that are believed; an interpretation must not take it back.
    pub(super) fn presence(&self, forms: Forms, answered: &Answered<'_, '_>) -> Result<bool, Reason> {
        let answer = self.presence_by_value(forms, answered)?;
        self.not_taken_back(answer, answered)
    }

    /// A yes or no, if the interpretation beside it does not say otherwise or leave it open.
    pub(super) fn not_taken_back(&self, answer: bool, answered: &Answered<'_, '_>) -> Result<bool, Reason> {
        let codes = answered.interpretation.iter().flat_map(|concept| self.known(Some(concept)));
        match self.answer(codes) {
            Ok(interpreted) if interpreted != answer => Err(Reason::Conflict),
            Err(reason @ (Reason::Conflict | Reason::Unclear)) => Err(reason),
            _ => Ok(answer),
        }
    }

    fn presence_by_value(&self, forms: Forms, answered: &Answered<'_, '_>) -> Result<bool, Reason> {
        let written = match answered.one() {
            Ok(written) => written,
            Err(Reason::NoValue) if forms.believe(PresenceForm::Interpretation) => {
                let codes = answered.interpretation.iter().flat_map(|concept| self.known(Some(concept)));
                return self.answer(codes).map_err(|reason| match reason {
                    Reason::UnknownValueCode => Reason::NoValue,
                    other => other,
                });
            }
            Err(reason) => return Err(reason),
        };
        match written {
            Written::Boolean(answer) if forms.believe(PresenceForm::Boolean) => Ok(answer),
            Written::Concept(concept) if forms.believe(PresenceForm::Coded) => {
                self.answer(self.known(Some(concept)).into_iter())
            }
            Written::Integer(number) if forms.believe(PresenceForm::ZeroOne) => zero_or_one(exact(&number)?),
            Written::Quantity(quantity) if forms.believe(PresenceForm::ZeroOne) => {
                if quantity.comparator.is_some() {
                    return Err(Reason::Comparator);
                }
                let unit = quantity.code.as_deref().or(quantity.unit.as_deref()).unwrap_or_default();
                if !matches!(unit.trim(), "" | "1") {
                    return Err(Reason::UnreadableUnit);
                }
                zero_or_one(exact(quantity.value.as_ref().ok_or(Reason::NoValue)?)?)
            }
            _ => Err(Reason::UnexpectedValue),
        }
    }

    /// The answer that codes mean, if they agree.
    fn answer(&self, codes: impl Iterator<Item = CodeId>) -> Result<bool, Reason> {
        let mut answer = None;
        for found in codes.filter_map(|code| self.code(code)?.answer) {
            if answer.is_some_and(|answer| answer != found) {
                return Err(Reason::Conflict);
            }
            answer = Some(found);
        }
        match answer {
            Some(Answer::Yes) => Ok(true),
            Some(Answer::No) => Ok(false),
            Some(Answer::Unclear) => Err(Reason::Unclear),
            None => Err(Reason::UnknownValueCode),
        }
    }

    /// The word that a concept means in a table of words, if its codes agree.
    pub(super) fn word<'m>(
        &'m self,
        words: &'m [(CodeId, Option<Box<str>>)],
        concept: &CodeableConcept<'_>,
    ) -> Result<&'m str, Reason> {
        let mut found: Option<&'m Option<Box<str>>> = None;
        for code in self.known(Some(concept)) {
            let Some((_, word)) = words.iter().find(|(known, _)| *known == code) else { continue };
            if found.is_some_and(|earlier| earlier != word) {
                return Err(Reason::Conflict);
            }
            found = Some(word);
        }
        match found {
            Some(Some(word)) => Ok(word),
            Some(None) => Err(Reason::Unclear),
            None => Err(Reason::UnknownValueCode),
        }
    }
}

fn zero_or_one(number: Decimal) -> Result<bool, Reason> {
    match number {
        number if number == Decimal::ZERO => Ok(false),
        number if number == Decimal::ONE => Ok(true),
        _ => Err(Reason::UnexpectedValue),
    }
}
