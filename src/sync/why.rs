//! Why what is written for a patient is not what stood there: what has changed since the last decision.

use super::decided_by::DecidedBy;
use super::reading::Reading;
use crate::inputs::Day;
use crate::inputs::words::words;
use crate::plan::{ResourceKind, withdrawal};
use crate::write::reconcile::Change;
use serde_json::Value;

words! {
    /// What has changed since the last decision about a patient, as far as it may change what is written.
    Why {
        /// Another program: another version, or another file of the same version.
        Program = "program",
        /// Another guideline, or another version of it.
        Guideline = "guideline",
        /// Other mapping files.
        Mapping = "mapping",
        /// Another language.
        Language = "language",
        /// The record: a resource is new, gone, or of another version.
        Data = "data",
        /// Time alone: the day has come on which the last decision's inputs decide otherwise.
        Time = "time",
        /// What stands is not what the last run left: another hand has changed or deleted it.
        Standing = "standing",
        /// There was no decision before, and nothing stood.
        First = "first",
        /// The last decision was not recorded: there is no state file, or it is older than the records of runs.
        Unrecorded = "unrecorded",
    }
}

/// What is remembered of the last decision about a patient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastDecision {
    /// The day that it was made for.
    pub as_of: Day,
    /// The first day on which its inputs may decide otherwise.
    pub next_look: Day,
    /// What it was made by and from; nothing where that was not recorded.
    pub made: Option<(DecidedBy, Reading)>,
    /// The resources that stood after it.
    pub stands: Vec<ResourceKind>,
}

/// What is there to decide by and from now.
#[derive(Clone, Copy, Debug)]
pub struct Now<'n> {
    /// The day.
    pub as_of: Day,
    /// The program, the mapping files, the guideline, the language.
    pub decided_by: &'n DecidedBy,
    /// The record.
    pub reading: &'n Reading,
}

/// What has changed for a patient since the last decision; `stands`: whether anything of ours does.
pub fn since_last(last: Option<&LastDecision>, now: Now<'_>, stands: bool) -> Vec<Why> {
    let Some(last) = last else { return unremembered(stands) };
    let Some((by, reading)) = &last.made else { return vec![Why::Unrecorded] };
    let is_same_program = by.is_same_program(now.decided_by);
    let is_same_mapping = by.mappings == now.decided_by.mappings;
    // Other mapping files, or another program, may ask for other resources: then only what was read both times tells
    // whether the record has changed.
    let is_same_data = match is_same_program && is_same_mapping {
        true => reading.digest == now.reading.digest,
        false => !reading.has_other_versions(now.reading),
    };
    let differences = [
        (Why::Program, !is_same_program),
        (Why::Guideline, by.guideline != now.decided_by.guideline),
        (Why::Mapping, !is_same_mapping),
        (Why::Language, by.language != now.decided_by.language),
        (Why::Data, !is_same_data),
        (Why::Time, now.as_of >= last.next_look || now.as_of < last.as_of),
    ];
    differences.into_iter().filter_map(|(why, differs)| differs.then_some(why)).collect()
}

/// Where nothing is remembered: that nothing stands is all that can be seen.
pub fn unremembered(stands: bool) -> Vec<Why> {
    vec![if stands { Why::Unrecorded } else { Why::First }]
}

/// Why a change is made: what has changed for the patient, and what another hand has done to what stood of this kind.
pub fn of_change(
    change: &Change,
    kind: ResourceKind,
    standing: &[Value],
    last: Option<&LastDecision>,
    since_last: &[Why],
) -> Vec<Why> {
    let stood = last.is_some_and(|last| last.stands.contains(&kind));
    match change {
        Change::Nothing | Change::Unchanged => Vec::new(),
        Change::OtherHand | Change::Withdraw(_, withdrawal::Reason::Copy) => vec![Why::Standing],
        // It has stood and is gone, or stands beside what another hand has made its own.
        Change::Create(_) if stood || !standing.is_empty() => [since_last, &[Why::Standing]].concat(),
        // Ours, and yet not what was left by the last run: another installation has written it.
        _ if since_last.is_empty() => vec![Why::Standing],
        Change::Create(_) | Change::Update { .. } | Change::Withdraw(..) => since_last.to_vec(),
    }
}
