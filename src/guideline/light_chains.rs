//! The free light chains of a window: ratios, reported or derived, with the chains of their time (decision specification §2).

use super::anchors::Timeline;
use super::case::{Case, Window};
use super::thresholds::*;
use crate::inputs::{
    Agreement, Entries, Entry, Input, Interval, Limit, Log, Moment, Test, Truth, When, later_time, newer_time, newest,
    same_time,
};
use smallvec::SmallVec;
use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

/// A ratio of kappa and lambda, reported or derived from two chains of one time.
#[derive(Clone, Debug)]
pub(super) struct Ratio<'i> {
    pub time: Option<When>,
    /// Nothing: it cannot be read.
    interval: Option<Interval>,
    /// The entries that it was read from, for the log.
    pub entries: SmallVec<[&'i Entry; 2]>,
}

impl<'i> Ratio<'i> {
    fn test(&self, log: &Log<'i>, test: Test, ask: impl Fn(Interval) -> Truth) -> Truth {
        let result = self.interval.filter(|interval| !interval.is_empty()).map_or(Truth::Unknown, ask);
        for entry in &self.entries {
            log.tested(entry, test, result);
        }
        result
    }

    pub fn at_least(&self, log: &Log<'i>, limit: Limit) -> Truth {
        self.test(log, Test::RatioAtLeast(limit), |interval| interval.at_least(limit.value))
    }

    pub fn at_most(&self, log: &Log<'i>, limit: Limit) -> Truth {
        self.test(log, Test::RatioAtMost(limit), |interval| interval.above(limit.value).negated())
    }

    /// More than 1.65: towards kappa.
    pub fn is_high(&self, log: &Log<'i>) -> Truth {
        self.test(log, Test::Above(FLC_NORMAL_HIGH), |interval| interval.above(FLC_NORMAL_HIGH.value))
    }

    /// Less than 0.26: towards lambda.
    pub fn is_low(&self, log: &Log<'i>) -> Truth {
        self.test(log, Test::Below(FLC_NORMAL_LOW), |interval| interval.at_least(FLC_NORMAL_LOW.value).negated())
    }

    /// Below 0.26 or above 1.65; known only if the whole interval lies on one side.
    pub fn is_abnormal(&self, log: &Log<'i>) -> Truth {
        self.test(log, Test::RatioOutside(FLC_NORMAL_LOW, FLC_NORMAL_HIGH), |interval| {
            interval.above(FLC_NORMAL_HIGH.value).or(interval.at_least(FLC_NORMAL_LOW.value).negated())
        })
    }
}

/// The entries of one chain, and which of them are of one time.
#[derive(Clone, Debug, Default)]
pub(super) struct Chain<'i> {
    pub entries: Entries<'i>,
    by_time: BTreeMap<Option<Moment>, Entries<'i>>,
}

impl<'i> Chain<'i> {
    fn of(entries: Entries<'i>) -> Chain<'i> {
        let mut by_time: BTreeMap<Option<Moment>, Entries<'i>> = BTreeMap::new();
        for entry in &entries {
            by_time.entry(moment(entry.time)).or_default().push(entry);
        }
        Chain { entries, by_time }
    }

    fn of_time(&self, time: Option<When>) -> &[&'i Entry] {
        self.by_time.get(&moment(time)).map_or(&[], |entries| entries)
    }

    /// The newest entries, as a chain of their own.
    fn newest(&self) -> Chain<'i> {
        newest(&self.entries).map_or_else(Chain::default, |reading| Chain::of(reading.entries.into_iter().collect()))
    }
}

fn moment(time: Option<When>) -> Option<Moment> {
    time.map(When::moment)
}

/// The chains and ratios of a window.
#[derive(Clone, Debug, Default)]
pub(super) struct LightChains<'i> {
    pub kappa: Chain<'i>,
    pub lambda: Chain<'i>,
    pub ratios: SmallVec<[Ratio<'i>; 4]>,
}

