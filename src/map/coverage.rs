//! What was found for each input and by which code; what was seen and not used, each with its reason.

use super::Mappings;
use super::codes::{CodeId, MissId};
use super::profiles::ProfileId;
use crate::fhir::{Oddity, Record, Resource, Stored};
use crate::inputs::Input;
use crate::inputs::words::words;
use serde::Serialize;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt;

words! {
    /// Why something that was seen is not used, or not quite as it stands.
    Reason {
        /// Its code is not in the mapping files.
        UnknownCode = "unknown_code",
        /// It has no code at all, only words or nothing.
        NoCode = "no_code",
        /// It looks like an input and is not.
        NearMiss = "near_miss",
        /// Its unit is missing.
        NoUnit = "no_unit",
        /// Its unit is not one that is believed for this input, or code and text of the unit disagree.
        UnreadableUnit = "unreadable_unit",
        /// A number that cannot be believed in that unit.
        Suspect = "suspect_number",
        /// No number, or one that cannot be held exactly.
        NotANumber = "not_a_number",
        /// A count that is not whole.
        NotWhole = "not_a_whole_number",
        /// The comparator is none of `<`, `<=`, `>=`, `>`, or stands where an exact number is due.
        Comparator = "comparator",
        /// The value has another form than the mapping believes (words, a ratio, a range …).
        UnexpectedValue = "unexpected_value",
        /// The value's code is not among the words of the input.
        UnknownValueCode = "unknown_value_code",
        /// The value leaves the answer open.
        Unclear = "unclear_value",
        /// More than one value.
        SeveralValues = "several_values",
        /// No value.
        NoValue = "no_value",
        /// A reason stands in the value's place.
        DataAbsent = "data_absent",
        /// A part of the entry without which it is none is missing.
        MissingPart = "missing_part",
        /// Its status says that it is not to be read, or is none that FHIR knows.
        Status = "status",
        /// It says that it was not done.
        NotDone = "not_done",
        /// It is over, and since when is not said.
        Over = "over",
        /// It was considered and is not certain, or was ruled out.
        NotCertain = "not_certain",
        /// No date.
        NoDate = "no_date",
        /// Only a month or a year.
        PartialDate = "partial_date",
        /// No date of the calendar.
        NotADate = "not_a_date",
        /// It is not about the patient.
        OtherPatient = "other_patient",
        /// It does not say which patient's it is: it does not say whose, or it is a group's or a device's.
        NoPatient = "no_patient",
        /// It is about another disease.
        OtherDisease = "other_disease",
        /// It is a treatment, and names a place that is not known here: it may have been to the tumour or not.
        UnknownSite = "unknown_site",
        /// It is a treatment that names no place, and its reason cannot be read.
        UnknownReason = "unknown_reason",
        /// It has a modifier that changes its meaning in a way that is not known here.
        ModifierExtension = "modifier_extension",
        /// It contradicts itself.
        Conflict = "conflict",
        /// A person must read it: words or a document without codes.
        ReportToRead = "report_to_read",
        /// FHIR R4 has no type of its name.
        UnknownType = "unknown_type",
        /// A newer version, or a correction, has taken its place.
        Replaced = "replaced",
        /// The same version is there with two contents.
        TwoContents = "two_contents",
        /// Another record of the same person is named; it is not read.
        LinkedRecord = "linked_record",
        /// Another volume of the same course and site, with a dose that is not higher.
        OtherVolume = "other_volume",
        /// Used, by the date of issue, since there is no other.
        IssuedDateUsed = "issued_date_used",
        /// Used, without a date that is only a part of one, or none of the calendar.
        UsedWithoutDate = "used_without_partial_date",
        /// Used, without a date, since it has none.
        UsedUndated = "used_without_date",
        /// Used, by the date of the panel or report that it belongs to, since it has none of its own.
        PanelDateUsed = "panel_date_used",
        /// Used, by the day on which it was recorded, since the onset is only a part of a date or an age.
        RecordedDateUsed = "recorded_date_used",
        /// Used, without a reference limit: it has no unit or another, is no number, is one of several, or is not for
        /// this patient, or not known to be.
        LimitNotUsed = "limit_not_used",
        /// Used, without its place, which is not known here.
        SiteNotUsed = "site_not_used",
        /// Used, without one of its parts, which cannot be read.
        PartNotUsed = "part_not_used",
        /// Used, as not ended: its status says that it goes on, so that its end is the last day so far.
        NotOver = "not_over",
        /// It is a part of a course that is read.
        PartOfCourse = "part_of_course",
    }
}

