//! The dates that everything is counted from, and the windows around them (decision specification §3).

use super::case::{Case, Window};
use super::courses::{Course, Treatments, is_to};
use super::decision::Anchors;
use super::thresholds::*;
use crate::inputs::words::{Certainty, Site};
use crate::inputs::{Agreement, Day, Diagnosis, Entries, Entry, Input, Interval, Log, Reading, newest};
use smallvec::SmallVec;

/// The diagnoses that count on the day of the decision, each with its entry.
pub(super) type Diagnoses<'i> = SmallVec<[(&'i Entry, &'i Diagnosis); 4]>;

/// Reads the diagnoses that are not of later than the day of the decision.
pub(super) fn diagnoses<'i>(case: &Case<'i>) -> Diagnoses<'i> {
    let entries = case.inputs.of(Input::Diagnosis).iter().filter(|entry| !case.is_later(entry));
    entries.filter_map(|entry| Some((entry, case.log.diagnosis(entry)?))).collect()
}

/// The plasmacytomas that are not refuted.
pub(super) fn plasmacytomas<'a, 'i>(
    diagnoses: &'a Diagnoses<'i>,
) -> impl Iterator<Item = (&'i Entry, &'i Diagnosis)> + 'a {
    diagnoses.iter().copied().filter(|(_, it)| it.kind.is_plasmacytoma() && it.certainty != Certainty::Refuted)
}

/// The day of diagnosis: the earliest plasmacytoma, or a tumour biopsy of the 12 months before it.
pub(super) fn diagnosis_date<'i>(case: &Case<'i>, diagnoses: &Diagnoses<'i>) -> Option<Day> {
    let coded = plasmacytomas(diagnoses).filter_map(|(_, it)| it.date()).min()?;
    let months =
        Window { from: Some(coded.plus_months(-BIOPSY_BEFORE_CODE_MONTHS)), to: coded.plus_days(-1), undated: false };
    let biopsies = case.window(Input::TumourBiopsyClonalPlasmaCells, months);
    let clonal = biopsies.iter().filter(|entry| case.log.flag(entry) == Some(true)).filter_map(|entry| entry.day());
    Some(clonal.min().unwrap_or(coded))
}

/// What the treatment began with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Beginning {
    Nothing,
    Resection,
    /// The palliative course that makes the end of treatment, and its end.
    PalliativeCourse(Day),
    Other,
}

/// The dates that everything is counted from, and the windows around them.
#[derive(Clone, Debug)]
pub(super) struct Timeline {
    pub anchors: Anchors,
    /// Whether treatment is over.
    pub treated: bool,
    /// Whether the treatment began with a resection.
    pub began_with_resection: bool,
    /// Whether only a palliative course makes the patient treated.
    pub palliative_only: bool,
    /// Where the disease's own time begins: 90 days before the diagnosis.
    pub from: Option<Day>,
    /// The end of the baseline.
    pub baseline_end: Day,
    /// To where an input that has nothing readable in the baseline is read on.
    pub read_on_to: Day,
    as_of: Day,
    first_resection: Option<Day>,
}

