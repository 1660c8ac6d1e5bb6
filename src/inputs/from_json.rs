//! Inputs read from JSON (decision specification §9), as a program may hand them in itself.

use super::Inputs;
use super::aside::{Aside, AsideReason};
use super::entry::*;
use super::name::{Input, Kind};
use super::time::{Day, When};
use super::words::*;
use rust_decimal::Decimal;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

/// Why a §9 object is not one.
#[derive(Debug, thiserror::Error)]
pub enum InputError {
    /// It is not the JSON that §9 describes.
    #[error("not a patient's inputs as JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// An entry's field has a value that its input does not know.
    #[error("`{input}`, entry {entry}: `{field}` is not {expected}")]
    Field {
        /// The input's name.
        input: &'static str,
        /// The entry, counted from 1.
        entry: usize,
        /// The field.
        field: &'static str,
        /// What would do.
        expected: &'static str,
    },
    /// A treatment that is set aside is none, or has a reason that is not known.
    #[error("`set_aside`, entry {entry}: `{field}` is not {expected}")]
    Aside {
        /// The entry, counted from 1.
        entry: usize,
        /// The field.
        field: &'static str,
        /// What would do.
        expected: &'static str,
    },
    /// `as_of` is not a date.
    #[error("`as_of` is not a date (such as 2026-11-22)")]
    AsOf,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawPatient<'a> {
    #[serde(borrow)]
    patient: Cow<'a, str>,
    #[serde(borrow, default)]
    as_of: Option<Cow<'a, str>>,
    #[serde(borrow)]
    inputs: RawInputs<'a>,
    #[serde(borrow, default)]
    set_aside: Vec<RawAside<'a>>,
}

/// A treatment that is set aside: what §9 would have of it, with its input and the reason.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawAside<'a> {
    #[serde(borrow)]
    input: Cow<'a, str>,
    #[serde(borrow)]
    why: Cow<'a, str>,
    #[serde(borrow)]
    entry: RawEntry<'a>,
}

struct RawInputs<'a>(Vec<(Input, Vec<RawEntry<'a>>)>);

impl<'de: 'a, 'a> Deserialize<'de> for RawInputs<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ByName;
        impl<'de> Visitor<'de> for ByName {
            type Value = Vec<(Input, Vec<RawEntry<'de>>)>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("inputs by name, each a list of entries")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut inputs = Vec::new();
                while let Some(name) = map.next_key::<Cow<'de, str>>()? {
                    let input = Input::of(&name)
                        .ok_or_else(|| serde::de::Error::custom(format_args!("`{name}` is not an input")))?;
                    inputs.push((input, map.next_value()?));
                }
                Ok(inputs)
            }
        }
        deserializer.deserialize_map(ByName).map(RawInputs)
    }
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct RawEntry<'a> {
    #[serde(borrow)]
    value: Option<&'a RawValue>,
    #[serde(borrow)]
    comparator: Option<Cow<'a, str>>,
    #[serde(borrow)]
    low: Option<&'a RawValue>,
    #[serde(borrow)]
    high: Option<&'a RawValue>,
    #[serde(borrow)]
    time: Option<Cow<'a, str>>,
    #[serde(borrow)]
    source: Option<Cow<'a, str>>,
    preliminary: Option<bool>,
    adjudicated: Option<bool>,
    #[serde(borrow)]
    site: Option<Cow<'a, str>>,
    weight_bearing: Option<bool>,
    #[serde(borrow)]
    kind: Option<Cow<'a, str>>,
    #[serde(borrow)]
    certainty: Option<Cow<'a, str>>,
    #[serde(borrow)]
    clinical_status: Option<Cow<'a, str>>,
    #[serde(borrow)]
    onset: Option<Cow<'a, str>>,
    #[serde(borrow)]
    recorded: Option<Cow<'a, str>>,
    shared_with_smouldering: Option<bool>,
    #[serde(borrow)]
    modality: Option<Cow<'a, str>>,
    #[serde(borrow)]
    abnormality: Option<Cow<'a, str>>,
    detected: Option<bool>,
    #[serde(borrow)]
    event: Option<Cow<'a, str>>,
    plasma_cell_disease: Option<bool>,
    #[serde(borrow)]
    margin: Option<Cow<'a, str>>,
    osteosynthesis: Option<bool>,
    #[serde(borrow)]
    start: Option<Cow<'a, str>>,
    #[serde(borrow)]
    end: Option<Cow<'a, str>>,
    #[serde(borrow)]
    dose_gy: Option<&'a RawValue>,
    #[serde(borrow)]
    fractions: Option<&'a RawValue>,
    #[serde(borrow)]
    intent: Option<Cow<'a, str>>,
}

