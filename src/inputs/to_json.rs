//! Inputs written as JSON (decision specification §9), as the mappings produce them.

use super::Inputs;
use super::aside::Aside;
use super::entry::*;
use super::name::Input;
use rust_decimal::Decimal;
use serde::ser::{SerializeMap, SerializeSeq};
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

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
struct Number(Decimal);

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
