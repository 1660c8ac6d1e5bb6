//! Whether the disease has come back (decision specification §6, *Relapse*): what was recorded, and the signs.

use super::anchors::{Diagnoses, Timeline, plasmacytomas};
use super::case::{Case, Window};
use super::courses::Treatments;
use super::decision::RelapseState;
use super::events::{Events, newest_number_first};
use super::findings::{CompartmentFinding, MarrowFinding, clonal_biopsy};
use super::light_chains::LightChains;
use super::thresholds::*;
use crate::inputs::words::{ClinicalStatus, Relapse, Response, Site};
use crate::inputs::{
    Agreement, Day, Entries, Entry, Input, Interval, Limit, Reading, Test, Truth, When, later_time, newer_time, newest,
};
use rust_decimal::Decimal;
use smallvec::SmallVec;
use std::collections::{BTreeSet, HashSet};

/// A sign of relapse.
#[derive(Clone, Copy, Debug)]
struct Sign {
    says: Relapse,
    /// Nothing for a clinical status, which never has a time.
    time: Option<When>,
    /// It is a further plasmacytoma.
    further: bool,
}

/// The relapse, and the sites of the further plasmacytomas that are signs of it.
#[derive(Clone, Debug)]
pub(super) struct RelapseFinding {
    pub state: RelapseState,
    /// Further plasmacytomas: their day and site.
    pub further: SmallVec<[(Day, Option<Site>); 1]>,
}

/// The order of §3: the worse counts.
fn rank(relapse: Relapse) -> u8 {
    match relapse {
        Relapse::None => 0,
        Relapse::Treated => 1,
        Relapse::Suspected => 2,
        Relapse::NewSite => 3,
        Relapse::Local => 4,
    }
}

fn worse(a: Relapse, b: Relapse) -> Relapse {
    if rank(b) > rank(a) { b } else { a }
}

/// What the relapse is worked out from.
pub(super) struct Signs<'a, 'i> {
    pub case: &'a Case<'i>,
    pub timeline: &'a Timeline,
    pub diagnoses: &'a Diagnoses<'i>,
    pub treatments: &'a Treatments<'i>,
    pub compartment: &'a CompartmentFinding,
    pub events_after: Option<&'a Events>,
    pub baseline_chains: &'a LightChains<'i>,
}

/// An entry that was recorded about the relapse.
#[derive(Clone, Copy, Debug)]
struct Recorded {
    says: Relapse,
    time: Option<When>,
}

