//! Calendar days, months and instants as the decision specification §3 counts them.

use jiff::civil::Date;
use jiff::fmt::temporal::Pieces;
use serde::{Serialize, Serializer};
use std::fmt;

const SECONDS_A_DAY: i64 = 86_400;
/// 0001-01-01 and 9999-12-31, in days from 1970-01-01.
const FIRST_DATE: i32 = -719_162;
const LAST_DATE: i32 = 2_932_896;

/// 14 hours, in seconds.
const LARGEST_OFFSET: i32 = 14 * 3_600;
const EPOCH: Date = jiff::civil::date(1970, 1, 1);

/// A calendar day, counted from 1 January 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(i32);

impl Day {
    /// Before every day that a record can name.
    pub const FIRST: Day = Day(i32::MIN / 2);

    /// The day of an ISO date (`2026-11-22`); nothing if it is partial or no date of the calendar.
    pub fn parse(text: &str) -> Option<Day> {
        let bytes = text.as_bytes();
        let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = bytes else { return None };
        let number = |digits: &[u8]| {
            digits
                .iter()
                .try_fold(0i16, |sum, digit| digit.is_ascii_digit().then(|| sum * 10 + i16::from(digit - b'0')))
        };
        let year = number(&[*y1, *y2, *y3, *y4]).filter(|year| *year > 0)?;
        let month = i8::try_from(number(&[*m1, *m2])?).ok()?;
        let day = i8::try_from(number(&[*d1, *d2])?).ok()?;
        Date::new(year, month, day).ok().map(Day::from)
    }

    /// That many days later (earlier, if negative).
    pub const fn plus_days(self, days: i32) -> Day {
        Day(self.0.saturating_add(days))
    }

    /// That many calendar months later (earlier, if negative): the day number stays, or the month's last day is taken.
    pub fn plus_months(self, months: i32) -> Day {
        let date = self.date();
        let count = i32::from(date.year()) * 12 + i32::from(date.month()) - 1 + months;
        let year = i16::try_from(count.div_euclid(12)).unwrap_or(i16::MAX);
        let month = i8::try_from(count.rem_euclid(12) + 1).unwrap_or(1);
        match Date::new(year, month, 1) {
            Ok(first) => Day::from(first).plus_days(i32::from(date.day().min(first.days_in_month())) - 1),
            Err(_) => self.plus_days(months.saturating_mul(31)),
        }
    }

    /// The days from `earlier` to this one; negative if `earlier` is later.
    pub const fn days_since(self, earlier: Day) -> i32 {
        self.0.saturating_sub(earlier.0)
    }

    /// Its date; beyond the years that FHIR has, the first or the last of them.
    fn date(self) -> Date {
        let days = i64::from(self.0.clamp(FIRST_DATE, LAST_DATE));
        EPOCH.checked_add(jiff::SignedDuration::from_secs(days * SECONDS_A_DAY)).unwrap_or(EPOCH)
    }
}

impl From<Date> for Day {
    fn from(date: Date) -> Day {
        let days = date.duration_since(EPOCH).as_secs() / SECONDS_A_DAY;
        Day(i32::try_from(days).unwrap_or(0))
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let date = self.date();
        write!(f, "{:04}-{:02}-{:02}", date.year(), date.month(), date.day())
    }
}

impl Serialize for Day {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// When something was so: a calendar day, or an instant with the day that was written in it.
#[derive(Clone, Copy, Debug)]
pub struct When {
    day: Day,
    instant: Option<Instant>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Instant {
    /// Microseconds since 1970-01-01T00:00:00Z.
    at: i64,
    /// The offset that was written, in seconds; none written counts as UTC.
    offset: i32,
}

impl When {
    /// A bare calendar day.
    pub const fn on(day: Day) -> When {
        When { day, instant: None }
    }

    /// An ISO date or an ISO instant, with or without offset (none: UTC); nothing if it is neither.
    pub fn parse(text: &str) -> Option<When> {
        if let Some(day) = Day::parse(text) {
            return Some(When::on(day));
        }
        if !text.contains(['T', 't', ' ']) {
            return None;
        }
        let pieces = Pieces::parse(text).ok()?;
        let (date, time) = (pieces.date(), pieces.time()?);
        let offset = pieces.to_numeric_offset().map_or(0, |offset| offset.seconds());
        // FHIR has neither years before 1, nor offsets of seconds or of more than 14 hours, nor names of zones.
        if date.year() < 1 || offset.abs() > LARGEST_OFFSET || offset % 60 != 0 || text.contains('[') {
            return None;
        }
        let day = Day::from(date);
        let of_day = (i64::from(time.hour()) * 60 + i64::from(time.minute())) * 60 + i64::from(time.second());
        let seconds = i64::from(day.0) * SECONDS_A_DAY + of_day - i64::from(offset);
        let at = seconds * 1_000_000 + i64::from(time.subsec_nanosecond()) / 1_000;
        Some(When { day, instant: Some(Instant { at, offset }) })
    }

