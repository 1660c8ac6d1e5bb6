//! The named parts of an entry (decision specification §9), gathered one by one from a resource and put together.

use crate::inputs::words::*;
use crate::inputs::{
    Attribution, Day, Diagnosis, Fish, Input, Kind, Quantity, Radiotherapy, Surgery, SystemicTherapy, Value,
};
use rust_decimal::Decimal;

words! {
    /// The name of a part.
    Field {
        /// The value itself.
        Value = "value",
        /// The kind of a diagnosis or an operation.
        Kind = "kind",
        /// The technique of an imaging examination.
        Modality = "modality",
        /// What FISH looked for.
        Abnormality = "abnormality",
        /// Whether it was found.
        Detected = "detected",
        /// The event that is attributed.
        Event = "event",
        /// Whether the plasma cell disease caused it.
        PlasmaCellDisease = "plasma_cell_disease",
        /// The place in the body.
        Site = "site",
        /// Whether the broken bone bears weight.
        WeightBearing = "weight_bearing",
        /// The margin of a resection.
        Margin = "margin",
        /// Whether osteosynthesis was inserted.
        Osteosynthesis = "osteosynthesis",
        /// The dose of a course, Gy.
        DoseGy = "dose_gy",
        /// The number of fractions of a course.
        Fractions = "fractions",
        /// The intent of a course.
        Intent = "intent",
        /// How a diagnosis stands.
        ClinicalStatus = "clinical_status",
        /// Whether smouldering disease has the same code.
        SharedWithSmouldering = "shared_with_smouldering",
        /// Whether the conference settled it.
        Adjudicated = "adjudicated",
    }
}

