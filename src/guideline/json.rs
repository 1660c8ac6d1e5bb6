//! A decision as JSON (decision specification §10): no field is `null`; one that does not apply is left out.

use super::decision::*;
use crate::inputs::{Day, Look, Shown};
use serde::ser::{SerializeMap, SerializeSeq};
use serde::{Serialize, Serializer};

struct Fields<M>(M);

impl<M: SerializeMap> Fields<M> {
    fn put<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), M::Error> {
        self.0.serialize_entry(name, value)
    }

    fn some<T: Serialize>(&mut self, name: &'static str, value: Option<T>) -> Result<(), M::Error> {
        value.map_or(Ok(()), |value| self.put(name, &value))
    }

    fn list<T: Serialize>(&mut self, name: &'static str, values: &[T]) -> Result<(), M::Error> {
        if values.is_empty() { Ok(()) } else { self.put(name, values) }
    }

    fn flag(&mut self, name: &'static str, value: bool) -> Result<(), M::Error> {
        self.some(name, value.then_some(true))
    }
}

fn fields<S: Serializer>(serializer: S) -> Result<Fields<S::SerializeMap>, S::Error> {
    serializer.serialize_map(None).map(Fields)
}

impl Serialize for Decision<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = fields(serializer)?;
        map.put("patient", self.patient)?;
        map.put("as_of", &self.as_of)?;
        map.put("guideline", &Guideline)?;
        map.put("in_scope", &self.outcome.is_some())?;
        if let Some(outcome) = &self.outcome {
            if let Some(plasmacytoma) = &outcome.plasmacytoma {
                plasmacytoma.put(&mut map)?;
            }
            map.put("recommendations", &Recommendations(self, &outcome.recommendations))?;
            map.some("prognosis", outcome.prognosis.as_ref())?;
            map.put("conflicts", &outcome.conflicts)?;
            map.put("not_recorded", &outcome.not_recorded)?;
            map.put("notes", &outcome.notes)?;
        }
        map.0.end()
    }
}

struct Guideline;

impl Serialize for Guideline {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = fields(serializer)?;
        map.put("id", GUIDELINE_ID)?;
        map.put("version", GUIDELINE_VERSION)?;
        map.0.end()
    }
}

impl Plasmacytoma<'_> {
    fn put<M: SerializeMap>(&self, map: &mut Fields<M>) -> Result<(), M::Error> {
        map.put("compartment", &self.compartment)?;
        map.put("marrow", &self.marrow)?;
        map.put("anchors", &self.anchors)?;
        map.put("relapse", &self.relapse)?;
        map.put("events", &Events(&self.events))?;
        map.some("events_after_treatment", self.events_after_treatment.as_ref().map(|events| Events(events)))?;
        map.put("classification", &self.classification)?;
        map.put("solitary", &self.solitary)?;
        map.put("working_diagnosis", &self.working_diagnosis)
    }
}

impl Serialize for Anchors {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = fields(serializer)?;
        map.some("diagnosis_date", self.diagnosis_date)?;
        map.some("treatment_start", self.treatment_start)?;
        map.some("treatment_end", self.treatment_end)?;
        map.flag("under_way", self.under_way)?;
        map.0.end()
    }
}

impl Serialize for RelapseState {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = fields(serializer)?;
        map.put("value", &self.value)?;
        map.some("date", self.date)?;
        map.0.end()
    }
}

struct Events<'a>(&'a [EventState]);

impl Serialize for Events<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = fields(serializer)?;
        for (event, state) in Event::ALL.iter().zip(self.0) {
            map.put(event.word(), state)?;
        }
        map.0.end()
    }
}

impl Serialize for Classification {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = fields(serializer)?;
        map.put("result", &self.result)?;
        if self.result == ClassificationResult::Undetermined {
            map.put("possible", self.possible.as_slice())?;
            map.put("missing", &self.missing)?;
        }
        map.0.end()
    }
}

impl Serialize for WorkingDiagnosis {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = fields(serializer)?;
        map.put("value", &self.value)?;
        map.some("basis", self.basis)?;
        map.put("contradicted", &self.contradicted)?;
        map.0.end()
    }
}

struct Recommendations<'a, 'i>(&'a Decision<'i>, &'a [Recommendation<'i>]);

impl Serialize for Recommendations<'_, '_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(Some(self.1.len()))?;
        for recommendation in self.1 {
            list.serialize_element(&WithReasons(self.0, recommendation))?;
        }
        list.end()
    }
}

struct WithReasons<'a, 'i>(&'a Decision<'i>, &'a Recommendation<'i>);

impl Serialize for WithReasons<'_, '_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(decision, recommendation) = self;
        let mut map = fields(serializer)?;
        map.put("id", &recommendation.id)?;
        map.put("grade", &recommendation.id.grade())?;
        map.some("strength", recommendation.id.strength())?;
        map.put("status", &recommendation.status)?;
        map.flag("under_way", recommendation.under_way)?;
        if recommendation.status == Status::Undetermined {
            map.put("missing", &recommendation.missing)?;
        }
        map.put("ambiguities", recommendation.ambiguities.as_slice())?;
        map.list("actions", &recommendation.actions)?;
        map.list("factors", &recommendation.factors)?;
        map.list("notes", &recommendation.notes)?;
        map.put("because", &Reasons(decision, recommendation))?;
        map.0.end()
    }
}

