//! Complications (decision specification §3, *current*, and §6): each site apart, the newest of each, treated or not.

use super::case::Case;
use super::courses::{Course, Operation, Treatments, is_to};
use super::thresholds::*;
use crate::inputs::words::{Severity, Site, SurgeryKind};
use crate::inputs::{Day, Entry, Input, Reading, Truth, When, newer_time, newest};
use smallvec::SmallVec;

/// A complication that is there, or may be.
#[derive(Clone, Debug)]
pub(super) struct Complication<'i> {
    pub input: Input,
    pub site: Option<Site>,
    /// Its day; one without a time is older than any that has one, and never current.
    pub day: Option<Day>,
    /// Whether it is there; unknown only for a pain score with a comparator.
    pub present: Truth,
    /// Of a cord compression or a fracture: threatened or established, the worse where entries of one time disagree.
    pub severity: Option<Severity>,
    pub entries: SmallVec<[&'i Entry; 2]>,
    /// Whether it is at most 90 days old.
    pub recent: bool,
}

impl<'i> Complication<'i> {
    /// A cord compression that is established: R08 and R11 name the threatened one alone (A11).
    pub fn is_established_cord(&self) -> bool {
        self.input == Input::SpinalCordCompression && self.severity == Some(Severity::Established)
    }

    /// A fracture that threatens: R08 names the weight-bearing bone beside the established one alone (A16).
    pub fn is_threatened_fracture(&self) -> bool {
        self.input == Input::Fracture && self.severity == Some(Severity::Threatened)
    }

    fn is_of_spine(&self) -> bool {
        matches!(self.input, Input::SpinalCordCompression | Input::NeurologicalDeficit)
    }

    /// Whether treatment with this site (or none) that began on this day is to its site.
    pub fn is_treated_at(&self, site: Option<Site>, began: Option<Day>) -> bool {
        let without_site = site.is_none() && is_to(None, began, None, self.day);
        match self.site {
            Some(own) => is_to(site, began, Some(own), self.day),
            None if self.is_of_spine() => site == Some(Site::Vertebra) || without_site,
            None => without_site,
        }
    }

    /// Whether a part of the course that is its treatment began on its day or later.
    pub fn is_treated_by(&self, course: &Course<'i>) -> bool {
        let after = |start: Day| self.day.is_some_and(|day| start >= day);
        course.starts.iter().any(|start| after(*start) && self.is_treated_at(course.site, Some(*start)))
    }

    /// Whether an operation that is its treatment was done that many days before its day, or later.
    pub fn is_operated_by(&self, operation: &Operation<'i>, days_before: i32) -> bool {
        let from = self.day.map(|day| day.plus_days(-days_before));
        let in_time = operation.day.zip(from).is_some_and(|(day, from)| day >= from);
        let decompressed = self.is_of_spine() && self.site.is_none() && operation.kind == SurgeryKind::Decompression;
        in_time && (decompressed || self.is_treated_at(operation.site, operation.day))
    }

    /// Whether it is current: recent, and no treatment of it began on its day or later.
    pub fn is_current(&self, treatments: &Treatments<'i>) -> bool {
        self.recent
            && !treatments.courses.iter().any(|course| self.is_treated_by(course))
            && !treatments.operations.iter().any(|operation| self.is_operated_by(operation, 0))
    }

    /// Whether it is recent, and radiotherapy of it that is not curative began on its day or later.
    pub fn is_irradiated(&self, treatments: &Treatments<'i>) -> bool {
        self.recent && self.irradiations(treatments).next().is_some()
    }

    /// The courses that are not curative and treat it, begun on its day or later.
    pub fn irradiations<'t>(&'t self, treatments: &'t Treatments<'i>) -> impl Iterator<Item = &'t Course<'i>> {
        treatments.courses.iter().filter(|course| !course.is_curative() && self.is_treated_by(course))
    }

    /// It, and the radiotherapy that treats it.
    pub fn with_irradiations(&self, treatments: &Treatments<'i>) -> SmallVec<[&'i Entry; 4]> {
        let courses = self.irradiations(treatments).flat_map(|course| course.entries.iter());
        self.entries.iter().chain(courses).copied().collect()
    }
}

