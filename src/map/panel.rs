//! The panels and reports that a result belongs to: they date the members that have no date of their own.

use super::date::Dated;
use super::engine::{At, Mapper, modified};
use super::observation::{effective, readable};
use super::reason::Reason;
use super::report;
use crate::fhir::datatypes::Reference;
use crate::fhir::observation::Observation;
use crate::fhir::{Found, Record, Resource, Stored};
use crate::inputs::When;
use smallvec::SmallVec;
use std::collections::HashMap;

/// A result stands in a panel, this in a report; nothing real goes further than this.
const MOST_PANELS: usize = 4;

/// The panels and reports of a record by the results that they list.
#[derive(Debug)]
pub(super) struct Panels<'r, 'a>(HashMap<*const Stored<'a>, SmallVec<[&'r Stored<'a>; 2]>>);

impl<'r, 'a> Panels<'r, 'a> {
    fn of(record: &'r Record<'a>) -> Panels<'r, 'a> {
        let mut panels: HashMap<_, SmallVec<[&'r Stored<'a>; 2]>> = HashMap::new();
        for panel in record.resources().filter(|panel| is_read(panel)) {
            for reference in members(&panel.resource) {
                if let Found::Resource(member) = record.find(panel, reference) {
                    panels.entry(std::ptr::from_ref(member)).or_default().push(panel);
                }
            }
        }
        Panels(panels)
    }
}

fn members<'s, 'a>(resource: &'s Resource<'a>) -> &'s [Reference<'a>] {
    match resource {
        Resource::Observation(observation) => &observation.has_member,
        Resource::DiagnosticReport(report) => &report.result,
        _ => &[],
    }
}

fn is_read(panel: &Stored<'_>) -> bool {
    let status = match &panel.resource {
        Resource::Observation(observation) => observation.status.as_deref(),
        Resource::DiagnosticReport(report) => report.status.as_deref(),
        _ => return false,
    };
    readable(status).is_some() && modified(&panel.resource.common()).is_none()
}

impl<'r, 'a> Mapper<'_, 'r, 'a> {
    /// When an Observation was made: as it says, else as the panel or report says that lists it. FHIR has their date for
    /// the results that they are made of; where several list it and disagree, none is believed.
    pub(super) fn dated(&self, at: &At<'r, 'a>, observation: &Observation<'a>) -> Dated {
        match effective(observation) {
            Dated::Not(Reason::NoDate) => {
                self.date_by_panels(at.stored, MOST_PANELS).map_or(Dated::Not(Reason::NoDate), Dated::OfPanel)
            }
            dated => dated,
        }
    }

    fn date_by_panels(&self, member: &Stored<'a>, most: usize) -> Option<When> {
        let panels = self.panels.get_or_init(|| Panels::of(self.record));
        let of_member = panels.0.get(&std::ptr::from_ref(member)).filter(|_| most > 0)?;
        let mut found: Option<When> = None;
        for panel in of_member {
            let dated = match &panel.resource {
                Resource::Observation(observation) => effective(observation),
                Resource::DiagnosticReport(report) => report::effective(report),
                _ => Dated::Not(Reason::NoDate),
            };
            let when = match dated {
                Dated::At(when) => Some(when),
                Dated::Not(Reason::NoDate) => self.date_by_panels(panel, most - 1),
                Dated::Issued(_) | Dated::OfPanel(_) | Dated::Not(_) => None,
            };
            match (found, when) {
                (Some(one), Some(other)) if !one.same(other) => return None,
                (found_before, when) => found = found_before.or(when),
            }
        }
        found
    }
}