    /// The calendar day: for an instant the one written in it.
    pub const fn day(self) -> Day {
        self.day
    }

    /// Whether both are one time: the same bare day, or the same instant however it was written.
    pub fn same(self, other: When) -> bool {
        self.moment() == other.moment()
    }

    /// What two times have alike that are one.
    pub const fn moment(self) -> Moment {
        match self.instant {
            Some(instant) => Moment::Instant(instant.at),
            None => Moment::Day(self.day),
        }
    }

    /// Whether this is newer: instants compare as instants, everything else by written day,
    /// and a bare day is older than any instant of that day.
    pub fn is_newer_than(self, other: When) -> bool {
        match (self.instant, other.instant) {
            (Some(a), Some(b)) => a.at > b.at,
            (None, None) => self.day > other.day,
            (Some(_), None) => self.day >= other.day,
            (None, Some(_)) => self.day > other.day,
        }
    }

    /// Whether it is an instant rather than a bare day.
    pub const fn is_instant(self) -> bool {
        self.instant.is_some()
    }

    /// A fixed order that puts older before newer as far as one order can; two equal keys are one written time.
    pub fn sort_key(self) -> (Day, Option<(i64, i32)>) {
        (self.day, self.instant.map(|instant| (instant.at, instant.offset)))
    }
}

/// A bare day, or an instant however it was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Moment {
    /// The day.
    Day(Day),
    /// Microseconds since 1970-01-01T00:00:00Z.
    Instant(i64),
}

/// Whether two times are one, or both are missing.
pub fn same_time(a: Option<When>, b: Option<When>) -> bool {
    a.map(When::moment) == b.map(When::moment)
}

/// Whether the first time is newer; what has no time is older than all that has one.
pub fn newer_time(a: Option<When>, b: Option<When>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => a.is_newer_than(b),
        (Some(_), None) => true,
        (None, _) => false,
    }
}

/// Of several times those that settle whether another is newer than all of them: one that is missing, the latest bare
/// day, the latest instant, and the instant that was written with the latest day.
pub fn latest_times(times: impl IntoIterator<Item = Option<When>>) -> Vec<Option<When>> {
    let mut latest: [Option<Option<When>>; 4] = [None; 4];
    let mut keep = |place: usize, time: Option<When>, is_later: fn(When, When) -> bool| {
        let Some(kept) = latest.get_mut(place) else { return };
        let is_kept = kept.is_none_or(|old| time.zip(old).is_some_and(|(new, old)| is_later(new, old)));
        if is_kept {
            *kept = Some(time);
        }
    };
    for time in times {
        match time.map(When::is_instant) {
            None => keep(0, time, |_, _| false),
            Some(false) => keep(1, time, |new, old| new.day > old.day),
            Some(true) => {
                keep(2, time, When::is_newer_than);
                keep(3, time, |new, old| new.day > old.day);
            }
        }
    }
    latest.into_iter().flatten().collect()
}

/// The newer of two times.
pub fn later_time(a: Option<When>, b: Option<When>) -> Option<When> {
    if newer_time(b, a) { b } else { a }
}

impl fmt::Display for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(Instant { at, offset }) = self.instant else { return self.day.fmt(f) };
        let local = at + i64::from(offset) * 1_000_000 - i64::from(self.day.0) * SECONDS_A_DAY * 1_000_000;
        let (seconds, micros) = (local.div_euclid(1_000_000), local.rem_euclid(1_000_000));
        write!(f, "{}T{:02}:{:02}:{:02}", self.day, seconds / 3600, seconds / 60 % 60, seconds % 60)?;
        if micros != 0 {
            write!(f, ".{micros:06}")?;
        }
        if offset == 0 {
            return f.write_str("Z");
        }
        let (sign, offset) = if offset < 0 { ('-', -offset) } else { ('+', offset) };
        write!(f, "{sign}{:02}:{:02}", offset / 3600, offset / 60 % 60)
    }
}

impl Serialize for When {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
