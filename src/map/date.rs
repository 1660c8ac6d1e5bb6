//! Dates of a resource: a whole day or a moment, or the reason why there is none.

use super::reason::Reason;
use crate::fhir::datatypes::{Period, Timing};
use crate::fhir::text::Text;
use crate::inputs::{Day, Input, When};
use smallvec::SmallVec;

/// A date as the record gives it.
#[derive(Clone, Copy, Debug)]
pub(super) enum Dated {
    /// A day or a moment.
    At(When),
    /// By the date of issue, since there is no other.
    Issued(When),
    /// By the date of the panel or report that it belongs to.
    OfPanel(When),
    /// There is none that can be used: not at all, only a part, or no date.
    Not(Reason),
}

impl Dated {
    /// The time, if there is one.
    pub fn when(self) -> Option<When> {
        match self {
            Dated::At(when) | Dated::Issued(when) | Dated::OfPanel(when) => Some(when),
            Dated::Not(_) => None,
        }
    }
}

/// A text that should be a date.
pub(super) fn date(text: &str) -> Dated {
    if let Some(when) = When::parse(text.trim()) {
        return Dated::At(when);
    }
    Dated::Not(if is_partial(text.trim()) { Reason::PartialDate } else { Reason::NotADate })
}

/// A date that may be missing.
pub(super) fn maybe(text: Option<&Text<'_>>) -> Dated {
    text.map_or(Dated::Not(Reason::NoDate), |text| date(text))
}

/// The end of a period, since a result stands when its collection is over; while it is under way, the start.
pub(super) fn end_of(period: &Period<'_>) -> Dated {
    match (&period.end, &period.start) {
        (Some(end), _) => date(end),
        (None, start) => maybe(start.as_ref()),
    }
}

/// The start of a period.
pub(super) fn start_of(period: &Period<'_>) -> Dated {
    maybe(period.start.as_ref())
}

/// The last of several moments.
pub(super) fn last_of(timing: &Timing<'_>) -> Dated {
    let mut last: Option<When> = None;
    for event in &timing.event {
        match date(event) {
            Dated::At(when) if last.is_none_or(|last| when.is_newer_than(last)) => last = Some(when),
            Dated::At(_) | Dated::Issued(_) | Dated::OfPanel(_) => {}
            not => return not,
        }
    }
    last.map_or(Dated::Not(Reason::NoDate), Dated::At)
}

/// The calendar day of a date that may be missing.
pub(super) fn day(dated: Dated) -> Option<Day> {
    dated.when().map(When::day)
}

/// Whether an entry is kept without a date that is only a part of one, or none: the plan would else say that nothing of
/// the kind is recorded. Such an entry is older than all others, and never current (decision specification §3).
pub(super) fn is_kept_undated(input: Input) -> bool {
    use Input::{CriticalTissueInField, PalliativeTargetLarge, Reirradiation, Relapse, Surgery};
    let is_flag = matches!(input, PalliativeTargetLarge | CriticalTissueInField | Reirradiation);
    input.is_complication() || is_flag || matches!(input, Surgery | Relapse)
}

/// What is said of a treatment or a complication that is used without a date.
pub(super) fn used_without(reason: Reason) -> Reason {
    if reason == Reason::NoDate { Reason::UsedUndated } else { Reason::UsedWithoutDate }
}

/// What is said of the dates of a course: each that cannot be used, and that there is none at all.
pub(super) fn notes_of_course(start: Dated, end: Dated) -> SmallVec<[Reason; 2]> {
    let not = |dated| match dated {
        Dated::Not(reason) => Some(reason),
        Dated::At(_) | Dated::Issued(_) | Dated::OfPanel(_) => None,
    };
    match (not(start), not(end)) {
        (Some(Reason::NoDate), Some(Reason::NoDate)) => SmallVec::from_iter([Reason::UsedUndated]),
        (start, end) => {
            [start, end].into_iter().flatten().filter(|it| *it != Reason::NoDate).map(used_without).collect()
        }
    }
}

/// Whether a text is a year, or a year and a month.
fn is_partial(text: &str) -> bool {
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    match text.split_once('-') {
        None => text.len() == 4 && digits(text),
        Some((year, month)) => year.len() == 4 && digits(year) && month.len() == 2 && digits(month),
    }
}
