//! Which codes and units of a sample of patients the mapping files do not know. No value, name or id is in it.

use super::Doctor;
use super::report::Checks;
use crate::fhir::datatypes::{CodeableConcept, Coding, Quantity};
use crate::fhir::{Record, Resource, Stored};
use crate::map::Reason;
use crate::pull::server::{Pull, SearchSettings, Searches};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Instant;

/// The types that are read whole, whatever the code, so that unknown codes are seen.
const WHOLE: [&str; 2] = ["Observation", "DiagnosticReport"];

/// The longest display that is shown.
const LONGEST: usize = 80;

/// So many digits in a row may be a number of a person; a display has none.
const DIGITS: usize = 6;

/// What a sample of patients has that the mapping files do not know.
#[derive(Debug, Default, Serialize)]
pub struct Coverage {
    /// Patients whose records were read whole.
    pub patients: usize,
    /// Patients whose records could not be read whole.
    pub not_whole: usize,
    /// Codes of resources that no mapping knows.
    pub unknown_codes: Vec<Seen>,
    /// Codes of values and conclusions that no mapping knows.
    pub unknown_values: Vec<Seen>,
    /// Units that are not believed, or numbers that cannot be right in theirs.
    pub units: Vec<SeenUnit>,
    /// Resources that have no code, by type.
    pub without_code: BTreeMap<String, u64>,
}

/// A code that was seen.
#[derive(Debug, Serialize)]
pub struct Seen {
    /// The type of the resource.
    pub resource: String,
    /// Its system and code.
    pub code: String,
    /// Its display, as the server has it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub display: String,
    /// How many resources.
    pub count: u64,
}

/// A unit that was seen.
#[derive(Debug, Serialize)]
pub struct SeenUnit {
    /// The input that the number would have fed.
    pub input: &'static str,
    /// The code that it was seen by.
    pub code: String,
    /// The units as written.
    pub units: String,
    /// Why it is not believed.
    pub why: String,
    /// How many numbers.
    pub count: u64,
}

/// Counts on the way.
#[derive(Default)]
struct Counts {
    codes: BTreeMap<(String, String), (String, u64)>,
    values: BTreeMap<(String, String), (String, u64)>,
    units: BTreeMap<(&'static str, String, String, String), u64>,
    without_code: BTreeMap<String, u64>,
}

impl Doctor<'_> {
    /// The coverage of a sample of these patients.
    pub(super) async fn coverage(
        &self,
        mut settings: SearchSettings,
        patients: &[String],
        checks: &mut Checks,
    ) -> Coverage {
        const NAME: &str = "records";
        for kind in WHOLE {
            settings.types.entry(kind.to_owned()).or_default().all_codes = true;
        }
        let batch = settings.patients;
        let pull = Pull::new(self.server, Searches::new(self.mappings, settings));
        let (mut counts, mut coverage) = (Counts::default(), Coverage::default());
        let sample = patients.get(..self.sample).unwrap_or(patients);
        let start = Instant::now();
        let mut why = None;
        for ids in sample.chunks(batch.max(1)) {
            let pulled = match pull.batch(ids).await {
                Ok(pulled) => pulled,
                Err(error) => {
                    coverage.not_whole += ids.len();
                    why = Some(error.to_string());
                    continue;
                }
            };
            coverage.not_whole += pulled.incomplete.len();
            why = pulled.incomplete.first().map(|(_, error)| error.to_string()).or(why);
            for (_, record) in pulled.records() {
                match record {
                    Ok(record) => {
                        coverage.patients += 1;
                        counts.add(self, &record);
                    }
                    Err(_) => coverage.not_whole += 1,
                }
            }
        }
        if coverage.patients > 0 || coverage.not_whole > 0 {
            let (whole, all) = (coverage.patients, coverage.patients + coverage.not_whole);
            let because = why.map(|why| format!(": {why}")).unwrap_or_default();
            let detail = format!("{whole} of {all} patients of the sample can be read whole{because}");
            let advice = "a patient is decided whole or not at all: `sync --dry-run` says for each why not";
            match (coverage.not_whole, whole) {
                (0, _) => checks.ok(NAME, detail, Some(start)),
                (_, 0) => checks.failed(NAME, detail, advice, Some(start)),
                (_, _) => checks.warning(NAME, detail, advice, Some(start)),
            }
        }
        counts.into_coverage(coverage)
    }
}

impl Counts {
    fn add(&mut self, doctor: &Doctor<'_>, record: &Record<'_>) {
        let (_, coverage) = doctor.mappings.map(record);
        let by_source: BTreeMap<String, &Stored<'_>> =
            record.resources().map(|stored| (record.source(stored), stored)).collect();
        for unused in coverage.report(doctor.mappings, record).not_used.values() {
            let is = |reason: Reason| unused.reason == reason.word();
            let sources: BTreeSet<&String> = unused.sources.iter().collect();
            for stored in sources.into_iter().filter_map(|source| by_source.get(source)) {
                let kind = stored.resource.kind().to_owned();
                if is(Reason::UnknownCode) {
                    let coding = code(&stored.resource).and_then(first);
                    count(&mut self.codes, kind, coding);
                } else if is(Reason::UnknownValueCode) {
                    let unknown = values(&stored.resource).into_iter().filter_map(first).filter(|coding| {
                        let (system, code) = (coding.system.as_deref(), coding.code.as_deref());
                        !doctor.mappings.knows(system.unwrap_or_default(), code.unwrap_or_default())
                    });
                    for coding in unknown {
                        count(&mut self.values, kind.clone(), Some(coding));
                    }
                } else if is(Reason::NoCode) {
                    *self.without_code.entry(kind).or_default() += 1;
                } else if is(Reason::UnreadableUnit) || is(Reason::NoUnit) || is(Reason::Suspect) {
                    let code = unused.code.clone().unwrap_or_default();
                    let key = (unused.input.unwrap_or_default(), code, units(&stored.resource), unused.why.clone());
                    *self.units.entry(key).or_default() += 1;
                }
            }
        }
    }

