//! When a Procedure was done.

use super::date::{self, Dated};
use super::reason::Reason;
use crate::fhir::clinical::Procedure;
use crate::inputs::{Day, Input, When};
use smallvec::SmallVec;

/// When a treatment or an examination was done, and what is to be said of that.
pub(super) struct Performed {
    /// Of anything but a course.
    pub time: Option<When>,
    /// The first day of a course.
    pub start: Option<Day>,
    /// The last day of a course.
    pub end: Option<Day>,
    /// What the coverage says of it.
    pub notes: SmallVec<[Reason; 2]>,
}

/// When it was done. A course keeps its days; a treatment is kept without a date that is only a part of one, since losing
/// it would be worse; an examination without a day is not used.
pub(super) fn performed(procedure: &Procedure<'_>, input: Input) -> Result<Performed, Reason> {
    let (start, end) = match (&procedure.performed_date_time, &procedure.performed_period) {
        (Some(text), _) => (date::date(text), Dated::Not(Reason::NoDate)),
        (None, Some(period)) => (date::start_of(period), date::maybe(period.end.as_ref())),
        (None, None) => {
            let undated = procedure.performed_age.is_there()
                || procedure.performed_range.is_there()
                || procedure.performed_string.is_there();
            let reason = if undated { Reason::PartialDate } else { Reason::NoDate };
            (Dated::Not(reason), Dated::Not(Reason::NoDate))
        }
    };
    let mut performed = Performed { time: None, start: None, end: None, notes: SmallVec::new() };
    if matches!(input, Input::Radiotherapy | Input::SystemicTherapy) {
        performed.notes = date::notes_of_course(start, end);
        (performed.start, performed.end) = (date::day(start), date::day(end));
        return Ok(performed);
    }
    // An operation is dated by its beginning, an examination by its end, as results are.
    let dated = match (input, end) {
        (Input::Surgery, _) | (_, Dated::Not(Reason::NoDate)) => start,
        _ => end,
    };
    match dated {
        Dated::Not(reason) if input == Input::Surgery => performed.notes.push(date::used_without(reason)),
        Dated::Not(reason) => return Err(reason),
        dated => performed.time = dated.when(),
    }
    Ok(performed)
}
