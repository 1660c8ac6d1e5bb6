//! An entry of an input: what was found, when, and in which resource.

use super::name::Input;
use super::time::{Day, Moment, When};
use super::words::*;
use rust_decimal::Decimal;
use std::sync::Arc;

/// The resource that an entry was read from, as a reference with the version where the server gives one
/// (`Observation/o1/_history/3`).
pub type Source = Arc<str>;

/// How a number is bounded where the laboratory gave no exact one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Comparator {
    /// `<`
    Less,
    /// `<=`
    AtMost,
    /// `>=`
    AtLeast,
    /// `>`
    Greater,
}

impl Comparator {
    /// The sign as FHIR and §9 write it.
    pub const fn sign(self) -> &'static str {
        match self {
            Comparator::Less => "<",
            Comparator::AtMost => "<=",
            Comparator::AtLeast => ">=",
            Comparator::Greater => ">",
        }
    }

    /// The comparator of a sign.
    pub fn of(sign: &str) -> Option<Comparator> {
        match sign {
            "<" => Some(Comparator::Less),
            "<=" => Some(Comparator::AtMost),
            ">=" => Some(Comparator::AtLeast),
            ">" => Some(Comparator::Greater),
            _ => None,
        }
    }
}

/// A number in the unit of its input (§2), with the laboratory's own reference limits in the same unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Quantity {
    /// The number.
    pub value: Decimal,
    /// What it bounds, if it is not exact.
    pub comparator: Option<Comparator>,
    /// The laboratory's lower reference limit.
    pub low: Option<Decimal>,
    /// The laboratory's upper reference limit.
    pub high: Option<Decimal>,
}

impl Quantity {
    /// An exact number without limits.
    pub const fn exact(value: Decimal) -> Quantity {
        Quantity { value, comparator: None, low: None, high: None }
    }
}

/// A diagnosis (§2): what, how sure, how it stands, since when, where.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Diagnosis {
    /// What it names.
    pub kind: DiagnosisKind,
    /// How sure it is.
    pub certainty: Certainty,
    /// How it stands.
    pub clinical_status: ClinicalStatus,
    /// The day of onset.
    pub onset: Option<Day>,
    /// The day on which it was recorded.
    pub recorded: Option<Day>,
    /// Where the disease is.
    pub site: Option<Site>,
    /// Whether smouldering disease has the same code.
    pub shared_with_smouldering: bool,
}

impl Diagnosis {
    /// Its date: onset, else recorded.
    pub fn date(&self) -> Option<Day> {
        self.onset.or(self.recorded)
    }
}

/// An operation (§2); its time is the entry's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Surgery {
    /// What was done.
    pub kind: SurgeryKind,
    /// Where.
    pub site: Option<Site>,
    /// The margin.
    pub margin: Option<Margin>,
    /// Whether osteosynthesis was inserted.
    pub osteosynthesis: Option<bool>,
}

/// A course of radiotherapy (§2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Radiotherapy {
    /// The first day.
    pub start: Option<Day>,
    /// The last day.
    pub end: Option<Day>,
    /// Where.
    pub site: Option<Site>,
    /// The total dose, Gy.
    pub dose_gy: Option<Decimal>,
    /// The number of fractions.
    pub fractions: Option<Decimal>,
    /// The intent as it was stated.
    pub intent: Option<Intent>,
}

/// Drugs against myeloma (§2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SystemicTherapy {
    /// The first day.
    pub start: Option<Day>,
    /// The last day.
    pub end: Option<Day>,
}

/// A FISH result (§2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fish {
    /// What was looked for.
    pub abnormality: Abnormality,
    /// Whether it is there.
    pub detected: bool,
}

/// What the clinician says caused an event (§2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Attribution {
    /// The event.
    pub event: AttributedEvent,
    /// Whether the plasma cell disease caused it.
    pub plasma_cell_disease: bool,
}

/// What an entry says. The rules of the guideline open it through a log of the case alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Value {
    /// A number.
    Quantity(Quantity),
    /// Yes or no.
    Bool(bool),
    /// A date: the birth date.
    Date(Day),
    /// A place: the tumour's.
    Site(Site),
    /// The light-chain restriction.
    LightChain(LightChain),
    /// Cord compression or fracture.
    Severity(Severity),
    /// The response.
    Response(Response),
    /// The relapse.
    Relapse(Relapse),
    /// The life expectancy.
    LifeExpectancy(LifeExpectancy),
    /// A diagnosis.
    Diagnosis(Diagnosis),
    /// An imaging examination.
    Imaging(Modality),
    /// A marrow examination that was done.
    Performed,
    /// A FISH result.
    Fish(Fish),
    /// An attribution.
    Attribution(Attribution),
    /// An operation.
    Surgery(Surgery),
    /// A course of radiotherapy.
    Radiotherapy(Radiotherapy),
    /// Systemic therapy.
    SystemicTherapy(SystemicTherapy),
}