    fn into_coverage(self, coverage: Coverage) -> Coverage {
        let seen = |codes: BTreeMap<(String, String), (String, u64)>| {
            let seen = |((resource, code), (display, count))| Seen { resource, code, display, count };
            let mut list: Vec<Seen> = codes.into_iter().map(seen).collect();
            list.sort_by_key(|seen| std::cmp::Reverse(seen.count));
            list
        };
        let unit = |((input, code, units, why), count)| SeenUnit { input, code, units, why, count };
        Coverage {
            unknown_codes: seen(self.codes),
            unknown_values: seen(self.values),
            units: self.units.into_iter().map(unit).collect(),
            without_code: self.without_code,
            ..coverage
        }
    }
}

fn count(codes: &mut BTreeMap<(String, String), (String, u64)>, kind: String, coding: Option<&Coding<'_>>) {
    let Some(coding) = coding else { return };
    let code = coding.code.as_deref().unwrap_or_default();
    let written = match coding.system.as_deref() {
        Some(system) => format!("{system}|{code}"),
        // Without a system it may be anything, even the number of a person.
        None => format!("no system|{}", presentable(code)),
    };
    let (display, number) = codes.entry((kind, written)).or_default();
    if display.is_empty() {
        *display = presentable(coding.display.as_deref().unwrap_or_default());
    }
    *number += 1;
}

/// A display as it is shown; none where it may hold the number of a person.
fn presentable(text: &str) -> String {
    let mut row = 0;
    for sign in text.chars() {
        row = if sign.is_ascii_digit() { row + 1 } else { 0 };
        if row >= DIGITS {
            return "(not shown: it holds a long number)".to_owned();
        }
    }
    text.chars().map(|sign| if sign.is_control() { ' ' } else { sign }).take(LONGEST).collect()
}

fn first<'c, 'a>(concept: &'c CodeableConcept<'a>) -> Option<&'c Coding<'a>> {
    concept.coding.iter().find(|coding| coding.code.is_some())
}

fn code<'r, 'a>(resource: &'r Resource<'a>) -> Option<&'r CodeableConcept<'a>> {
    match resource {
        Resource::Observation(observation) => observation.code.as_ref(),
        Resource::Condition(condition) => condition.code.as_ref(),
        Resource::DiagnosticReport(report) => report.code.as_ref(),
        Resource::Procedure(procedure) => procedure.code.as_ref(),
        _ => None,
    }
}

/// The coded values of an Observation and its components, the conclusions of a report.
fn values<'r, 'a>(resource: &'r Resource<'a>) -> Vec<&'r CodeableConcept<'a>> {
    match resource {
        Resource::Observation(it) => {
            let parts = it.component.iter().filter_map(|component| component.value_codeable_concept.as_ref());
            it.value_codeable_concept.iter().chain(parts).collect()
        }
        Resource::DiagnosticReport(report) => report.conclusion_code.iter().collect(),
        _ => Vec::new(),
    }
}

/// The units of an Observation and its components, as written.
fn units(resource: &Resource<'_>) -> String {
    let written = |quantity: &Quantity<'_>| match (quantity.code.as_deref(), quantity.unit.as_deref()) {
        (Some(code), Some(unit)) if code != unit => format!("{code} ({unit})"),
        (Some(unit), _) | (None, Some(unit)) => unit.to_owned(),
        (None, None) => "no unit".to_owned(),
    };
    let all: BTreeSet<String> = resource.quantities().map(written).collect();
    presentable(&all.into_iter().collect::<Vec<_>>().join(", "))
}

impl fmt::Display for Coverage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counted = |f: &mut fmt::Formatter<'_>, title: &str, list: &[Seen]| -> fmt::Result {
            if !list.is_empty() {
                writeln!(f, "  {title}")?;
            }
            for Seen { resource, code, display, count } in list {
                writeln!(f, "    {count:>6}  {resource:<17} {code}  {display}")?;
            }
            Ok(())
        };
        writeln!(f, "Codes and units of {} patients", self.patients)?;
        counted(f, "codes that no mapping knows", &self.unknown_codes)?;
        counted(f, "codes of values that no mapping knows", &self.unknown_values)?;
        if !self.units.is_empty() {
            writeln!(f, "  units that are not believed")?;
        }
        for SeenUnit { input, code, units, why, count } in &self.units {
            writeln!(f, "    {count:>6}  {input:<17} {code}  {units}: {why}")?;
        }
        if !self.without_code.is_empty() {
            writeln!(f, "  without a code")?;
        }
        for (kind, count) in &self.without_code {
            writeln!(f, "    {count:>6}  {kind}")?;
        }
        Ok(())
    }
}
