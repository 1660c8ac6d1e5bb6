//! The inputs as JSON (decision specification §9): what the mappings produce, and what a program may hand in itself.

use super::Inputs;
use super::aside::{Aside, AsideReason};
use super::entry::*;
use super::name::{Input, Kind};
use super::time::{Day, When};
use super::words::*;
use rust_decimal::Decimal;
use serde::de::{MapAccess, Visitor};
use serde::ser::{SerializeMap, SerializeSeq};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
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

impl Serialize for Inputs {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("patient", self.patient())?;
        if let Some(as_of) = self.as_of() {
            map.serialize_entry("as_of", &as_of)?;
        }
        map.serialize_entry("inputs", &ByName(self))?;
        if !self.set_aside().is_empty() {
            map.serialize_entry("set_aside", self.set_aside())?;
        }
        map.end()
    }
}

impl Serialize for Aside {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("input", &self.entry.input)?;
        map.serialize_entry("why", &self.why)?;
        map.serialize_entry("entry", &self.entry)?;
        map.end()
    }
}

struct ByName<'a>(&'a Inputs);

impl Serialize for ByName<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for input in Input::ALL {
            let entries = self.0.of(*input);
            if !entries.is_empty() {
                map.serialize_entry(input, &Entries(entries))?;
            }
        }
        map.end()
    }
}

struct Entries<'a>(&'a [Entry]);

impl Serialize for Entries<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(Some(self.0.len()))?;
        for entry in self.0 {
            list.serialize_element(entry)?;
        }
        list.end()
    }
}

/// A decimal as a JSON number with the digits that it has.
pub(crate) struct Number(pub Decimal);

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let raw = RawValue::from_string(self.0.to_string()).map_err(serde::ser::Error::custom)?;
        raw.serialize(serializer)
    }
}

struct Fields<M>(M);

impl<M: SerializeMap> Fields<M> {
    fn field<T: Serialize>(&mut self, name: &'static str, value: Option<T>) -> Result<(), M::Error> {
        match value {
            Some(value) => self.0.serialize_entry(name, &value),
            None => Ok(()),
        }
    }
}

impl Serialize for Entry {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = Fields(serializer.serialize_map(None)?);
        fields.value(&self.value)?;
        fields.field("site", self.site)?;
        fields.field("weight_bearing", self.weight_bearing)?;
        fields.field("time", self.time)?;
        fields.field("source", self.source.as_deref())?;
        fields.field("preliminary", self.preliminary.then_some(true))?;
        fields.field("adjudicated", self.adjudicated.then_some(true))?;
        fields.0.end()
    }
}

impl<M: SerializeMap> Fields<M> {
    fn value(&mut self, value: &Value) -> Result<(), M::Error> {
        match value {
            Value::Quantity(quantity) => {
                self.field("value", Some(Number(quantity.value)))?;
                self.field("comparator", quantity.comparator.map(Comparator::sign))?;
                self.field("low", quantity.low.map(Number))?;
                self.field("high", quantity.high.map(Number))
            }
            Value::Bool(value) => self.field("value", Some(value)),
            Value::Date(day) => self.field("value", Some(day)),
            Value::Site(word) => self.field("value", Some(word)),
            Value::LightChain(word) => self.field("value", Some(word)),
            Value::Severity(word) => self.field("value", Some(word)),
            Value::Response(word) => self.field("value", Some(word)),
            Value::Relapse(word) => self.field("value", Some(word)),
            Value::LifeExpectancy(word) => self.field("value", Some(word)),
            Value::Diagnosis(diagnosis) => {
                self.field("kind", Some(diagnosis.kind))?;
                self.field("certainty", Some(diagnosis.certainty))?;
                self.field("clinical_status", Some(diagnosis.clinical_status))?;
                self.field("onset", diagnosis.onset)?;
                self.field("recorded", diagnosis.recorded)?;
                self.field("site", diagnosis.site)?;
                self.field("shared_with_smouldering", diagnosis.shared_with_smouldering.then_some(true))
            }
            Value::Imaging(modality) => self.field("modality", Some(modality)),
            Value::Performed => Ok(()),
            Value::Fish(fish) => {
                self.field("abnormality", Some(fish.abnormality))?;
                self.field("detected", Some(fish.detected))
            }
            Value::Attribution(attribution) => {
                self.field("event", Some(attribution.event))?;
                self.field("plasma_cell_disease", Some(attribution.plasma_cell_disease))
            }
            Value::Surgery(surgery) => {
                self.field("kind", Some(surgery.kind))?;
                self.field("site", surgery.site)?;
                self.field("margin", surgery.margin)?;
                self.field("osteosynthesis", surgery.osteosynthesis)
            }
            Value::Radiotherapy(course) => {
                self.field("start", course.start)?;
                self.field("end", course.end)?;
                self.field("site", course.site)?;
                self.field("dose_gy", course.dose_gy.map(Number))?;
                self.field("fractions", course.fractions.map(Number))?;
                self.field("intent", course.intent)
            }
            Value::SystemicTherapy(therapy) => {
                self.field("start", therapy.start)?;
                self.field("end", therapy.end)
            }
        }
    }
}
