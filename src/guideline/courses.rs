//! Treatment as it was given (decision specification §3): courses of radiotherapy joined, operations, systemic therapy.

use super::case::Case;
use super::thresholds::*;
use crate::inputs::words::{Intent, Margin, Site, SurgeryKind};
use crate::inputs::{Day, Entry, Input, Radiotherapy};
use rust_decimal::Decimal;
use smallvec::SmallVec;
use std::collections::BTreeMap;

/// A course of radiotherapy: one record, or several joined.
#[derive(Clone, Debug)]
pub(super) struct Course<'i> {
    /// The starts of its parts; empty for a course without any date.
    pub starts: SmallVec<[Day; 2]>,
    /// The end of the last part, as it was recorded.
    end: Option<Day>,
    pub site: Option<Site>,
    pub dose_gy: Option<Decimal>,
    pub fractions: Option<Decimal>,
    /// The strongest intent that was stated.
    stated: Option<Intent>,
    pub entries: SmallVec<[&'i Entry; 2]>,
    /// Whether it belongs to this disease, not to an earlier one.
    pub counts: bool,
}

impl Course<'_> {
    pub fn start(&self) -> Option<Day> {
        self.starts.first().copied()
    }

    fn last_start(&self) -> Option<Day> {
        self.starts.last().copied()
    }

    /// The intent: as stated, else by the dose (ours).
    pub fn intent(&self) -> Option<Intent> {
        self.stated.or_else(|| match self.dose_gy? {
            dose if dose >= CURATIVE_DOSE.value => Some(Intent::Curative),
            dose if dose <= PALLIATIVE_DOSE.value => Some(Intent::Palliative),
            _ => None,
        })
    }

    pub fn is_curative(&self) -> bool {
        self.intent() == Some(Intent::Curative)
    }

    pub fn is_palliative(&self) -> bool {
        self.intent() == Some(Intent::Palliative)
    }

    fn open_ended(&self, as_of: Day) -> bool {
        self.end.is_none_or(|end| end > as_of)
    }

    /// Whether it is under way: no end yet, and its last part began at most 90 days ago.
    pub fn under_way(&self, as_of: Day) -> bool {
        self.open_ended(as_of) && self.last_start().is_some_and(|start| as_of.days_since(start) <= UNDER_WAY_DAYS)
    }

    /// The day on which it ended: as recorded, else 42 days after its last part's start once it is no longer under way.
    pub fn ended(&self, as_of: Day) -> Option<Day> {
        let start = self.last_start()?;
        if !self.open_ended(as_of) {
            self.end
        } else if self.under_way(as_of) {
            None
        } else {
            Some(start.plus_days(ASSUMED_COURSE_DAYS))
        }
    }

    /// Whether its end was assumed (ours; noted).
    pub fn end_is_assumed(&self, as_of: Day) -> bool {
        self.open_ended(as_of) && self.last_start().is_some() && !self.under_way(as_of)
    }
}

/// An operation.
#[derive(Clone, Copy, Debug)]
pub(super) struct Operation<'i> {
    pub day: Option<Day>,
    pub kind: SurgeryKind,
    pub site: Option<Site>,
    pub margin: Margin,
    pub osteosynthesis: bool,
    pub entry: &'i Entry,
    /// Whether it belongs to this disease, not to an earlier one; not so without a day.
    pub counts: bool,
}

/// Systemic therapy that has begun.
#[derive(Clone, Copy, Debug)]
pub(super) struct Systemic<'i> {
    pub start: Option<Day>,
    pub entry: &'i Entry,
    /// Whether it belongs to this disease, not to an earlier one; not so without a day.
    pub counts: bool,
}

