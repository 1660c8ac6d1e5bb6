//! Dates of a resource: a whole day or a moment, or the reason why there is none.

use super::coverage::Reason;
use crate::fhir::datatypes::{Period, Timing};
use crate::fhir::text::Text;
use crate::inputs::{Day, When};

/// A date as the record gives it.
#[derive(Clone, Copy, Debug)]
pub(super) enum Dated {
    /// A day or a moment.
    At(When),
    /// By the date of issue, since there is no other.
    Issued(When),
    /// There is none that can be used: not at all, only a part, or no date.
    Not(Reason),
}

impl Dated {
    /// The time, if there is one.
    pub fn when(self) -> Option<When> {
        match self {
            Dated::At(when) | Dated::Issued(when) => Some(when),
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
            Dated::At(_) | Dated::Issued(_) => {}
            not => return not,
        }
    }
    last.map_or(Dated::Not(Reason::NoDate), Dated::At)
}

/// The calendar day of a date that may be missing.
pub(super) fn day(dated: Dated) -> Option<Day> {
    dated.when().map(When::day)
}

/// Whether a text is a year, or a year and a month.
fn is_partial(text: &str) -> bool {
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    match text.split_once('-') {
        None => text.len() == 4 && digits(text),
        Some((year, month)) => year.len() == 4 && digits(year) && month.len() == 2 && digits(month),
    }
}