impl Timeline {
    /// Works the dates out; with a date of diagnosis for a plasmacytoma, without for myeloma alone.
    pub fn new<'i>(case: &Case<'i>, diagnosis_date: Option<Day>, treatments: &Treatments<'i>) -> Timeline {
        let as_of = case.as_of;
        let from = diagnosis_date.map(|day| day.plus_days(-BEFORE_DIAGNOSIS_DAYS));
        let ended_curative =
            treatments.counted().filter(|course| course.is_curative()).filter_map(|course| course.ended(as_of));
        let resections = treatments.resections().filter_map(|resection| resection.day);
        let unknown = |course: &&Course<'i>| course.intent().is_none();
        let ended_unknown = treatments.counted().filter(unknown).filter_map(|course| course.ended(as_of));
        let mut palliative = None;
        let treatment_end = ended_curative.chain(resections).max().or_else(|| ended_unknown.max()).or_else(|| {
            palliative = palliative_course(case, from, diagnosis_date, treatments);
            palliative.and_then(|course| course.ended(as_of))
        });
        let (treatment_start, beginning) = beginning(treatments, palliative, treatment_end);
        let any_curative = treatments.counted().any(Course::is_curative);
        let under_way = treatments.counted().any(|course| {
            course.under_way(as_of) && (course.is_curative() || (!any_curative && course.intent().is_none()))
        });
        let baseline_end = match (beginning, treatment_start) {
            (Beginning::Nothing, _) | (_, None) => as_of,
            (Beginning::Resection, Some(start)) => next_treatment(treatments, start),
            (Beginning::PalliativeCourse(end), _) => end.plus_days(PALLIATIVE_ENDED_DAYS),
            (Beginning::Other, Some(start)) => start,
        }
        .min(as_of);
        let read_on_to = if under_way { as_of } else { treatment_end.unwrap_or(baseline_end) };
        Timeline {
            anchors: Anchors { diagnosis_date, treatment_start, treatment_end, under_way },
            treated: treatment_end.is_some() && !under_way,
            began_with_resection: beginning == Beginning::Resection,
            palliative_only: matches!(beginning, Beginning::PalliativeCourse(_)),
            from,
            baseline_end,
            read_on_to: read_on_to.max(baseline_end),
            as_of,
            first_resection: treatments.resections().filter_map(|resection| resection.day).min(),
        }
    }

    /// The end of treatment, of a treated patient.
    pub fn treated_on(&self) -> Option<Day> {
        self.anchors.treatment_end.filter(|_| self.treated)
    }

    /// The baseline without reading on.
    fn baseline_window(&self) -> Window {
        Window { from: self.from, to: self.baseline_end, undated: true }
    }

    /// After treatment, from the day after the later of its end and the end of the baseline.
    pub fn after_treatment(&self) -> Option<Window> {
        let end = self.treated_on()?.max(self.baseline_end);
        Some(Window { from: Some(end.plus_days(1)), to: self.as_of, undated: false })
    }

    /// After treatment, from the day after its end: relapse, response and new lesions.
    pub fn since_treatment(&self) -> Option<Window> {
        Some(Window { from: Some(self.treated_on()?.plus_days(1)), to: self.as_of, undated: false })
    }

    /// The entries of an input at baseline; one that has nothing there that a test can read is read on (ours).
    pub fn baseline<'i>(&self, case: &Case<'i>, input: Input) -> Entries<'i> {
        let window = self.baseline_window();
        if self.read_on_to > self.baseline_end && is_read_on(input) {
            let readable =
                |input: &Input| case.window(*input, window).iter().any(|entry| self.is_readable(&case.log, entry));
            if !read_as_one(input).iter().any(readable) {
                return case.window(input, Window { to: self.read_on_to, ..window });
            }
        }
        case.window(input, window)
    }

    /// The newest entries of an input at baseline.
    pub fn newest_baseline<'i>(&self, case: &Case<'i>, input: Input) -> Option<Reading<'i>> {
        newest(&self.baseline(case, input))
    }

    /// Whether a `lesion_count` of 0 contradicts a tumour that is there: it has no time, or is not after the first
    /// resection (or there is none).
    pub fn contradicts<'i>(&self, log: &Log<'i>, entry: &'i Entry) -> bool {
        let none = |interval: Interval| interval.exact().is_some_and(|number| number.is_zero());
        entry.input == Input::LesionCount
            && log.interval(entry).is_some_and(none)
            && match (entry.day(), self.first_resection) {
                (Some(day), Some(resection)) => day <= resection,
                _ => true,
            }
    }

    fn is_readable<'i>(&self, log: &Log<'i>, entry: &'i Entry) -> bool {
        log.is_readable(entry) && !self.contradicts(log, entry)
    }
}

/// The inputs of §4, §5 and R01–R04, which are read on after the baseline where it has none.
fn is_read_on(input: Input) -> bool {
    use Input::*;
    !matches!(input, TumourLargestDimension | TumourWellDefined)
}