impl<'i> Signs<'_, 'i> {
    pub fn relapse(&self) -> RelapseFinding {
        let none =
            RelapseFinding { state: RelapseState { value: Relapse::None, date: None }, further: SmallVec::new() };
        let (Some(end), Some(since), Some(after)) =
            (self.timeline.treated_on(), self.timeline.since_treatment(), self.timeline.after_treatment())
        else {
            return none;
        };
        self.case.test_closed(Input::Relapse);
        let recorded = self.recorded(since);
        let further = self.further_plasmacytomas(end);
        let mut signs = self.signs(end, since, after, recorded);
        signs.extend(further.iter().map(|(day, site)| self.further_sign(*day, *site)));
        let systemic = self.systemic_after(end);
        if recorded.is_none() && systemic.is_none() && self.clinical_status_says_so() {
            signs.push(Sign { says: Relapse::Suspected, time: None, further: false });
        }
        let state = judge(end, recorded, &signs, systemic);
        RelapseFinding { state, further }
    }

    fn recorded(&self, since: Window) -> Option<Recorded> {
        let reading = self.case.newest(Input::Relapse, since)?;
        let words = reading.entries.iter().filter_map(|entry| self.case.log.relapse(entry));
        Some(Recorded { says: words.reduce(worse)?, time: reading.time() })
    }

    /// The newest start of systemic therapy after the end of treatment.
    fn systemic_after(&self, end: Day) -> Option<Day> {
        self.treatments.systemic.iter().filter_map(|therapy| therapy.start).filter(|start| *start > end).max()
    }

    fn clinical_status_says_so(&self) -> bool {
        plasmacytomas(self.diagnoses)
            .any(|(_, it)| matches!(it.clinical_status, ClinicalStatus::Recurrence | ClinicalStatus::Relapse))
    }

    /// Plasmacytomas that began more than 90 days after treatment.
    fn further_plasmacytomas(&self, end: Day) -> SmallVec<[(Day, Option<Site>); 1]> {
        let last = end.plus_days(FIRST_TUMOUR_DAYS);
        let known = self.compartment.site;
        let further = plasmacytomas(self.diagnoses).filter_map(|(_, it)| {
            let elsewhere = it.site.is_some() && known.is_some() && it.site != known;
            let date = it.onset.or_else(|| it.recorded.filter(|_| elsewhere))?;
            (date > last).then_some((date, it.site))
        });
        further.collect()
    }

    fn further_sign(&self, day: Day, site: Option<Site>) -> Sign {
        let says = match (site, self.compartment.site) {
            (Some(site), Some(known)) if site != known => Relapse::NewSite,
            (Some(site), Some(_)) if is_one_place(site) => Relapse::Local,
            _ => Relapse::Suspected,
        };
        Sign { says, time: Some(When::on(day)), further: true }
    }

    fn signs(&self, end: Day, since: Window, after: Window, recorded: Option<Recorded>) -> SmallVec<[Sign; 6]> {
        let case = self.case;
        let mut times: SmallVec<[Option<When>; 8]> = SmallVec::new();
        if let Some(events) = self.events_after {
            let present = events.findings.iter().filter(|finding| finding.condition.is_true());
            times.extend(present.map(|finding| finding.time));
        }
        if let Some(reading) = case.newest(Input::Response, since) {
            let progression = |entry: &'i Entry| Truth::known(case.log.response(entry) == Some(Response::Progression));
            if reading.agreement == Agreement::Agree && case.log.answer(&reading, progression).is_true() {
                times.push(reading.time());
            }
        }
        if let Some(reading) = case.newest(Input::NewLesionCount, since)
            && case.log.answer(&reading, |entry| case.log.at_least(entry, ANY_NEW_LESION)).is_true()
        {
            times.push(reading.time());
        }
        let marrow = MarrowFinding::in_window(case, after);
        if !marrow.positive_10.is_empty() {
            times.push(marrow.positive_10.iter().fold(None, |time, entry| later_time(time, entry.time)));
        }
        times.extend(self.biopsy(end));
        times.extend(self.m_protein(after, recorded));
        times.extend(self.chains(after));
        times.into_iter().map(|time| Sign { says: Relapse::Suspected, time, further: false }).collect()
    }

    /// Clonal cells in a tumour biopsy more than 90 days after treatment; only biopsies of then are read.
    fn biopsy(&self, end: Day) -> Option<Option<When>> {
        let case = self.case;
        let from = end.plus_days(FIRST_TUMOUR_DAYS + 1);
        let window = Window { from: Some(from), to: case.as_of, undated: false };
        let stated = case.newest(Input::TumourBiopsyClonalPlasmaCells, window);
        let stated: Entries<'i> = stated.map_or_else(Entries::new, |reading| reading.entries.into_iter().collect());
        let (truth, time) = clonal_biopsy(case, &stated, |input| case.newest(input, window));
        truth.is_true().then_some(time)
    }

    /// Serum M-protein that has come, or risen.
    fn m_protein(&self, after: Window, recorded: Option<Recorded>) -> Option<Option<When>> {
        let case = self.case;
        let reading = newest_number_first(case, Input::SerumMProtein, after)?;
        let present = case.log.answer(&reading, |entry| presence(case, entry)).is_true();
        let baseline = self.timeline.newest_baseline(case, Input::SerumMProtein);
        let absent =
            baseline.is_some_and(|reading| case.log.answer(&reading, |entry| presence(case, entry)).is_false());
        let rise = Rise { factor: RISE_FACTOR, by: RISE_M_PROTEIN };
        let risen = || {
            let lows = self.entries_since_baseline(Input::SerumMProtein, after);
            let beside_false =
                case.newest(Input::SerumMProtein, after).is_some_and(|it| it.agreement == Agreement::NumberAndBool);
            !beside_false && rise.is_sure(case, &reading, &lows)
        };
        if !((present && absent) || risen()) {
            return None;
        }
        if let Some(Recorded { says: Relapse::None, time }) = recorded {
            let above = self.highest_known_before(time).checked_add(RISE_M_PROTEIN.value)?;
            let (low, _) = bounds(case, &reading)?;
            for entry in &reading.entries {
                case.log.tested(entry, Test::RiseBy(RISE_M_PROTEIN), Truth::known(low >= above));
            }
            if low < above {
                return None;
            }
        }
        Some(reading.time())
    }

    /// The newest number of serum M-protein of any time up to an entry (none: 0).
    fn highest_known_before(&self, time: Option<When>) -> Decimal {
        let case = self.case;
        let numbers: Entries<'i> = case
            .all(Input::SerumMProtein)
            .into_iter()
            .filter(|entry| !newer_time(entry.time, time) && case.log.interval(entry).is_some())
            .collect();
        let newest = newest(&numbers).and_then(|reading| bounds(case, &reading));
        newest.map_or(Decimal::ZERO, |(_, high)| high.unwrap_or(Decimal::MAX))
    }

    /// A free light chain that has risen, with the newest ratio outside its limits towards it.
    fn chains(&self, after: Window) -> SmallVec<[Option<When>; 2]> {
        let case = self.case;
        let chains = LightChains::in_window(case, after);
        let mut times = SmallVec::new();
        let Some(ratio) = chains.newest_ratio() else { return times };
        let rise = Rise { factor: RISE_FACTOR, by: RISE_CHAIN };
        let sides = [
            (Input::SerumFlcKappa, &chains.kappa.entries, ratio.is_high(&case.log)),
            (Input::SerumFlcLambda, &chains.lambda.entries, ratio.is_low(&case.log)),
        ];
        for (input, chain, towards) in sides {
            let Some(reading) = newest(chain).filter(|_| towards.is_true()) else { continue };
            let baseline = if input == Input::SerumFlcKappa {
                &self.baseline_chains.kappa.entries
            } else {
                &self.baseline_chains.lambda.entries
            };
            let mut lows = self.entries_since_baseline(input, after);
            lows.extend(baseline.iter().copied());
            if rise.is_sure(case, &reading, &lows) {
                times.push(later_time(reading.time(), ratio.time));
            }
        }
        times
    }

    /// The entries of an input since the baseline began; an adjudicated one ends others of its own window only.
    fn entries_since_baseline(&self, input: Input, after: Window) -> Entries<'i> {
        let mut entries = self.timeline.baseline(self.case, input);
        let mut there: HashSet<*const Entry> = entries.iter().map(|entry| std::ptr::from_ref(*entry)).collect();
        let between = Window {
            from: Some(self.timeline.baseline_end.plus_days(1)),
            to: after.from.map_or(self.case.as_of, |from| from.plus_days(-1)),
            undated: false,
        };
        for window in [between, after] {
            let further = self.case.window(input, window);
            entries.extend(further.into_iter().filter(|entry| there.insert(std::ptr::from_ref(*entry))));
        }
        entries
    }
}

