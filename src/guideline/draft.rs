//! A recommendation's outcome as a rule drafts it.

use super::case::Reasons;
use super::decision::{Action, ActionCode, Ambiguity, Note, NoteCode, Recommendation, RecommendationId, Status};
use crate::inputs::{Condition, Entry, InputSet};
use smallvec::SmallVec;

impl<'i> Recommendation<'i> {
    pub(super) fn new(id: RecommendationId, status: Status) -> Recommendation<'i> {
        Recommendation {
            id,
            status,
            under_way: false,
            missing: InputSet::EMPTY,
            ambiguities: SmallVec::new(),
            actions: SmallVec::new(),
            factors: SmallVec::new(),
            notes: SmallVec::new(),
            shown_by: SmallVec::new(),
            reasons: Reasons::default(),
        }
    }

    pub(super) fn not_applicable(id: RecommendationId) -> Recommendation<'i> {
        Recommendation::new(id, Status::NotApplicable)
    }

    pub(super) fn undetermined(id: RecommendationId, missing: InputSet) -> Recommendation<'i> {
        Recommendation { missing, ..Recommendation::new(id, Status::Undetermined) }
    }

    /// Undetermined by a condition that is unknown.
    pub(super) fn left_open(id: RecommendationId, by: Condition) -> Recommendation<'i> {
        Recommendation::undetermined(id, by.missing)
    }

    pub(super) fn with(mut self, action: Action) -> Recommendation<'i> {
        self.actions.push(action);
        self
    }

    pub(super) fn with_code(self, code: ActionCode) -> Recommendation<'i> {
        self.with(Action::new(code))
    }

    pub(super) fn note(self, code: NoteCode) -> Recommendation<'i> {
        self.noting(Note::new(code))
    }

    pub(super) fn note_if(self, holds: bool, code: NoteCode) -> Recommendation<'i> {
        if holds { self.note(code) } else { self }
    }

    pub(super) fn noting(mut self, note: Note<'i>) -> Recommendation<'i> {
        self.notes.push(note);
        self
    }

    pub(super) fn cite(mut self, ambiguity: Ambiguity) -> Recommendation<'i> {
        if !self.ambiguities.contains(&ambiguity) {
            self.ambiguities.push(ambiguity);
        }
        self
    }

    pub(super) fn cite_if(self, holds: bool, ambiguity: Ambiguity) -> Recommendation<'i> {
        if holds { self.cite(ambiguity) } else { self }
    }

    pub(super) fn shown(mut self, entries: impl IntoIterator<Item = &'i Entry>) -> Recommendation<'i> {
        for entry in entries {
            if !self.shown_by.iter().any(|other| std::ptr::eq(*other, entry)) {
                self.shown_by.push(entry);
            }
        }
        self
    }
}