/// What a part is said with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FieldKind {
    /// A number in this unit.
    Number(&'static str),
    /// A whole number.
    Count,
    /// Yes or no.
    Bool,
    /// A number in this unit, or yes or no.
    NumberOrBool(&'static str),
    /// A number in the unit that it came in.
    AnyNumber,
    /// One of these words.
    Words(Vec<&'static str>),
    /// A date.
    Date,
}

impl Field {
    /// How this part of an entry of this input is said; nothing if such entries do not have it.
    pub fn kind(self, input: Input) -> Option<FieldKind> {
        use FieldKind::*;
        let words = |all: &[&'static str]| Some(Words(all.to_vec()));
        match (self, input) {
            (Field::Value, _) => value_kind(input),
            (Field::Kind, Input::Diagnosis) => words(&all_words(DiagnosisKind::ALL, DiagnosisKind::word)),
            (Field::Kind, Input::Surgery) => words(&all_words(SurgeryKind::ALL, SurgeryKind::word)),
            (Field::Modality, Input::Imaging) => words(&all_words(Modality::ALL, Modality::word)),
            (Field::Abnormality, Input::Fish) => words(&all_words(Abnormality::ALL, Abnormality::word)),
            (Field::Detected, Input::Fish) => Some(Bool),
            (Field::Event, Input::EventAttribution) => words(&all_words(AttributedEvent::ALL, AttributedEvent::word)),
            (Field::PlasmaCellDisease, Input::EventAttribution) => Some(Bool),
            (Field::Site, _) if has_site(input) => words(&all_words(Site::ALL, Site::word)),
            (Field::WeightBearing, Input::Fracture) => Some(Bool),
            (Field::Margin, Input::Surgery) => words(&all_words(Margin::ALL, Margin::word)),
            (Field::Osteosynthesis, Input::Surgery) => Some(Bool),
            (Field::DoseGy, Input::Radiotherapy) => Some(Number("Gy")),
            (Field::Fractions, Input::Radiotherapy) => Some(Count),
            (Field::Intent, Input::Radiotherapy) => words(&all_words(Intent::ALL, Intent::word)),
            (Field::ClinicalStatus, Input::Diagnosis) => words(&all_words(ClinicalStatus::ALL, ClinicalStatus::word)),
            (Field::SharedWithSmouldering, Input::Diagnosis) => Some(Bool),
            (Field::Adjudicated, _) => Some(Bool),
            _ => None,
        }
    }

    /// The parts that an entry of this input must have to be one.
    pub fn required(input: Input) -> &'static [Field] {
        match input {
            Input::Diagnosis | Input::Surgery => &[Field::Kind],
            Input::Imaging => &[Field::Modality],
            Input::Fish => &[Field::Abnormality, Field::Detected],
            Input::EventAttribution => &[Field::Event, Field::PlasmaCellDisease],
            Input::MarrowAspirate | Input::MarrowBiopsy | Input::Radiotherapy | Input::SystemicTherapy => &[],
            _ => &[Field::Value],
        }
    }
}

/// Whether an entry of this input has a site.
pub(super) fn has_site(input: Input) -> bool {
    input.is_complication() || matches!(input, Input::Diagnosis | Input::Surgery | Input::Radiotherapy)
}

fn value_kind(input: Input) -> Option<FieldKind> {
    let words = match input {
        Input::TumourSite => all_words(Site::ALL, Site::word),
        Input::TumourBiopsyLightChainRestriction => all_words(LightChain::ALL, LightChain::word),
        Input::SpinalCordCompression | Input::Fracture => all_words(Severity::ALL, Severity::word),
        Input::Response => all_words(Response::ALL, Response::word),
        Input::Relapse => all_words(Relapse::ALL, Relapse::word),
        Input::LifeExpectancy => all_words(LifeExpectancy::ALL, LifeExpectancy::word),
        _ => Vec::new(),
    };
    match input.kind() {
        Kind::Count => Some(FieldKind::Count),
        Kind::Quantity => Some(input.unit().map_or(FieldKind::AnyNumber, FieldKind::Number)),
        Kind::QuantityOrBool => Some(FieldKind::NumberOrBool(input.unit().unwrap_or("1"))),
        Kind::Bool => Some(FieldKind::Bool),
        Kind::Word => Some(FieldKind::Words(words)),
        Kind::Date => Some(FieldKind::Date),
        Kind::Event => None,
    }
}

fn all_words<T: Copy>(all: &[T], word: fn(T) -> &'static str) -> Vec<&'static str> {
    all.iter().map(|one| word(*one)).collect()
}

/// The parts of one entry, as far as they are known.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Parts {
    /// The value.
    pub value: Option<Value>,
    /// The kind of a diagnosis.
    pub diagnosis: Option<DiagnosisKind>,
    /// The kind of an operation.
    pub surgery: Option<SurgeryKind>,
    /// The technique.
    pub modality: Option<Modality>,
    /// What was looked for.
    pub abnormality: Option<Abnormality>,
    /// Whether it was found.
    pub detected: Option<bool>,
    /// What is attributed.
    pub event: Option<AttributedEvent>,
    /// Whether the plasma cell disease caused it.
    pub plasma_cell_disease: Option<bool>,
    /// The place.
    pub site: Option<Site>,
    /// Whether the bone bears weight.
    pub weight_bearing: Option<bool>,
    /// The margin.
    pub margin: Option<Margin>,
    /// Whether osteosynthesis was inserted.
    pub osteosynthesis: Option<bool>,
    /// The dose.
    pub dose_gy: Option<Decimal>,
    /// The fractions.
    pub fractions: Option<Decimal>,
    /// The intent.
    pub intent: Option<Intent>,
    /// The certainty of a diagnosis.
    pub certainty: Option<Certainty>,
    /// How it stands.
    pub clinical_status: Option<ClinicalStatus>,
    /// Whether smouldering disease shares the code.
    pub shared_with_smouldering: Option<bool>,
    /// The first day (the onset, of a diagnosis).
    pub start: Option<Day>,
    /// The last day.
    pub end: Option<Day>,
    /// The day on which a diagnosis was recorded.
    pub recorded: Option<Day>,
    /// Whether the conference settled it.
    pub adjudicated: Option<bool>,
}

impl Parts {
    /// Takes a word as a part; nothing happens and `false` comes back if the part has no such word.
    pub fn put_word(&mut self, input: Input, field: Field, word: &str) -> bool {
        match (field, input) {
            (Field::Value, _) => fill(&mut self.value, Value::of_word(input, word)),
            (Field::Kind, Input::Diagnosis) => fill(&mut self.diagnosis, DiagnosisKind::of(word)),
            (Field::Kind, Input::Surgery) => fill(&mut self.surgery, SurgeryKind::of(word)),
            (Field::Modality, Input::Imaging) => fill(&mut self.modality, Modality::of(word)),
            (Field::Abnormality, Input::Fish) => fill(&mut self.abnormality, Abnormality::of(word)),
            (Field::Event, Input::EventAttribution) => fill(&mut self.event, AttributedEvent::of(word)),
            (Field::Site, _) if has_site(input) => fill(&mut self.site, Site::of(word)),
            (Field::Margin, Input::Surgery) => fill(&mut self.margin, Margin::of(word)),
            (Field::Intent, Input::Radiotherapy) => fill(&mut self.intent, Intent::of(word)),
            (Field::ClinicalStatus, Input::Diagnosis) => fill(&mut self.clinical_status, ClinicalStatus::of(word)),
            _ => false,
        }
    }

    /// Takes a yes or a no as a part; `false` if the part is not one of that kind.
    pub fn put_bool(&mut self, input: Input, field: Field, answer: bool) -> bool {
        match (field, input) {
            (Field::Value, _) if matches!(input.kind(), Kind::Bool | Kind::QuantityOrBool) => {
                fill(&mut self.value, Some(Value::Bool(answer)))
            }
            (Field::Detected, Input::Fish) => fill(&mut self.detected, Some(answer)),
            (Field::PlasmaCellDisease, Input::EventAttribution) => fill(&mut self.plasma_cell_disease, Some(answer)),
            (Field::WeightBearing, Input::Fracture) => fill(&mut self.weight_bearing, Some(answer)),
            (Field::Osteosynthesis, Input::Surgery) => fill(&mut self.osteosynthesis, Some(answer)),
            (Field::SharedWithSmouldering, Input::Diagnosis) => fill(&mut self.shared_with_smouldering, Some(answer)),
            (Field::Adjudicated, _) => fill(&mut self.adjudicated, Some(answer)),
            _ => false,
        }
    }

    /// Takes a number as a part; `false` if the part is no number, or if it bounds where an exact one is due.
    pub fn put_number(&mut self, input: Input, field: Field, number: Quantity) -> bool {
        match (field, input) {
            (Field::Value, _) => {
                let value = Value::Quantity(number);
                value.suits(input) && fill(&mut self.value, Some(value))
            }
            (Field::DoseGy, Input::Radiotherapy) if number.comparator.is_none() => {
                fill(&mut self.dose_gy, Some(number.value))
            }
            (Field::Fractions, Input::Radiotherapy) if number.comparator.is_none() => {
                fill(&mut self.fractions, Some(number.value))
            }
            _ => false,
        }
    }

    /// The value of an entry of this input, if its required parts are there.
    pub fn value(&self, input: Input) -> Option<Value> {
        Some(match input {
            Input::Diagnosis => Value::Diagnosis(Diagnosis {
                kind: self.diagnosis?,
                certainty: self.certainty.unwrap_or(Certainty::Confirmed),
                clinical_status: self.clinical_status.unwrap_or(ClinicalStatus::Active),
                onset: self.start,
                recorded: self.recorded,
                site: self.site,
                shared_with_smouldering: self.shared_with_smouldering.unwrap_or(false),
            }),
            Input::Imaging => Value::Imaging(self.modality?),
            Input::MarrowAspirate | Input::MarrowBiopsy => Value::Performed,
            Input::Fish => Value::Fish(Fish { abnormality: self.abnormality?, detected: self.detected? }),
            Input::EventAttribution => {
                Value::Attribution(Attribution { event: self.event?, plasma_cell_disease: self.plasma_cell_disease? })
            }
            Input::Surgery => Value::Surgery(Surgery {
                kind: self.surgery?,
                site: self.site,
                margin: self.margin,
                osteosynthesis: self.osteosynthesis,
            }),
            Input::Radiotherapy => Value::Radiotherapy(Radiotherapy {
                start: self.start,
                end: self.end,
                site: self.site,
                dose_gy: self.dose_gy,
                fractions: self.fractions,
                intent: self.intent,
            }),
            Input::SystemicTherapy => Value::SystemicTherapy(SystemicTherapy { start: self.start, end: self.end }),
            _ => self.value?,
        })
    }
}

fn fill<T>(slot: &mut Option<T>, found: Option<T>) -> bool {
    let known = found.is_some();
    if known {
        *slot = found;
    }
    known
}
