//! A value as a person reads it: exact, or with the decimals that laboratories report.

use super::entry::{Entry, Value};
use super::truth::Limit;
use rust_decimal::{Decimal, RoundingStrategy};
use smallvec::SmallVec;
use std::fmt;

/// A value as a person reads it: `3.2 cm`, `< 5 mg/L`, `vertebra`; `none` where there is no entry.
#[derive(Clone, Copy, Debug)]
pub struct Shown<'i>(Option<&'i Entry>);

impl<'i> Shown<'i> {
    pub(super) const fn of(entry: Option<&'i Entry>) -> Shown<'i> {
        Shown(entry)
    }

    /// The number as a laboratory reports it, without its unit: with so many decimals, or with more where it would else
    /// lie on another side of one of these limits, or of its own reference limits, or so far beyond these. Nothing
    /// where it is no number.
    pub fn rounded(self, decimals: u32, limits: &[Limit], beyond: (Option<Limit>, Option<Limit>)) -> Option<String> {
        let Value::Quantity(quantity) = self.0?.value else { return None };
        let by = |limit: Option<Limit>| limit.map(|limit| limit.value).unwrap_or_default();
        let own = [
            quantity.low,
            quantity.low.and_then(|low| low.checked_sub(by(beyond.0))),
            quantity.high,
            quantity.high.and_then(|high| high.checked_add(by(beyond.1))),
        ];
        let limits: SmallVec<[Decimal; 8]> =
            limits.iter().map(|limit| limit.value).chain(own.into_iter().flatten()).collect();
        let is_faithful =
            |rounded: &Decimal| limits.iter().all(|limit| rounded.cmp(limit) == quantity.value.cmp(limit));
        let candidates = (decimals..quantity.value.scale())
            .map(|decimals| quantity.value.round_dp_with_strategy(decimals, RoundingStrategy::MidpointAwayFromZero));
        let shown = candidates.into_iter().find(is_faithful).unwrap_or(quantity.value);
        let sign = quantity.comparator.map(|comparator| format!("{} ", comparator.sign())).unwrap_or_default();
        Some(format!("{sign}{shown}"))
    }
}

impl<'i> From<&'i Entry> for Shown<'i> {
    fn from(entry: &'i Entry) -> Shown<'i> {
        Shown(Some(entry))
    }
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(entry) = self.0 else { return f.write_str("none") };
        match entry.value {
            Value::Quantity(quantity) => {
                if let Some(comparator) = quantity.comparator {
                    write!(f, "{} ", comparator.sign())?;
                }
                write!(f, "{}", quantity.value)?;
                match entry.input.unit() {
                    Some("1") | None => Ok(()),
                    Some("umol/L") => f.write_str(" µmol/L"),
                    Some("mg/(24.h)") => f.write_str(" mg/24 h"),
                    Some(unit) => write!(f, " {unit}"),
                }
            }
            Value::Bool(value) => write!(f, "{value}"),
            Value::Date(day) => write!(f, "{day}"),
            Value::Site(word) => write!(f, "{word}"),
            Value::LightChain(word) => write!(f, "{word}"),
            Value::Severity(word) => write!(f, "{word}"),
            Value::Response(word) => write!(f, "{word}"),
            Value::Relapse(word) => write!(f, "{word}"),
            Value::LifeExpectancy(word) => write!(f, "{word}"),
            Value::Diagnosis(diagnosis) => {
                write!(f, "{}, {}, {}", diagnosis.kind, diagnosis.certainty, diagnosis.clinical_status)
            }
            Value::Imaging(modality) => write!(f, "{modality}"),
            Value::Performed => f.write_str("done"),
            Value::Fish(fish) => {
                write!(f, "{} {}", fish.abnormality, if fish.detected { "detected" } else { "not detected" })
            }
            Value::Attribution(attribution) => {
                let not = if attribution.plasma_cell_disease { "" } else { "not " };
                write!(f, "{} {not}by the plasma cell disease", attribution.event)
            }
            Value::Surgery(surgery) => {
                write!(f, "{}", surgery.kind)?;
                surgery.margin.map_or(Ok(()), |margin| write!(f, ", margin {margin}"))
            }
            Value::Radiotherapy(course) => {
                let dose = course.dose_gy.map_or_else(|| "dose not said".to_owned(), |dose| format!("{dose} Gy"));
                write!(f, "{dose}")?;
                if let Some(fractions) = course.fractions {
                    write!(f, " in {fractions}")?;
                }
                course.intent.map_or(Ok(()), |intent| write!(f, ", {intent}"))
            }
            Value::SystemicTherapy(_) => f.write_str("given"),
        }
    }
}
