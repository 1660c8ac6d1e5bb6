//! What was found for each input and by which code; what was seen and not used, each with its reason.

use super::Mappings;
use super::codes::{CodeId, MissId};
use super::profiles::ProfileId;
use super::reason::Reason;
use crate::fhir::{Oddity, Record, Resource, Stored};
use crate::inputs::Input;
use serde::Serialize;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt;

/// What an entry was found by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FoundBy {
    /// A code of the mapping files.
    Code(CodeId),
    /// A profile of the mapping files.
    Profile(ProfileId),
    /// The project's own code.
    OwnCode,
    /// An element of the Patient.
    Element,
}

impl FoundBy {
    /// The code, if it was one.
    pub const fn code(self) -> Option<CodeId> {
        match self {
            FoundBy::Code(code) => Some(code),
            FoundBy::Profile(_) | FoundBy::OwnCode | FoundBy::Element => None,
        }
    }
}

/// Something that was not used, or not quite as it stands.
#[derive(Clone, Debug)]
pub(super) struct Unused {
    /// The place of the resource in the record.
    pub resource: u32,
    /// The input that it would have fed.
    pub input: Option<Input>,
    /// The code that it was seen by.
    pub code: Option<CodeId>,
    /// A code of the record that is not its own, as it is written: of a place.
    pub written: Option<Box<str>>,
    /// Why.
    pub reason: Reason,
    /// The near miss, which has its own words.
    pub miss: Option<MissId>,
}

/// What came of one patient's record; small, and put into words only when someone asks ([`Coverage::report`]).
#[derive(Clone, Debug, Default)]
pub struct Coverage {
    pub(super) used: Vec<(Input, FoundBy)>,
    pub(super) unused: Vec<Unused>,
}

/// The coverage of one patient, or of many together.
#[derive(Clone, Debug, Default, Serialize)]
pub struct CoverageReport {
    /// The patient; none for many together.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub patient: Option<String>,
    /// How many patients it speaks of.
    pub patients: u64,
    /// What each input was found by.
    pub inputs: BTreeMap<&'static str, Vec<FoundCode>>,
    /// What was seen and not used, or not quite as it stands; what is alike stands once.
    #[serde(serialize_with = "as_list")]
    pub not_used: BTreeMap<Alike, NotUsed>,
}

/// The reason, the same for a person, the input and the code of what was not used.
pub type Alike = (&'static str, String, Option<&'static str>, Option<String>);

fn as_list<S: serde::Serializer>(not_used: &BTreeMap<Alike, NotUsed>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(not_used.values())
}

/// How often an input was found by a code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FoundCode {
    /// The system's short name, `own` for the project's, `patient` for an element of the Patient.
    pub system: String,
    /// The code.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub code: String,
    /// Its display.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub display: String,
    /// How many entries.
    pub entries: u64,
}

/// Something that was seen and not used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NotUsed {
    /// Why, in one word.
    pub reason: &'static str,
    /// Why, for a person.
    pub why: String,
    /// The input that it would have fed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input: Option<&'static str>,
    /// Its code, with the system.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The resources (of one patient).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<String>,
    /// How many.
    pub count: u64,
}

impl Coverage {
    /// How many entries an input has.
    pub fn entries(&self, input: Input) -> usize {
        self.used.iter().filter(|(used, _)| *used == input).count()
    }

    /// The reasons that were given, in the order in which the record was read.
    pub fn reasons(&self) -> impl Iterator<Item = (Option<Input>, Reason)> + '_ {
        self.unused.iter().map(|unused| (unused.input, unused.reason))
    }

    /// The coverage in words: the record and the mappings must be those that it came from.
    pub fn report(&self, mappings: &Mappings, record: &Record<'_>) -> CoverageReport {
        let mut report =
            CoverageReport { patient: Some(record.patient().to_owned()), patients: 1, ..CoverageReport::default() };
        for (input, by) in &self.used {
            add_found(report.inputs.entry(input.word()).or_default(), mappings.found_code(*by));
        }
        let resources: Vec<&Stored<'_>> = record.resources().collect();
        for unused in &self.unused {
            let stored = resources.get(unused.resource as usize).copied();
            report.add_unused(NotUsed {
                reason: unused.reason.word(),
                why: match unused.miss.and_then(|miss| mappings.miss(miss)) {
                    Some(miss) => miss.why.to_string(),
                    None => unused.reason.in_words().to_owned(),
                },
                input: unused.input.map(Input::word),
                code: match (&unused.written, unused.code) {
                    (Some(written), _) => Some(written.to_string()),
                    (None, Some(code)) => mappings.written_code(code),
                    (None, None) => stored.and_then(|stored| code_of(&stored.resource)),
                },
                sources: stored.map(|stored| record.source(stored)).into_iter().collect(),
                count: 1,
            });
        }
        for oddity in record.oddities() {
            report.add_unused(of_oddity(oddity));
        }
        report
    }
}

