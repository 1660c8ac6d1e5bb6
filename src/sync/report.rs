//! What a run did, patient by patient and in numbers.

use super::why::Why;
use crate::guideline::{GUIDELINE_ID, GUIDELINE_VERSION};
use crate::inputs::Day;
use crate::inputs::words::words;
use crate::plan::ResourceKind;
use crate::pull::server::Exported;
use crate::server::Counts;
use crate::write::difference::difference;
use crate::write::reconcile::Change;
use serde::Serialize;
use serde_json::Value;
use std::collections::HashSet;

words! {
    /// What was done about a resource.
    What {
        /// It was not there.
        Created = "created",
        /// It said something else.
        Updated = "updated",
        /// It stands as it should.
        Unchanged = "unchanged",
        /// It no longer held.
        Revoked = "revoked",
        /// Another hand has changed it, so it was left.
        LeftToOtherHand = "left_to_other_hand",
    }
}

/// What was done about one resource.
#[derive(Clone, Debug, Serialize)]
pub struct Changed {
    /// The patient.
    pub patient: String,
    /// The resource's type.
    pub resource: &'static str,
    /// What was done.
    pub what: What,
    /// Why it was revoked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<&'static str>,
    /// What has changed since the last decision, so that this was done.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub why: Vec<Why>,
    /// What it makes different, line by line; for a dry run alone, since it says what the patient has.
    #[serde(skip)]
    pub difference: Vec<String>,
    /// Where it stands, where it was written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
}

impl Changed {
    /// What a change comes to; nothing where nothing stands and nothing should.
    pub fn of(
        patient: &str,
        kind: ResourceKind,
        place: Option<String>,
        change: &Change,
        why: Vec<Why>,
        dry: bool,
    ) -> Option<Changed> {
        let (what, reason) = match change {
            Change::Nothing => return None,
            Change::Create(_) => (What::Created, None),
            Change::Update { .. } => (What::Updated, None),
            Change::Unchanged => (What::Unchanged, None),
            Change::Withdraw(_, reason) => (What::Revoked, Some(reason.word())),
            Change::OtherHand => (What::LeftToOtherHand, None),
        };
        let difference = if dry { difference(change) } else { Vec::new() };
        Some(Changed { patient: patient.to_owned(), resource: kind.name(), what, reason, why, difference, place })
    }

    /// Whether a report names it: what is unchanged is only counted.
    pub fn is_told(&self) -> bool {
        self.what != What::Unchanged
    }
}

/// A patient who was not evaluated.
#[derive(Clone, Debug, Serialize)]
pub struct NotEvaluated {
    /// The patients; none where the damage names nobody.
    pub patients: Vec<String>,
    /// Why.
    pub reason: String,
}

/// What a run did.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The run's id (`urn:uuid:…`), where it wrote to a server: each Provenance names it, and the state file knows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run: Option<String>,
    /// The numbers.
    pub summary: Summary,
    /// Every resource that was created, updated, revoked, or left to another hand.
    pub changes: Vec<Changed>,
    /// Who was not evaluated, and why.
    pub not_evaluated: Vec<NotEvaluated>,
    /// Patients for whom something stands and of whom the input has nothing; it was left as it is.
    pub without_record: Vec<String>,
    /// The export that the records are from, where they are from one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub export: Option<Exported>,
    /// What a dry run would write.
    #[serde(skip)]
    pub would_write: Vec<Value>,
    /// What was asked of the server.
    #[serde(skip)]
    pub traffic: Counts,
    /// Whether the server could not be worked with to the end.
    #[serde(skip)]
    pub server_failed: bool,
    /// Patients whom a run that was asked to end has left to the next one.
    #[serde(skip)]
    pub left: u64,
    #[serde(skip)]
    known_not_evaluated: HashSet<String>,
    /// Patients (ids) who are done of those in hand.
    #[serde(skip)]
    pub(super) done_in_hand: HashSet<String>,
}