struct Reasons<'a, 'i>(&'a Decision<'i>, &'a Recommendation<'i>);

impl Serialize for Reasons<'_, '_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.because(self.1))
    }
}

impl Serialize for Look<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = fields(serializer)?;
        map.put("input", &self.input)?;
        map.put("value", &Text(self.value()))?;
        map.put("test", &Text(self.test))?;
        map.put("result", &self.result)?;
        map.some("source", self.source().map(|source| source.as_ref()))?;
        map.0.end()
    }
}

struct Text<T>(T);

impl<T: std::fmt::Display> Serialize for Text<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl Serialize for Action {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = fields(serializer)?;
        map.put("code", &self.code)?;
        map.some("due", self.due)?;
        map.flag("overdue", self.overdue)?;
        map.flag("urgent", self.urgent)?;
        map.flag("if_confirmed", self.if_confirmed)?;
        map.some("strength", self.strength)?;
        map.list("inputs", &self.inputs)?;
        map.list("modalities", &self.modalities)?;
        map.some("target", self.target)?;
        map.some("dose_gy", self.dose_gy)?;
        map.some("fraction_gy", self.fraction_gy.then_some(FractionSize))?;
        map.list("schedules", &self.schedules)?;
        map.0.end()
    }
}

impl Serialize for Due {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        between::<S, Day>(serializer, "start", self.start, "end", self.end)
    }
}

fn between<S: Serializer, T: Serialize>(
    serializer: S,
    first: &'static str,
    low: T,
    second: &'static str,
    high: T,
) -> Result<S::Ok, S::Error> {
    let mut map = fields(serializer)?;
    map.put(first, &low)?;
    map.put(second, &high)?;
    map.0.end()
}

/// 1.8 to 2 Gy a fraction (text on R06).
struct FractionSize;

impl Serialize for FractionSize {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        between(serializer, "low", 1.8, "high", 2.0)
    }
}

impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Amount::Exactly(number) => serializer.serialize_u8(*number),
            Amount::Between(low, high) => between(serializer, "low", low, "high", high),
        }
    }
}

impl Serialize for Schedule {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        between(serializer, "dose_gy", self.dose_gy, "fractions", self.fractions)
    }
}

impl Serialize for Note<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = fields(serializer)?;
        map.put("code", &self.code)?;
        map.some("inputs", (!self.inputs.is_empty()).then_some(self.inputs))?;
        map.list("events", &self.events)?;
        map.some("date", self.date)?;
        let values: Vec<_> = self.entries.iter().map(|entry| Text(Shown::from(*entry))).collect();
        map.list("values", &values)?;
        let sources: Vec<_> = self.sources().map(|source| source.as_ref()).collect();
        map.list("sources", &sources)?;
        map.0.end()
    }
}

impl Serialize for Conflict<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = fields(serializer)?;
        map.put("input", &self.input)?;
        map.some("time", self.entries.first().and_then(|entry| entry.time))?;
        let values: Vec<_> = self.entries.iter().map(|entry| Text(Shown::from(*entry))).collect();
        map.put("values", &values)?;
        let sources: Vec<_> = self.entries.iter().filter_map(|entry| entry.source.as_deref()).collect();
        map.list("sources", &sources)?;
        map.0.end()
    }
}

impl Serialize for Prognosis {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = fields(serializer)?;
        map.put("status", &self.status)?;
        let factors: Vec<_> = self.factors.iter().map(|(id, state)| FactorInState(*id, *state)).collect();
        map.put("factors", &factors)?;
        map.put("also", self.also.as_slice())?;
        map.put("predictions", self.predictions.as_slice())?;
        map.list("ambiguities", &self.ambiguities)?;
        map.0.end()
    }
}

struct FactorInState(Factor, FactorState);

impl Serialize for FactorInState {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = fields(serializer)?;
        map.put("id", &self.0)?;
        map.put("state", &self.1)?;
        map.0.end()
    }
}

impl Serialize for Prediction {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = fields(serializer)?;
        map.put("id", self.id)?;
        map.put("outcome", &self.outcome)?;
        match self.figure {
            Figure::Percent(percent) => map.put("probability", &(f64::from(percent) / 100.0))?,
            Figure::PercentBetween(low, high) => {
                map.put("probability", &ProbabilityRange(f64::from(low) / 100.0, f64::from(high) / 100.0))?;
            }
            Figure::MedianTenthMonths(tenths) => map.put("median_months", &Tenths(tenths))?,
            Figure::MedianNotReached => map.put("median_not_reached", &true)?,
        }
        map.put("reference", self.references)?;
        map.0.end()
    }
}

struct ProbabilityRange(f64, f64);

impl Serialize for ProbabilityRange {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        between(serializer, "low", self.0, "high", self.1)
    }
}

/// A number of tenths, written without a tail of zeros: 122, 26.2.
struct Tenths(u16);

impl Serialize for Tenths {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0.is_multiple_of(10) {
            serializer.serialize_u16(self.0 / 10)
        } else {
            serializer.serialize_f64(f64::from(self.0) / 10.0)
        }
    }
}