fn of_oddity(oddity: &Oddity) -> NotUsed {
    let (reason, source) = match oddity {
        Oddity::OtherPatient { source } => (Reason::OtherPatient, source),
        Oddity::NoPatient { source } => (Reason::NoPatient, source),
        Oddity::Replaced { source } => (Reason::Replaced, source),
        Oddity::TwoContents { source } => (Reason::TwoContents, source),
        Oddity::Linked { source } => (Reason::LinkedRecord, source),
    };
    NotUsed {
        reason: reason.word(),
        why: reason.in_words().to_owned(),
        input: None,
        code: None,
        sources: vec![source.clone()],
        count: 1,
    }
}

/// The code of a resource as the record writes it.
fn code_of(resource: &Resource<'_>) -> Option<String> {
    let concept = match resource {
        Resource::Observation(observation) => observation.code.as_ref(),
        Resource::Condition(condition) => condition.code.as_ref(),
        Resource::DiagnosticReport(report) => report.code.as_ref(),
        Resource::Procedure(procedure) => procedure.code.as_ref(),
        _ => None,
    }?;
    let coding = concept.coding.iter().find(|coding| coding.code.is_some())?;
    let system = coding.system.as_deref().unwrap_or("no system");
    Some(format!("{system}|{}", coding.code.as_deref().unwrap_or_default()))
}

fn add_found(list: &mut Vec<FoundCode>, found: FoundCode) {
    match list.iter_mut().find(|earlier| earlier.system == found.system && earlier.code == found.code) {
        Some(earlier) => earlier.entries += found.entries,
        None => list.push(found),
    }
}

impl CoverageReport {
    /// No patient yet.
    pub fn of_many() -> CoverageReport {
        CoverageReport::default()
    }

    /// Adds a patient's report to that of many; single resources are no longer named.
    pub fn add(&mut self, other: &CoverageReport) {
        self.patients += other.patients;
        for (input, codes) in &other.inputs {
            let list = self.inputs.entry(input).or_default();
            codes.iter().cloned().for_each(|found| add_found(list, found));
        }
        for unused in other.not_used.values() {
            self.add_unused(NotUsed { sources: Vec::new(), ..unused.clone() });
        }
    }

    fn add_unused(&mut self, new: NotUsed) {
        match self.not_used.entry((new.reason, new.why.clone(), new.input, new.code.clone())) {
            Entry::Occupied(old) => {
                let old = old.into_mut();
                old.count += new.count;
                old.sources.extend(new.sources);
            }
            Entry::Vacant(place) => drop(place.insert(new)),
        }
    }
}

impl fmt::Display for CoverageReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.patient {
            Some(patient) => writeln!(f, "{patient}")?,
            None => writeln!(f, "{} patients", self.patients)?,
        }
        writeln!(f, "  found")?;
        for input in Input::ALL {
            let Some(codes) = self.inputs.get(input.word()) else { continue };
            for found in codes {
                let code = format!("{} {}", found.system, found.code);
                writeln!(f, "    {:>6}  {:<38} {:<28} {}", found.entries, input.word(), code, found.display)?;
            }
        }
        let empty: Vec<&str> =
            Input::ALL.iter().map(|input| input.word()).filter(|input| !self.inputs.contains_key(input)).collect();
        writeln!(f, "  not found: {}", empty.join(", "))?;
        if !self.not_used.is_empty() {
            writeln!(f, "  seen and not used, or not quite as it stands")?;
        }
        for unused in self.not_used.values() {
            let what = [unused.input.unwrap_or(""), unused.code.as_deref().unwrap_or("")];
            let what = what.iter().filter(|word| !word.is_empty()).copied().collect::<Vec<_>>().join(" ");
            // The record's own codes, which a terminal might take for orders.
            let what = what.replace(char::is_control, " ");
            writeln!(f, "    {:>6}  {:<28} {what}: {}", unused.count, unused.reason, unused.why)?;
            if !unused.sources.is_empty() {
                writeln!(f, "            {}", unused.sources.join(", ").replace(char::is_control, " "))?;
            }
        }
        Ok(())
    }
}