/// Whether a site is one place in the body, so that a second tumour there is a local relapse.
fn is_one_place(site: Site) -> bool {
    use Site::*;
    matches!(site, Pelvis | Femur | Skull | Sternum | HeadNeck | Gastrointestinal)
}

/// Whether there is M-protein: a number above 0, or true.
pub(super) fn presence<'i>(case: &Case<'i>, entry: &'i Entry) -> Truth {
    if case.log.interval(entry).is_some() {
        return case.log.above(entry, M_PROTEIN_PRESENT);
    }
    case.log.flag(entry).map_or(Truth::Unknown, Truth::known)
}

/// The lowest and the highest number that the entries of one time may be; nothing if that is not known.
fn bounds<'i>(case: &Case<'i>, reading: &Reading<'i>) -> Option<(Decimal, Option<Decimal>)> {
    if reading.agreement == Agreement::Disagree {
        return None;
    }
    let mut intervals = reading.entries.iter().filter_map(|entry| case.log.interval(entry));
    let first = intervals.next()?;
    let hull = intervals.fold(first, Interval::hull);
    (!hull.is_empty()).then(|| hull.bounds())
}

/// A rise by a factor and by an amount.
struct Rise {
    factor: Limit,
    by: Limit,
}

impl Rise {
    /// Whether the newest number lies that much above the lowest, through all intervals.
    fn is_sure<'i>(&self, case: &Case<'i>, reading: &Reading<'i>, entries: &Entries<'i>) -> bool {
        let Some((low, _)) = bounds(case, reading) else { return false };
        let moment = |entry: &Entry| entry.time.map(When::moment);
        let no_numbers = entries.iter().filter(|entry| case.log.interval(entry).is_none());
        let beside: BTreeSet<_> = no_numbers.map(|entry| moment(entry)).collect();
        let numbers = entries.iter().filter_map(|entry| {
            let interval = case.log.interval(entry).filter(|interval| !interval.is_empty())?;
            interval.bounds().1.filter(|_| !beside.contains(&moment(entry)))
        });
        let Some(lowest) = numbers.min() else { return false };
        let by_factor = lowest.checked_mul(self.factor.value).is_some_and(|limit| low >= limit);
        let by_amount = lowest.checked_add(self.by.value).is_some_and(|limit| low >= limit);
        for entry in &reading.entries {
            case.log.tested(entry, Test::RiseByFactor(self.factor), Truth::known(by_factor));
            case.log.tested(entry, Test::RiseBy(self.by), Truth::known(by_amount));
        }
        by_factor && by_amount
    }
}