/// The inputs that count as one when it is asked whether the baseline has an entry.
fn read_as_one(input: Input) -> &'static [Input] {
    use Input::*;
    match input {
        SerumFlcKappa | SerumFlcLambda | SerumFlcRatio => &[SerumFlcKappa, SerumFlcLambda, SerumFlcRatio],
        TumourBiopsyClonalPlasmaCells | TumourBiopsyCd138 | TumourBiopsyCd38 | TumourBiopsyLightChainRestriction => {
            &[TumourBiopsyClonalPlasmaCells, TumourBiopsyCd138, TumourBiopsyCd38, TumourBiopsyLightChainRestriction]
        }
        _ => input.alone(),
    }
}

/// The end of a baseline whose treatment began with a resection on this day: the first treatment after it, at most 90
/// days later.
fn next_treatment(treatments: &Treatments<'_>, resection: Day) -> Day {
    let courses = treatments.counted().filter(|course| !course.is_palliative()).filter_map(Course::start);
    let systemic = treatments.systemic.iter().filter(|therapy| therapy.counts).filter_map(|therapy| therapy.start);
    let last = resection.plus_days(AFTER_RESECTION_DAYS);
    courses.chain(systemic).filter(|start| *start >= resection).min().map_or(last, |start| start.min(last))
}

/// The start of treatment and what it began with.
fn beginning(
    treatments: &Treatments<'_>,
    palliative: Option<&Course<'_>>,
    treatment_end: Option<Day>,
) -> (Option<Day>, Beginning) {
    let radiotherapy = treatments.counted().filter(|course| !course.is_palliative()).filter_map(Course::start).min();
    let resection = treatments.resections().filter_map(|resection| resection.day).min();
    let local = match (radiotherapy, resection) {
        (Some(radiotherapy), Some(resection)) => Some(radiotherapy.min(resection)),
        (radiotherapy, resection) => radiotherapy.or(resection),
    };
    let Some(local) = local else {
        let course = palliative.and_then(|course| course.start().zip(treatment_end));
        return course
            .map_or((None, Beginning::Nothing), |(start, end)| (Some(start), Beginning::PalliativeCourse(end)));
    };
    let systemic = treatments.systemic.iter().filter(|therapy| therapy.counts).filter_map(|therapy| therapy.start);
    let start = systemic.min().map_or(local, |systemic| systemic.min(local));
    (Some(start), if resection == Some(start) { Beginning::Resection } else { Beginning::Other })
}

/// The palliative course to the site that ended last, at least 90 days ago; of several that end together the one that
/// began first.
fn palliative_course<'a, 'i>(
    case: &Case<'i>,
    from: Option<Day>,
    diagnosis_date: Option<Day>,
    treatments: &'a Treatments<'i>,
) -> Option<&'a Course<'i>> {
    let ended = |course: &Course<'i>| course.ended(case.as_of);
    let long_ago = case.as_of.plus_days(-PALLIATIVE_ENDED_DAYS);
    let to_the_site = |course: &&Course<'i>| {
        let site_by = |to: Option<Day>| {
            let window = Window { from, to: to?, undated: true };
            let reading = case.newest(Input::TumourSite, window)?;
            Some(site_of(case, &reading))
        };
        let site = site_by(course.start()).or_else(|| site_by(ended(course))).flatten();
        is_to(course.site, course.start(), site, diagnosis_date)
    };
    treatments
        .counted()
        .filter(|course| course.is_palliative() && ended(course).is_some_and(|end| end <= long_ago))
        .filter(to_the_site)
        .max_by(|a, b| ended(a).cmp(&ended(b)).then_with(|| b.start().cmp(&a.start())))
}

/// The site that the newest entries say; nothing if they disagree.
pub(super) fn site_of<'i>(case: &Case<'i>, reading: &Reading<'i>) -> Option<Site> {
    let first = reading.entries.first()?;
    let site = case.log.site(first);
    site.filter(|_| reading.agreement == Agreement::Agree)
}