impl<'i> LightChains<'i> {
    pub fn at_baseline(case: &Case<'i>, timeline: &Timeline) -> LightChains<'i> {
        Self::read(case, |input| timeline.baseline(case, input))
    }

    pub fn in_window(case: &Case<'i>, window: Window) -> LightChains<'i> {
        Self::read(case, |input| case.window(input, window))
    }

    fn read(case: &Case<'i>, entries: impl Fn(Input) -> Entries<'i>) -> LightChains<'i> {
        let (kappa, lambda) = (entries(Input::SerumFlcKappa), entries(Input::SerumFlcLambda));
        let reported = entries(Input::SerumFlcRatio);
        let mut ratios: SmallVec<[Ratio<'i>; 4]> = reported
            .iter()
            .map(|entry| Ratio {
                time: entry.time,
                interval: case.log.interval(entry),
                entries: SmallVec::from_slice(&[*entry]),
            })
            .collect();
        let (kappa, lambda) = (Chain::of(kappa), Chain::of(lambda));
        let mut has_ratio: BTreeSet<Option<Moment>> = reported.iter().map(|entry| moment(entry.time)).collect();
        let adjudicated: Entries<'i> = reported.iter().copied().filter(|ratio| ratio.adjudicated).collect();
        for first in &kappa.entries {
            let time = first.time;
            let settled = adjudicated.iter().any(|ratio| !newer_time(time, ratio.time));
            if !has_ratio.insert(moment(time)) || settled {
                continue;
            }
            let lambdas = lambda.of_time(time);
            if !lambdas.is_empty() {
                ratios.extend(derived(&case.log, time, kappa.of_time(time), lambdas));
            }
        }
        LightChains { kappa, lambda, ratios }
    }

    /// The newest ratio, reported or derived; of several reported ones of that time anything between them.
    pub fn newest_ratio(&self) -> Option<Ratio<'i>> {
        let carriers: Entries<'i> = self.ratios.iter().filter_map(|ratio| ratio.entries.first().copied()).collect();
        let time = newest(&carriers)?.time();
        let of_it: SmallVec<[&Ratio<'i>; 2]> = self.ratios.iter().filter(|ratio| same_time(ratio.time, time)).collect();
        let (first, rest) = of_it.split_first()?;
        if rest.is_empty() {
            return Some((*first).clone());
        }
        let reported: Entries<'i> = of_it.iter().flat_map(|ratio| ratio.entries.iter().copied()).collect();
        let agreement = newest(&reported)?.agreement;
        let interval = match agreement {
            Agreement::Agree => first.interval,
            Agreement::Between => rest.iter().try_fold(first.interval?, |hull, ratio| Some(hull.hull(ratio.interval?))),
            _ => None,
        };
        Some(Ratio { time, interval, entries: reported.into_iter().collect() })
    }

    /// Whether the ratio is 100 or more with kappa, or 0.01 or less with lambda, of 100 mg/L or more: for any of these
    /// ratios; without one, for every entry of the chains. Nothing if there is neither.
    pub fn event(&self, case: &Case<'i>, ratios: &[Ratio<'i>]) -> (Option<Truth>, Option<When>) {
        let log = &case.log;
        if ratios.is_empty() {
            let (kappa, lambda) = (&self.kappa.entries, &self.lambda.entries);
            if kappa.is_empty() && lambda.is_empty() {
                return (None, None);
            }
            let involved = involved(log, kappa).0.or(involved(log, lambda).0);
            return (Some(Truth::Unknown.and(involved)), None);
        }
        let mut result = (Truth::False, None);
        // The chains of a ratio's time; where there is none of that time, the newest of the window, looked at once.
        let (newest_kappa, newest_lambda) = (OnceCell::new(), OnceCell::new());
        for ratio in ratios {
            let sides = [
                (ratio.at_least(log, FLC_RATIO_HIGH), &self.kappa, &newest_kappa),
                (ratio.at_most(log, FLC_RATIO_LOW), &self.lambda, &newest_lambda),
            ];
            for (side, chain, newest) in sides {
                if side.is_false() {
                    continue;
                }
                let (involved, time) = match chain.of_time(ratio.time) {
                    [] => *newest.get_or_init(|| involved(log, &chain.newest().entries)),
                    beside => involved(log, beside),
                };
                let truth = side.and(involved);
                if truth.is_true() {
                    result.1 = later_time(result.1, later_time(ratio.time, time));
                }
                result.0 = result.0.or(truth);
            }
        }
        (Some(result.0), result.1)
    }

    /// As [`LightChains::event`], by the newest ratio alone, or by the newest of each chain.
    pub fn newest_event(&self, case: &Case<'i>) -> (Option<Truth>, Option<When>) {
        match self.newest_ratio() {
            Some(ratio) => self.event(case, std::slice::from_ref(&ratio)),
            None => {
                let newest =
                    LightChains { kappa: self.kappa.newest(), lambda: self.lambda.newest(), ratios: SmallVec::new() };
                newest.event(case, &[])
            }
        }
    }
}

fn involved<'i>(log: &Log<'i>, chain: &[&'i Entry]) -> (Truth, Option<When>) {
    if chain.is_empty() {
        return (Truth::Unknown, None);
    }
    let mut time = None;
    let truth = Truth::any(chain.iter().map(|entry| {
        let truth = log.at_least(entry, FLC_INVOLVED);
        if truth.is_true() {
            time = later_time(time, entry.time);
        }
        truth
    }));
    (truth, time)
}

/// The ratio of two chains of one time; nothing if lambda is 0.
fn derived<'i>(log: &Log<'i>, time: Option<When>, kappas: &[&'i Entry], lambdas: &[&'i Entry]) -> Option<Ratio<'i>> {
    let entries = kappas.first().into_iter().chain(lambdas.first()).copied().collect();
    let unreadable = Ratio { time, interval: None, entries };
    let hull = |chain: &[&'i Entry]| {
        let mut intervals = chain.iter().map(|entry| log.interval(entry).filter(|interval| !interval.is_empty()));
        let first = intervals.next()??;
        intervals.try_fold(first, |hull, interval| Some(hull.hull(interval?)))
    };
    let (Some(kappa), Some(lambda)) = (hull(kappas), hull(lambdas)) else { return Some(unreadable) };
    kappa.divided_by(lambda).map(|interval| Ratio { interval: Some(interval), ..unreadable })
}