impl Value {
    /// Whether an entry of this input may say this.
    pub fn suits(&self, input: Input) -> bool {
        use super::name::Kind;
        match self {
            Value::Quantity(_) => matches!(input.kind(), Kind::Count | Kind::Quantity | Kind::QuantityOrBool),
            Value::Bool(_) => matches!(input.kind(), Kind::Bool | Kind::QuantityOrBool),
            Value::Date(_) => input == Input::BirthDate,
            Value::Site(_) => input == Input::TumourSite,
            Value::LightChain(_) => input == Input::TumourBiopsyLightChainRestriction,
            Value::Severity(_) => matches!(input, Input::SpinalCordCompression | Input::Fracture),
            Value::Response(_) => input == Input::Response,
            Value::Relapse(_) => input == Input::Relapse,
            Value::LifeExpectancy(_) => input == Input::LifeExpectancy,
            Value::Diagnosis(_) => input == Input::Diagnosis,
            Value::Imaging(_) => input == Input::Imaging,
            Value::Performed => matches!(input, Input::MarrowAspirate | Input::MarrowBiopsy),
            Value::Fish(_) => input == Input::Fish,
            Value::Attribution(_) => input == Input::EventAttribution,
            Value::Surgery(_) => input == Input::Surgery,
            Value::Radiotherapy(_) => input == Input::Radiotherapy,
            Value::SystemicTherapy(_) => input == Input::SystemicTherapy,
        }
    }

    /// The word of this list that an input's `value` or an event's named part means, if the input has words.
    pub fn of_word(input: Input, word: &str) -> Option<Value> {
        match input {
            Input::TumourSite => Site::of(word).map(Value::Site),
            Input::TumourBiopsyLightChainRestriction => LightChain::of(word).map(Value::LightChain),
            Input::SpinalCordCompression | Input::Fracture => Severity::of(word).map(Value::Severity),
            Input::Response => Response::of(word).map(Value::Response),
            Input::Relapse => Relapse::of(word).map(Value::Relapse),
            Input::LifeExpectancy => LifeExpectancy::of(word).map(Value::LifeExpectancy),
            _ => None,
        }
    }
}

/// When, where and about what an entry speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Subject {
    time: Option<Moment>,
    site: Option<Site>,
    about: Option<About>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum About {
    Abnormality(Abnormality),
    Event(AttributedEvent),
}

/// An entry of an input. Its value is private to this module: see [`super::Log`].
#[derive(Clone, Debug)]
pub struct Entry {
    /// Which input it belongs to.
    pub input: Input,
    /// When it was so; for diagnoses, radiotherapy and systemic therapy the dates stand in the value.
    pub time: Option<When>,
    /// Where it was read.
    pub source: Option<Source>,
    /// Whether the result was preliminary.
    pub preliminary: bool,
    /// Whether the multidisciplinary conference settled it.
    pub adjudicated: bool,
    /// The site of a complication.
    pub site: Option<Site>,
    /// Whether the broken bone bears weight.
    pub weight_bearing: Option<bool>,
    pub(in crate::inputs) value: Value,
}

impl Entry {
    /// An entry with neither time nor source.
    pub fn new(input: Input, value: Value) -> Entry {
        Entry {
            input,
            time: None,
            source: None,
            preliminary: false,
            adjudicated: false,
            site: None,
            weight_bearing: None,
            value,
        }
    }

    /// The entry at this time.
    pub fn at(mut self, time: Option<When>) -> Entry {
        self.time = time;
        self
    }

    /// The entry from this resource.
    pub fn from_source(mut self, source: Option<Source>) -> Entry {
        self.source = source;
        self
    }

    /// When, where and about what it speaks: entries of one input that have this alike must not disagree.
    pub fn subject(&self) -> Subject {
        let about = match self.value {
            Value::Fish(fish) => Some(About::Abnormality(fish.abnormality)),
            Value::Attribution(attribution) => Some(About::Event(attribution.event)),
            _ => None,
        };
        Subject { time: self.time.map(When::moment), site: self.site, about }
    }

    /// The day on which what it says began: of a diagnosis or a treatment by its own dates (§2), else its day.
    pub fn begins(&self) -> Option<Day> {
        match self.value {
            Value::Diagnosis(diagnosis) => diagnosis.date(),
            Value::Radiotherapy(course) => course.start.or(course.end),
            Value::SystemicTherapy(therapy) => therapy.start.or(therapy.end),
            _ => self.day(),
        }
    }

    /// The calendar day of its time.
    pub fn day(&self) -> Option<Day> {
        self.time.map(When::day)
    }
}