/// The numbers of a run: resources, but for `patients`, `not_evaluated` and `without_record`, which count patients, and
/// `not_read`, which counts places of the input.
#[derive(Clone, Debug, Serialize)]
pub struct Summary {
    /// The day that was decided for.
    pub as_of: Day,
    /// The guideline and its version.
    pub guideline: String,
    /// Whether nothing was written.
    pub dry_run: bool,
    /// Patients who were looked at: those who were decided, those who could not be, and those whose record is gone.
    pub read: u64,
    /// Patients who were decided, those out of scope too, and those whose record is gone.
    pub patients: u64,
    /// Resources that were not there.
    pub created: u64,
    /// Resources that said something else.
    pub updated: u64,
    /// Resources that stand as they should.
    pub unchanged: u64,
    /// Resources that no longer held.
    pub revoked: u64,
    /// Resources that another hand has changed.
    pub left_to_other_hand: u64,
    /// Patients who were not evaluated.
    pub not_evaluated: u64,
    /// Places of the input that cannot be read, and whose they were is not known.
    pub not_read: u64,
    /// Patients for whom something stands and of whom the input has nothing.
    pub without_record: u64,
}

impl Summary {
    /// The numbers of a run against a server as JSON, in this order: as its record keeps them.
    pub fn counts(&self) -> String {
        let counts = [
            ("patients", self.patients),
            ("created", self.created),
            ("updated", self.updated),
            ("unchanged", self.unchanged),
            ("revoked", self.revoked),
            ("left_to_other_hand", self.left_to_other_hand),
            ("not_evaluated", self.not_evaluated),
        ];
        format!("{{{}}}", counts.map(|(name, number)| format!("\"{name}\":{number}")).join(","))
    }
}

impl Report {
    /// Nothing done yet.
    pub fn new(as_of: Day, dry_run: bool) -> Report {
        let summary = Summary {
            as_of,
            guideline: format!("{GUIDELINE_ID}|{GUIDELINE_VERSION}"),
            dry_run,
            read: 0,
            patients: 0,
            created: 0,
            updated: 0,
            unchanged: 0,
            revoked: 0,
            left_to_other_hand: 0,
            not_evaluated: 0,
            not_read: 0,
            without_record: 0,
        };
        Report {
            run: None,
            summary,
            changes: Vec::new(),
            not_evaluated: Vec::new(),
            without_record: Vec::new(),
            export: None,
            would_write: Vec::new(),
            traffic: Counts::default(),
            server_failed: false,
            left: 0,
            known_not_evaluated: HashSet::new(),
            done_in_hand: HashSet::new(),
        }
    }

    /// Adds what was done for a patient.
    pub fn patient(&mut self, changes: Vec<Changed>) {
        self.summary.read += 1;
        self.summary.patients += 1;
        for changed in changes {
            let count = match changed.what {
                What::Created => &mut self.summary.created,
                What::Updated => &mut self.summary.updated,
                What::Unchanged => &mut self.summary.unchanged,
                What::Revoked => &mut self.summary.revoked,
                What::LeftToOtherHand => &mut self.summary.left_to_other_hand,
            };
            *count += 1;
            if changed.is_told() {
                self.changes.push(changed);
            }
        }
    }

    /// Adds patients who were not evaluated; a patient with two reasons counts once. Where nobody is named, something of
    /// the input was not read.
    pub fn not_evaluated(&mut self, patients: &[String], reason: &str) {
        let new = patients.iter().filter(|patient| self.known_not_evaluated.insert((*patient).clone()));
        let number = new.count() as u64;
        self.summary.read += number;
        self.summary.not_evaluated += number;
        self.summary.not_read += u64::from(patients.is_empty());
        self.not_evaluated.push(NotEvaluated { patients: patients.to_vec(), reason: reason.to_owned() });
    }

    /// Adds a patient for whom something stands and of whom the input has nothing.
    pub fn without_record(&mut self, patient: String) {
        self.summary.without_record += 1;
        self.without_record.push(patient);
    }

    /// Whether anything was written, or would have been.
    pub fn has_changes(&self) -> bool {
        self.summary.created + self.summary.updated + self.summary.revoked > 0
    }
}
