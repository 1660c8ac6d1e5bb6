//! Treatments that are set aside: of another disease, or of which the record does not say whether they were of this one.

use super::entry::Entry;
use super::words::words;

words! {
    /// Why a treatment is set aside.
    AsideReason {
        /// The record gives another disease as its reason.
        OtherDisease = "other_disease",
        /// It names a place that is not known here, so that it may have been to the tumour or not.
        UnknownSite = "unknown_site",
        /// It names no place, and a reason that cannot be read.
        UnknownReason = "unknown_reason",
    }
}

/// A treatment that no rule reads as treatment of this disease, and that a reader has to know of all the same.
#[derive(Clone, Debug)]
pub struct Aside {
    /// Why.
    pub why: AsideReason,
    /// The treatment as the record has it, as far as it can be read.
    pub entry: Entry,
}

impl Aside {
    /// Whether it may have been of this disease.
    pub fn may_be_of_this_disease(&self) -> bool {
        self.why != AsideReason::OtherDisease
    }
}
