//! The typed inputs of the guideline (decision specification §2 and §9); depends on nothing else of the crate.

mod aside;
mod entry;
mod from_json;
mod interval;
mod log;
mod name;
mod shown;
mod time;
mod to_json;
mod truth;
mod window;
pub mod words;

pub use aside::{Aside, AsideReason};
pub use entry::{
    Attribution, Comparator, Diagnosis, Entry, Fish, Quantity, Radiotherapy, Source, Surgery, SystemicTherapy, Value,
};
pub use from_json::InputError;
pub use interval::Interval;
pub use log::{Log, Look, Span, Test};
pub use name::{Input, InputSet, Kind};
pub use shown::Shown;
pub use time::{Day, Moment, When, later_time, latest_times, newer_time, same_time};
pub use truth::{Condition, Limit, Truth};
pub use window::{Agreement, Entries, Reading, newest, without_ended};

use std::cmp::Ordering;

/// What is known of one patient, in a fixed order that does not depend on the order of the record.
#[derive(Clone, Debug)]
pub struct Inputs {
    patient: String,
    as_of: Option<Day>,
    entries: Vec<Entry>,
    starts: [u32; Input::COUNT + 1],
    set_aside: Vec<Aside>,
}

impl Inputs {
    /// The inputs of a patient (`Patient/p1`); entries whose value is not one of their input are left out.
    pub fn new(patient: impl Into<String>, as_of: Option<Day>, mut entries: Vec<Entry>) -> Inputs {
        entries.retain(|entry| entry.value.suits(entry.input));
        entries.sort_by(in_order);
        let mut starts = [0u32; Input::COUNT + 1];
        for entry in &entries {
            if let Some(count) = starts.get_mut(entry.input as usize + 1) {
                *count += 1;
            }
        }
        let mut sum = 0;
        for start in &mut starts {
            sum += *start;
            *start = sum;
        }
        Inputs { patient: patient.into(), as_of, entries, starts, set_aside: Vec::new() }
    }

    /// The same with these treatments set aside.
    pub fn setting_aside(self, mut set_aside: Vec<Aside>) -> Inputs {
        set_aside.sort_by(|a, b| in_order(&a.entry, &b.entry).then(a.why.cmp(&b.why)));
        Inputs { set_aside, ..self }
    }

    /// The same, made for a day (§9's `as_of`).
    pub fn for_day(self, as_of: Day) -> Inputs {
        Inputs { as_of: Some(as_of), ..self }
    }

    /// The patient's reference, `Patient/p1`.
    pub fn patient(&self) -> &str {
        &self.patient
    }

    /// The day that the inputs were made for, if they say so (§9's `as_of`).
    pub const fn as_of(&self) -> Option<Day> {
        self.as_of
    }

    /// The entries of an input, the oldest first; those without a time come first of all.
    pub fn of(&self, input: Input) -> &[Entry] {
        let bounds = (self.starts.get(input as usize), self.starts.get(input as usize + 1));
        let (Some(start), Some(end)) = bounds else { return &[] };
        self.entries.get(*start as usize..*end as usize).unwrap_or(&[])
    }

    /// All entries, in the order of the inputs.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The resources that anything was read from, treatments that are set aside among them.
    pub fn sources(&self) -> impl Iterator<Item = &str> {
        let set_aside = self.set_aside.iter().map(|aside| &aside.entry);
        self.entries.iter().chain(set_aside).filter_map(|entry| entry.source.as_deref())
    }

    /// The treatments that are set aside. §9 has no place for them, and no rule reads them as treatment of this disease.
    pub fn set_aside(&self) -> &[Aside] {
        &self.set_aside
    }
}

/// The fixed order of entries.
fn in_order(a: &Entry, b: &Entry) -> Ordering {
    (a.input, a.time.map(When::sort_key))
        .cmp(&(b.input, b.time.map(When::sort_key)))
        .then_with(|| a.value.cmp(&b.value))
        .then_with(|| a.source.cmp(&b.source))
        .then_with(|| (a.site, a.weight_bearing).cmp(&(b.site, b.weight_bearing)))
        .then_with(|| (a.preliminary, a.adjudicated).cmp(&(b.preliminary, b.adjudicated)))
}