/// All treatment up to the day of the decision, of this disease and of earlier ones.
#[derive(Clone, Debug, Default)]
pub(super) struct Treatments<'i> {
    pub courses: SmallVec<[Course<'i>; 2]>,
    pub operations: SmallVec<[Operation<'i>; 2]>,
    pub systemic: SmallVec<[Systemic<'i>; 2]>,
    /// Radiotherapy and resections of which it is not known whether they were to the tumour; none of them counts.
    pub unplaced: SmallVec<[&'i Entry; 1]>,
}

/// Whether treatment with (or without) a site is to a site of something (§6, *Sites*): the same, or none said on
/// either side; a treatment without a site only if it began within 365 days of the day that is referred to.
pub(super) fn is_to(treated: Option<Site>, began: Option<Day>, site: Option<Site>, reference: Option<Day>) -> bool {
    match (treated, site) {
        (Some(treated), Some(site)) => treated == site,
        (Some(_), None) => true,
        (None, _) => match (began, reference) {
            (Some(began), Some(reference)) => began.days_since(reference).abs() <= SITELESS_DAYS,
            _ => true,
        },
    }
}

impl<'i> Treatments<'i> {
    /// Reads them; those that began before `from` belong to an earlier disease (nothing: none does).
    pub fn read(case: &Case<'i>, from: Option<Day>) -> Treatments<'i> {
        for input in [Input::Radiotherapy, Input::Surgery, Input::SystemicTherapy] {
            case.test_closed(input);
        }
        let counts = |day: Option<Day>| day.is_some_and(|day| from.is_none_or(|from| day >= from));
        let mut courses = join(read_courses(case));
        for course in &mut courses {
            course.counts = counts(course.start());
        }
        let mut operations: SmallVec<[Operation<'i>; 2]> = SmallVec::new();
        for entry in case.all(Input::Surgery) {
            if let Some(surgery) = case.log.surgery(entry) {
                operations.push(Operation {
                    day: entry.day(),
                    kind: surgery.kind,
                    site: surgery.site,
                    margin: surgery.margin.unwrap_or(Margin::Unknown),
                    osteosynthesis: surgery.osteosynthesis == Some(true),
                    entry,
                    counts: counts(entry.day()),
                });
            }
        }
        let mut systemic = SmallVec::new();
        for entry in case.all(Input::SystemicTherapy) {
            let Some(therapy) = case.log.systemic_therapy(entry) else { continue };
            let start = therapy.start.or(therapy.end);
            systemic.push(Systemic { start, entry, counts: counts(start) });
        }
        let unplaced = case.set_aside().filter(|aside| aside.may_be_of_this_disease()).map(|aside| &aside.entry);
        let unplaced = unplaced.filter(|entry| may_be_local_treatment(case, entry)).collect();
        Treatments { courses, operations, systemic, unplaced }
    }

    /// The courses of this disease.
    pub fn counted(&self) -> impl Iterator<Item = &Course<'i>> {
        self.courses.iter().filter(|course| course.counts)
    }

    /// The resections of this disease.
    pub fn resections(&self) -> impl Iterator<Item = &Operation<'i>> {
        self.operations.iter().filter(|operation| operation.counts && operation.kind == SurgeryKind::Resection)
    }
}

/// Whether a treatment that is set aside would have treated the tumour itself, were it of this disease.
fn may_be_local_treatment<'i>(case: &Case<'i>, entry: &'i Entry) -> bool {
    let is_resection = |entry| case.log.surgery(entry).is_some_and(|it| it.kind == SurgeryKind::Resection);
    case.log.radiotherapy(entry).is_some() || is_resection(entry)
}

fn read_courses<'i>(case: &Case<'i>) -> SmallVec<[Course<'i>; 4]> {
    let mut courses: SmallVec<[Course<'i>; 4]> = SmallVec::new();
    let mut places = BTreeMap::new();
    for entry in case.all(Input::Radiotherapy) {
        let Some(recorded) = case.log.radiotherapy(entry) else { continue };
        let course = read_course(entry, &recorded);
        // One record may be there twice.
        let place = *places.entry((course.site, course.start(), course.end, course.dose_gy)).or_insert(courses.len());
        match courses.get_mut(place) {
            Some(twin) => {
                twin.stated = stronger(twin.stated, course.stated);
                twin.fractions = twin.fractions.max(course.fractions);
                twin.entries.push(entry);
            }
            None => courses.push(course),
        }
    }
    courses
}

fn read_course<'i>(entry: &'i Entry, recorded: &Radiotherapy) -> Course<'i> {
    let start = recorded.start.or(recorded.end);
    let end = recorded.end.filter(|end| start.is_none_or(|start| *end >= start));
    Course {
        starts: start.into_iter().collect(),
        end,
        site: recorded.site,
        dose_gy: recorded.dose_gy,
        fractions: recorded.fractions,
        stated: recorded.intent,
        entries: SmallVec::from_slice(&[entry]),
        counts: false,
    }
}

fn stronger(a: Option<Intent>, b: Option<Intent>) -> Option<Intent> {
    match (a, b) {
        (Some(Intent::Curative), _) | (_, Some(Intent::Curative)) => Some(Intent::Curative),
        (a, b) => a.or(b),
    }
}

/// Joins courses to one site with at most 30 days between them, in the order of start, end and dose, each to the
/// latest of its site, unless the doses would add up to more than 60 Gy.
fn join<'i>(mut courses: SmallVec<[Course<'i>; 4]>) -> SmallVec<[Course<'i>; 2]> {
    let none_last = |day: Option<Day>| (day.is_none(), day);
    courses.sort_by_key(|course| {
        (none_last(course.start()), none_last(course.end), (course.dose_gy.is_none(), course.dose_gy))
    });
    let mut joined: SmallVec<[Course<'i>; 2]> = SmallVec::new();
    let mut latest_of_site: BTreeMap<Option<Site>, usize> = BTreeMap::new();
    for course in courses {
        let latest = latest_of_site.get(&course.site).and_then(|place| joined.get_mut(*place));
        match (latest, course.start()) {
            (Some(other), Some(start)) if continues(other, &course, start) => {
                other.starts.push(start);
                other.end = course.end;
                other.dose_gy = other.dose_gy.zip(course.dose_gy).and_then(|(a, b)| a.checked_add(b));
                other.fractions = other.fractions.zip(course.fractions).and_then(|(a, b)| a.checked_add(b));
                other.stated = stronger(other.stated, course.stated);
                other.entries.extend(course.entries);
            }
            (_, start) => {
                if start.is_some() {
                    latest_of_site.insert(course.site, joined.len());
                }
                joined.push(course);
            }
        }
    }
    joined
}

fn continues(earlier: &Course<'_>, later: &Course<'_>, start: Day) -> bool {
    let Some(before) = earlier.end.or(earlier.last_start()) else { return false };
    let sum = earlier.dose_gy.zip(later.dose_gy).and_then(|(a, b)| a.checked_add(b));
    start.days_since(before) <= JOINED_COURSES_DAYS && sum.is_none_or(|sum| sum <= ONE_TARGET_DOSE.value)
}