/// Where in the object a field stands, for the message.
#[derive(Clone, Copy)]
struct Place {
    input: Input,
    entry: usize,
}

impl Place {
    fn error(self, field: &'static str, expected: &'static str) -> InputError {
        InputError::Field { input: self.input.word(), entry: self.entry, field, expected }
    }

    fn word<T>(
        self,
        field: &'static str,
        text: &Option<Cow<'_, str>>,
        of: impl Fn(&str) -> Option<T>,
    ) -> Result<Option<T>, InputError> {
        match text {
            None => Ok(None),
            Some(text) => of(text).map(Some).ok_or_else(|| self.error(field, "a word of the specification")),
        }
    }

    fn day(self, field: &'static str, text: &Option<Cow<'_, str>>) -> Result<Option<Day>, InputError> {
        match text {
            None => Ok(None),
            Some(text) => When::parse(text).map(|when| Some(when.day())).ok_or_else(|| self.error(field, "a date")),
        }
    }

    fn number(self, field: &'static str, raw: Option<&RawValue>) -> Result<Option<Decimal>, InputError> {
        match raw.map(RawValue::get) {
            None | Some("null") => Ok(None),
            Some(text) => decimal(text).map(Some).ok_or_else(|| self.error(field, "a number")),
        }
    }
}

/// The number that a JSON number's text says, exactly; nothing if it has more digits than a decimal holds.
pub(crate) fn decimal(text: &str) -> Option<Decimal> {
    Decimal::from_str_exact(text).or_else(|_| Decimal::from_scientific(text)).ok()
}