impl Reason {
    /// Whether the thing is used all the same, and only something about it is to be known.
    pub const fn is_a_note(self) -> bool {
        matches!(
            self,
            Reason::IssuedDateUsed
                | Reason::UsedWithoutDate
                | Reason::UsedUndated
                | Reason::PanelDateUsed
                | Reason::SiteNotUsed
                | Reason::RecordedDateUsed
                | Reason::LimitNotUsed
                | Reason::PartNotUsed
                | Reason::NotOver
                | Reason::TwoContents
        )
    }

    /// The reason in a few words for a person.
    pub const fn in_words(self) -> &'static str {
        match self {
            Reason::UnknownCode => "its code is not in the mapping files",
            Reason::NoCode => "it has no code",
            Reason::NearMiss => "it looks like this input and is not",
            Reason::NoUnit => "the number has no unit",
            Reason::UnreadableUnit => "the unit is not one that is believed here, or its code and text disagree",
            Reason::Suspect => "the number cannot be right in that unit",
            Reason::NotANumber => "the value is not a number that can be held exactly",
            Reason::NotWhole => "the count is not a whole number",
            Reason::Comparator => "the comparator is not one of <, <=, >=, >, or an exact number is needed",
            Reason::UnexpectedValue => "the value has another form than the mapping believes",
            Reason::UnknownValueCode => "the value's code is not in the mapping files",
            Reason::Unclear => "the value leaves the answer open",
            Reason::SeveralValues => "it has more than one value",
            Reason::NoValue => "it has no value",
            Reason::DataAbsent => "the value is absent, with a reason",
            Reason::MissingPart => "a part without which it says nothing is missing",
            Reason::Status => "its status says that it is not to be read",
            Reason::NotDone => "it says that it was not done",
            Reason::Over => "it is over, and since when is not said",
            Reason::NotCertain => "it is not certain, or was ruled out",
            Reason::NoDate => "it has no date",
            Reason::PartialDate => "its date is only a month or a year",
            Reason::NotADate => "its date is not a date",
            Reason::OtherPatient => "it is another patient's",
            Reason::NoPatient => "it does not say which patient's it is",
            Reason::OtherDisease => "it is about another disease",
            Reason::UnknownSite => {
                "which place it was to is not known here: neither is whether it was to the tumour, so it is not used"
            }
            Reason::UnknownReason => {
                "it names no place, and its reason cannot be read: whether it was for this disease is not known, so it is not used"
            }
            Reason::ModifierExtension => "a modifier extension may change its meaning",
            Reason::Conflict => "it contradicts itself",
            Reason::ReportToRead => "a report that a person must read",
            Reason::UnknownType => "FHIR R4 has no type of that name",
            Reason::Replaced => "a newer version or a correction has taken its place",
            Reason::TwoContents => "the same version is there with two contents; both are used",
            Reason::LinkedRecord => "another record of the same person is not read",
            Reason::OtherVolume => "another volume of the same course and site has the dose",
            Reason::IssuedDateUsed => "used by its date of issue, since it has no other",
            Reason::UsedWithoutDate => "used without its date, which is not a whole one",
            Reason::UsedUndated => "used without a date, since it has none",
            Reason::PanelDateUsed => "used by the date of the panel or report that it belongs to, since it has none",
            Reason::RecordedDateUsed => "used by the day it was recorded, since its onset is not a whole date",
            Reason::LimitNotUsed => {
                "used without a reference limit, which cannot be read or is not known to be this patient's"
            }
            Reason::SiteNotUsed => "used without its place, which is not in the mapping files",
            Reason::PartNotUsed => "used without one of its parts, which cannot be read",
            Reason::NotOver => "used as not ended, since its status says that it goes on",
            Reason::PartOfCourse => "a part of a course that is read as a whole",
        }
    }
}

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