/// The newest complications of each site, those that are there or may be.
#[derive(Clone, Debug, Default)]
pub(super) struct Complications<'i> {
    pub all: SmallVec<[Complication<'i>; 2]>,
}

impl<'i> Complications<'i> {
    pub fn read(case: &Case<'i>) -> Complications<'i> {
        let inputs = [Input::SpinalCordCompression, Input::NeurologicalDeficit, Input::Fracture, Input::BonePain];
        let mut all = SmallVec::new();
        for input in inputs {
            case.test_closed(input);
            let entries = case.all(input);
            let mut sites: SmallVec<[Option<Site>; 4]> = SmallVec::new();
            for entry in &entries {
                if !sites.contains(&entry.site) {
                    sites.push(entry.site);
                }
            }
            let newest_of = |site: Option<Site>| {
                let of_site: crate::inputs::Entries<'i> =
                    entries.iter().copied().filter(|entry| entry.site == site).collect();
                newest(&of_site)
            };
            let anywhere = newest_of(None);
            for site in sites {
                let Some(reading) = newest_of(site) else { continue };
                let superseded = site.is_some()
                    && anywhere.as_ref().is_some_and(|anywhere| newer_time(anywhere.time(), reading.time()));
                if superseded {
                    continue;
                }
                all.extend(complication(case, input, site, &reading));
            }
        }
        Complications { all }
    }

    /// Those of an input that are at most 90 days old.
    pub fn recent(&self, input: Input) -> impl Iterator<Item = &Complication<'i>> + Clone {
        self.all.iter().filter(move |it| it.input == input && it.recent)
    }

    /// Those of an input that are current.
    pub fn current(&self, input: Input, treatments: &Treatments<'i>) -> impl Iterator<Item = &Complication<'i>> {
        self.recent(input).filter(|it| it.is_current(treatments))
    }

    /// Those that are there, and too old to count: for all that is known, if they have no time.
    pub fn not_current(&self) -> impl Iterator<Item = &Complication<'i>> {
        self.all.iter().filter(|it| !it.recent && it.present.is_true())
    }
}

fn complication<'i>(
    case: &Case<'i>,
    input: Input,
    site: Option<Site>,
    reading: &Reading<'i>,
) -> Option<Complication<'i>> {
    let found: SmallVec<[(Truth, Option<Severity>); 2]> =
        reading.entries.iter().map(|entry| is_there(case, entry)).collect();
    let present = Truth::any(found.iter().map(|(there, _)| *there));
    let day = reading.time().map(When::day);
    (!present.is_false()).then(|| Complication {
        input,
        site,
        day,
        present,
        severity: found.iter().filter_map(|(_, severity)| *severity).max(),
        entries: reading.entries.clone(),
        recent: day.is_some_and(|day| case.as_of.days_since(day) <= CURRENT_DAYS),
    })
}

fn is_there<'i>(case: &Case<'i>, entry: &'i Entry) -> (Truth, Option<Severity>) {
    match entry.input {
        Input::SpinalCordCompression | Input::Fracture => {
            let severity = case.log.severity(entry).filter(|severity| *severity != Severity::None);
            (Truth::known(severity.is_some()), severity)
        }
        Input::BonePain if case.log.interval(entry).is_some() => (case.log.at_least(entry, PAIN), None),
        _ => (case.log.flag(entry).map_or(Truth::Unknown, Truth::known), None),
    }
}

/// Whether a fracture is of a weight-bearing bone: as said, else by its site, else by the tumour's.
pub(super) fn bears_weight(fracture: &Complication<'_>, tumour_site: Option<Site>) -> Truth {
    let said = |wanted: bool| fracture.entries.iter().any(|entry| entry.weight_bearing == Some(wanted));
    if said(true) {
        return Truth::True;
    }
    if said(false) {
        return Truth::False;
    }
    match fracture.site.or(tumour_site) {
        Some(Site::Vertebra | Site::Pelvis | Site::Femur) => Truth::True,
        Some(Site::Skull | Site::Rib | Site::Sternum) => Truth::False,
        _ => Truth::Unknown,
    }
}