impl RawEntry<'_> {
    fn value(&self, place: Place) -> Result<Option<Value>, InputError> {
        let input = place.input;
        if input.kind() == Kind::Event {
            return self.event(place);
        }
        let Some(raw) = self.value.map(RawValue::get).filter(|raw| *raw != "null") else { return Ok(None) };
        let bool = matches!(raw, "true" | "false");
        let value = match input.kind() {
            Kind::Bool if bool => Value::Bool(raw == "true"),
            Kind::QuantityOrBool if bool => Value::Bool(raw == "true"),
            Kind::Bool => return Err(place.error("value", "true or false")),
            Kind::Quantity | Kind::Count | Kind::QuantityOrBool => Value::Quantity(self.quantity(raw, place)?),
            Kind::Word | Kind::Date | Kind::Event => {
                let text: Cow<'_, str> = serde_json::from_str(raw).map_err(|_| place.error("value", "a word"))?;
                let value = if input.kind() == Kind::Date {
                    Day::parse(&text).map(Value::Date)
                } else {
                    Value::of_word(input, &text)
                };
                value.ok_or_else(|| place.error("value", "a word or date of the specification"))?
            }
        };
        Ok(Some(value))
    }

    fn quantity(&self, raw: &str, place: Place) -> Result<Quantity, InputError> {
        Ok(Quantity {
            value: decimal(raw).ok_or_else(|| place.error("value", "a number"))?,
            comparator: place.word("comparator", &self.comparator, Comparator::of)?,
            low: place.number("low", self.low)?,
            high: place.number("high", self.high)?,
        })
    }

    fn event(&self, place: Place) -> Result<Option<Value>, InputError> {
        let site = place.word("site", &self.site, Site::of)?;
        Ok(match place.input {
            Input::Diagnosis => place.word("kind", &self.kind, DiagnosisKind::of)?.map(|kind| (kind, site)).map_or(
                Ok::<_, InputError>(None),
                |(kind, site)| {
                    Ok(Some(Value::Diagnosis(Diagnosis {
                        kind,
                        certainty: place
                            .word("certainty", &self.certainty, Certainty::of)?
                            .unwrap_or(Certainty::Confirmed),
                        clinical_status: place
                            .word("clinical_status", &self.clinical_status, ClinicalStatus::of)?
                            .unwrap_or(ClinicalStatus::Active),
                        onset: place.day("onset", &self.onset)?,
                        recorded: place.day("recorded", &self.recorded)?,
                        site,
                        shared_with_smouldering: self.shared_with_smouldering.unwrap_or(false),
                    })))
                },
            )?,
            Input::Imaging => place.word("modality", &self.modality, Modality::of)?.map(Value::Imaging),
            Input::MarrowAspirate | Input::MarrowBiopsy => Some(Value::Performed),
            Input::Fish => place
                .word("abnormality", &self.abnormality, Abnormality::of)?
                .zip(self.detected)
                .map(|(abnormality, detected)| Value::Fish(Fish { abnormality, detected })),
            Input::EventAttribution => place
                .word("event", &self.event, AttributedEvent::of)?
                .zip(self.plasma_cell_disease)
                .map(|(event, plasma_cell_disease)| Value::Attribution(Attribution { event, plasma_cell_disease })),
            Input::Surgery => match place.word("kind", &self.kind, SurgeryKind::of)? {
                None => None,
                Some(kind) => Some(Value::Surgery(Surgery {
                    kind,
                    site,
                    margin: place.word("margin", &self.margin, Margin::of)?,
                    osteosynthesis: self.osteosynthesis,
                })),
            },
            Input::Radiotherapy => Some(Value::Radiotherapy(Radiotherapy {
                start: place.day("start", &self.start)?,
                end: place.day("end", &self.end)?,
                site,
                dose_gy: place.number("dose_gy", self.dose_gy)?,
                fractions: place.number("fractions", self.fractions)?,
                intent: place.word("intent", &self.intent, Intent::of)?,
            })),
            Input::SystemicTherapy => Some(Value::SystemicTherapy(SystemicTherapy {
                start: place.day("start", &self.start)?,
                end: place.day("end", &self.end)?,
            })),
            _ => None,
        })
    }

    fn entry(&self, place: Place) -> Result<Option<Entry>, InputError> {
        let Some(value) = self.value(place)? else { return Ok(None) };
        let time = match &self.time {
            None => None,
            Some(text) => Some(When::parse(text).ok_or_else(|| place.error("time", "a date or instant"))?),
        };
        let mut entry = Entry::new(place.input, value).at(time);
        entry.source = self.source.as_deref().map(Arc::from);
        entry.preliminary = self.preliminary.unwrap_or(false);
        entry.adjudicated = self.adjudicated.unwrap_or(false);
        if place.input.is_complication() {
            entry.site = place.word("site", &self.site, Site::of)?;
            entry.weight_bearing = self.weight_bearing;
        }
        Ok(Some(entry))
    }
}

impl Inputs {
    /// The inputs that a §9 object says.
    ///
    /// # Errors
    /// An unknown input, field or word, a number or date that is none: the patient is not decided from the rest.
    pub fn from_json(text: &str) -> Result<Inputs, InputError> {
        let raw: RawPatient<'_> = serde_json::from_str(text)?;
        let as_of = match raw.as_of.as_deref() {
            None => None,
            Some(text) => Some(Day::parse(text).ok_or(InputError::AsOf)?),
        };
        let mut entries = Vec::new();
        for (input, raw_entries) in &raw.inputs.0 {
            for (index, raw_entry) in raw_entries.iter().enumerate() {
                entries.extend(raw_entry.entry(Place { input: *input, entry: index + 1 })?);
            }
        }
        let mut set_aside = Vec::new();
        for (index, aside) in raw.set_aside.iter().enumerate() {
            set_aside.extend(aside.read(index + 1)?);
        }
        Ok(Inputs::new(raw.patient, as_of, entries).setting_aside(set_aside))
    }
}

impl RawAside<'_> {
    fn read(&self, entry: usize) -> Result<Option<Aside>, InputError> {
        let error = |field, expected| InputError::Aside { entry, field, expected };
        let input = Input::of(&self.input).filter(|input| input.is_treatment());
        let input = input.ok_or_else(|| error("input", "surgery, radiotherapy or systemic_therapy"))?;
        let why = AsideReason::of(&self.why).ok_or_else(|| error("why", "a reason to set a treatment aside"))?;
        Ok(self.entry.entry(Place { input, entry })?.map(|entry| Aside { why, entry }))
    }
}
