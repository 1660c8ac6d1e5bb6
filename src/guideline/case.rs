//! A patient's case on a day: which entries lie in a window, and which look led to which fact.

use super::thresholds::HAEMOGLOBIN_AFTER_SURGERY_DAYS;
use crate::inputs::{Aside, Day, Entries, Entry, Input, InputSet, Inputs, Log, Reading, Span, newest, without_ended};
use smallvec::SmallVec;
use std::cell::{Cell, RefCell};

/// From a day (nothing: from the beginning) to a day, and whether entries without a time are in.
#[derive(Clone, Copy, Debug)]
pub(super) struct Window {
    pub from: Option<Day>,
    pub to: Day,
    pub undated: bool,
}

impl Window {
    pub fn has(&self, day: Option<Day>) -> bool {
        match day {
            None => self.undated,
            Some(day) => self.from.is_none_or(|from| day >= from) && day <= self.to,
        }
    }
}

/// The facts (and recommendations) that something rests on, by their numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reasons(u128);

impl Reasons {
    /// The numbers, ascending.
    pub fn numbers(self) -> impl Iterator<Item = usize> {
        let mut rest = self.0;
        std::iter::from_fn(move || {
            let number = rest.trailing_zeros();
            rest &= rest.wrapping_sub(1);
            (number < 128).then_some(number as usize)
        })
    }
}

/// What a fact or a recommendation is being worked out from.
#[derive(Debug, Default)]
pub(super) struct Why(Cell<u128>);

impl Why {
    fn reasons(&self) -> Reasons {
        Reasons(self.0.get())
    }
}

/// Something worked out from the inputs: it opens only for a [`Why`], which remembers that it was used.
#[derive(Debug)]
pub(super) struct Fact<T> {
    value: T,
    reasons: Reasons,
}

impl<T> Fact<T> {
    pub fn tell(&self, why: &Why) -> &T {
        why.0.set(why.0.get() | self.reasons.0);
        &self.value
    }

    /// For what is printed of the fact itself; a rule uses [`Fact::tell`].
    pub fn printed(&self) -> &T {
        &self.value
    }

    /// The fact with all that it rests on, once no rule needs it any more.
    pub fn into_parts(self) -> (T, Reasons) {
        (self.value, self.reasons)
    }
}

/// A patient on a day, and the log of what was looked at.
#[derive(Debug)]
pub(super) struct Case<'i> {
    pub inputs: &'i Inputs,
    pub as_of: Day,
    pub log: Log<'i>,
    spans: RefCell<Vec<Span>>,
    not_recorded: Cell<InputSet>,
    /// The days of operations, the oldest first, those of another disease among them: haemoglobin of the days after any is
    /// left out.
    pub operations: SmallVec<[Day; 4]>,
}

impl<'i> Case<'i> {
    pub fn new(inputs: &'i Inputs, as_of: Day) -> Case<'i> {
        let set_aside = inputs.set_aside().iter().map(|aside| &aside.entry).filter(|it| it.input == Input::Surgery);
        let operations = inputs.of(Input::Surgery).iter().chain(set_aside).filter_map(Entry::day);
        let mut operations: SmallVec<[Day; 4]> = operations.filter(|day| *day <= as_of).collect();
        operations.sort_unstable();
        Case {
            inputs,
            as_of,
            log: Log::new(),
            spans: RefCell::new(Vec::with_capacity(64)),
            not_recorded: Cell::new(InputSet::EMPTY),
            operations,
        }
    }

    /// What was looked at, which stretch of it belongs to which number, and which closed inputs had no entry.
    pub fn finish(self) -> (Vec<crate::inputs::Look<'i>>, Vec<Span>, InputSet) {
        (self.log.into_looks(), self.spans.into_inner(), self.not_recorded.get())
    }

    /// Works something out and keeps what it was worked out from.
    pub fn fact<T>(&self, work: impl FnOnce(&Why) -> T) -> Fact<T> {
        let why = Why::default();
        let (value, span) = self.log.span(|| work(&why));
        let mut spans = self.spans.borrow_mut();
        let number = spans.len();
        spans.push(span);
        Fact { value, reasons: Reasons(why.reasons().0 | 1u128.checked_shl(number as u32).unwrap_or(0)) }
    }

    /// Notes that a closed input was tested and has no entry up to the day of the decision, nor one that is set aside and
    /// may be of this disease.
    pub fn test_closed(&self, input: Input) {
        let mut set_aside = self.set_aside().filter(|aside| aside.may_be_of_this_disease());
        let is_recorded = set_aside.any(|aside| aside.entry.input == input);
        if !is_recorded && self.inputs.of(input).iter().all(|entry| self.is_later(entry)) {
            let mut set = self.not_recorded.get();
            set.insert(input);
            self.not_recorded.set(set);
        }
    }

    /// Whether it began after the day of the decision, so that it counts nowhere (§3) and is not looked at.
    pub fn is_later(&self, entry: &Entry) -> bool {
        entry.begins().is_some_and(|day| day > self.as_of)
    }

    /// The treatments that the record sets aside, but for those of later than the day of the decision.
    pub fn set_aside(&self) -> impl Iterator<Item = &'i Aside> {
        self.inputs.set_aside().iter().filter(|aside| !self.is_later(&aside.entry))
    }

    /// The entries that are not after the day of the decision, the oldest first.
    pub fn all(&self, input: Input) -> Entries<'i> {
        self.window(input, Window { from: None, to: self.as_of, undated: true })
    }

    /// The entries in a window, without those that an adjudicated one of it has ended.
    pub fn window(&self, input: Input, window: Window) -> Entries<'i> {
        let window = Window { to: window.to.min(self.as_of), ..window };
        let mut entries: Entries<'i> =
            self.inputs.of(input).iter().filter(|entry| window.has(entry.day()) && !self.is_later(entry)).collect();
        if input == Input::Haemoglobin {
            entries.retain(|entry| !self.after_operation(entry));
        }
        without_ended(entries)
    }

    fn after_operation(&self, entry: &Entry) -> bool {
        entry.day().is_some_and(|day| {
            let before = self.operations.partition_point(|operation| *operation <= day);
            let last = before.checked_sub(1).and_then(|place| self.operations.get(place));
            last.is_some_and(|operation| day.days_since(*operation) <= HAEMOGLOBIN_AFTER_SURGERY_DAYS)
        })
    }

    /// The newest of the entries in a window.
    pub fn newest(&self, input: Input, window: Window) -> Option<Reading<'i>> {
        newest(&self.window(input, window))
    }

    /// The newest of all entries.
    pub fn latest(&self, input: Input) -> Option<Reading<'i>> {
        newest(&self.all(input))
    }

    /// The newest entry of the last 90 days.
    pub fn current(&self, input: Input) -> Option<Reading<'i>> {
        let from = self.as_of.plus_days(-super::thresholds::CURRENT_DAYS);
        self.newest(input, Window { from: Some(from), to: self.as_of, undated: false })
    }
}