/// What entry and signs come to.
fn judge(end: Day, recorded: Option<Recorded>, signs: &[Sign], systemic: Option<Day>) -> RelapseState {
    let treated = |time: Option<When>| systemic.is_some_and(|start| time.is_some_and(|time| time.day() <= start));
    let recorded = recorded.map(|entry| match entry.says {
        Relapse::None => entry,
        _ if treated(entry.time) => Recorded { says: Relapse::Treated, ..entry },
        _ => entry,
    });
    let signs = signs
        .iter()
        .map(|sign| if treated(sign.time) { Sign { says: Relapse::Treated, further: false, ..*sign } } else { *sign });
    let counts = |sign: &Sign| match recorded {
        None => true,
        Some(Recorded { says: Relapse::None | Relapse::Treated, time }) => newer_time(sign.time, time),
        Some(Recorded { says: Relapse::Suspected, time }) => sign.further && newer_time(sign.time, time),
        Some(_) => false,
    };
    let counting: SmallVec<[Sign; 6]> = signs.filter(counts).collect();
    let by_signs = counting.iter().map(|sign| sign.says).reduce(worse).unwrap_or(Relapse::None);
    let by_entry = recorded.map_or(Relapse::None, |recorded| recorded.says);
    let value = worse(by_entry, by_signs);
    let date = if value == Relapse::None {
        None
    } else if rank(by_signs) > rank(by_entry) {
        let of_value = |sign: &&Sign| (by_signs == Relapse::Treated) == (sign.says == Relapse::Treated);
        let earliest = counting.iter().filter(of_value).filter_map(|sign| sign.time).map(When::day).min();
        Some(earliest.unwrap_or(end.plus_days(1)))
    } else {
        recorded.and_then(|recorded| recorded.time).map(When::day)
    };
    RelapseState { value, date }
}
