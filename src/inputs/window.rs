//! Which entries of a window count: adjudicated ones end others, the newest is found, conflicts are noticed.

use super::entry::{Entry, Value};
use super::interval::Interval;
use super::time::{When, latest_times, newer_time, same_time};
use super::truth::Truth;
use super::words::Site;
use smallvec::SmallVec;
use std::collections::BTreeMap;

/// Entries in a window; few in nearly every record.
pub type Entries<'i> = SmallVec<[&'i Entry; 6]>;

/// Whether the entries of one time say the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Agreement {
    /// They do, or there is one.
    Agree,
    /// They disagree, and all are exact numbers: anything from the lowest to the highest.
    Between,
    /// They disagree, a number and a yes or no among them.
    NumberAndBool,
    /// They disagree otherwise: unknown for open inputs, the worse for closed ones.
    Disagree,
}

/// The entries of one time, and whether they agree.
#[derive(Clone, Debug)]
pub struct Reading<'i> {
    /// The entries; at least one.
    pub entries: SmallVec<[&'i Entry; 2]>,
    /// Whether they say the same.
    pub agreement: Agreement,
}

impl<'i> Reading<'i> {
    /// Their time: of an instant that was written with two days, the one of the later day.
    pub fn time(&self) -> Option<When> {
        let times = self.entries.iter().filter_map(|entry| entry.time);
        times.max_by_key(|time| time.day())
    }

    /// These entries of one time.
    pub fn of(entries: SmallVec<[&'i Entry; 2]>) -> Reading<'i> {
        let agreement = agreement(&entries);
        Reading { entries, agreement }
    }

    /// Whether a number and a yes or no answer a test alike, where `yes` answers it so and `no` says no; two numbers or
    /// two answers among them that differ do not.
    pub fn number_and_bool_are_alike(&self, test: impl Fn(Interval) -> Truth, yes: Truth) -> bool {
        let truth = |value: &Value| match value {
            Value::Quantity(quantity) => test(Interval::of(quantity, false)),
            Value::Bool(true) => yes,
            Value::Bool(false) => Truth::False,
            _ => Truth::Unknown,
        };
        let alike = |a: &Value, b: &Value| {
            let one_kind = matches!(a, Value::Bool(_)) == matches!(b, Value::Bool(_));
            if one_kind { says_the_same(a, b) } else { truth(a) == truth(b) && !truth(a).is_unknown() }
        };
        let is_bool = |entry: &&&Entry| matches!(entry.value, Value::Bool(_));
        let firsts = [self.entries.iter().find(is_bool), self.entries.iter().find(|entry| !is_bool(entry))];
        self.entries.iter().all(|a| firsts.iter().flatten().all(|b| alike(&a.value, &b.value)))
    }
}

fn agreement(entries: &[&Entry]) -> Agreement {
    let Some((first, rest)) = entries.split_first() else { return Agreement::Agree };
    if rest.iter().all(|entry| says_the_same(&first.value, &entry.value)) {
        return Agreement::Agree;
    }
    let exact = |entry: &&Entry| matches!(entry.value, Value::Quantity(quantity) if quantity.comparator.is_none());
    let bool = |entry: &&Entry| matches!(entry.value, Value::Bool(_));
    if entries.iter().all(exact) {
        Agreement::Between
    } else if entries.iter().any(bool) && !entries.iter().all(bool) {
        Agreement::NumberAndBool
    } else {
        Agreement::Disagree
    }
}

/// Whether two values of one input say the same; reference limits apart.
pub(super) fn says_the_same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Quantity(a), Value::Quantity(b)) => a.value == b.value && a.comparator == b.comparator,
        _ => a == b,
    }
}

/// The entries of a window without those that an adjudicated one has ended: all that are not newer than it,
/// but not another adjudicated one of its time; of a complication only those of its site, without a site all.
pub fn without_ended<'i>(entries: Entries<'i>) -> Entries<'i> {
    if !entries.iter().any(|entry| entry.adjudicated) {
        return entries;
    }
    let mut judges: BTreeMap<Option<Site>, Vec<Option<When>>> = BTreeMap::new();
    for judge in entries.iter().filter(|entry| entry.adjudicated && has_value(entry)) {
        judges.entry(judge.site.filter(|_| judge.input.is_complication())).or_default().push(judge.time);
    }
    let judges: BTreeMap<_, _> = judges.into_iter().map(|(site, times)| (site, latest_times(times))).collect();
    let ended = |entry: &Entry| {
        let of_everywhere = judges.get(&None);
        let of_site = entry.site.and_then(|site| judges.get(&Some(site)));
        of_everywhere
            .into_iter()
            .chain(of_site)
            .flatten()
            .any(|judge| !(newer_time(entry.time, *judge) || entry.adjudicated && same_time(entry.time, *judge)))
    };
    entries.iter().copied().filter(|entry| !ended(entry)).collect()
}

/// Whether the entry's input has a `value` (§9); events have none.
fn has_value(entry: &Entry) -> bool {
    entry.input.kind() != super::name::Kind::Event
}

/// The newest entries: all of the newest time. Instants compare as instants, bare days as days;
/// of the newest of each the newer by written day counts, a bare day being older than any instant of it.
pub fn newest<'i>(entries: &[&'i Entry]) -> Option<Reading<'i>> {
    newest_of(entries, |entry| entry.time)
}

/// As [`newest`], by a time of the caller's choice.
pub fn newest_of<'i>(entries: &[&'i Entry], time: impl Fn(&Entry) -> Option<When>) -> Option<Reading<'i>> {
    let newest_where = |wanted: fn(&When) -> bool| {
        let times = entries.iter().filter_map(|entry| time(entry)).filter(&wanted);
        times.fold(None, |newest: Option<When>, time| match newest {
            Some(newest) if newest.same(time) => Some(if time.day() > newest.day() { time } else { newest }),
            Some(newest) if !time.is_newer_than(newest) => Some(newest),
            _ => Some(time),
        })
    };
    let instant = newest_where(|time| time.is_instant());
    let day = newest_where(|time| !time.is_instant());
    let newest = match (instant, day) {
        (Some(instant), Some(day)) => Some(if day.is_newer_than(instant) { day } else { instant }),
        (instant, day) => instant.or(day),
    };
    let of_it: SmallVec<[&Entry; 2]> = entries.iter().copied().filter(|entry| same_time(time(entry), newest)).collect();
    (!of_it.is_empty()).then(|| Reading::of(of_it))
}
