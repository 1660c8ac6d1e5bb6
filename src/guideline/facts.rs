//! The facts that the recommendations share, in the order in which they rest on each other.

use super::anchors::{Diagnoses, Timeline, diagnoses, diagnosis_date, plasmacytomas};
use super::case::{Case, Fact, Why};
use super::classification::{Row, Table1};
use super::complications::Complications;
use super::courses::{Course, Operation, Treatments, is_to};
use super::events::{Baseline, Events, after_treatment};
use super::findings::{CompartmentFinding, ImagingDone, Lesions, MarrowFinding, Signal, biopsy};
use super::light_chains::LightChains;
use super::relapse_state::{RelapseFinding, Signs};
use super::standing::{Standing, is_active_myeloma};
use super::thresholds::BEFORE_DIAGNOSIS_DAYS;
use crate::inputs::words::{Site, SurgeryKind};
use crate::inputs::{Condition, Day};

/// What is known of a patient in scope.
pub(super) struct Facts<'i> {
    pub diagnoses: Fact<Diagnoses<'i>>,
    pub treatments: Fact<Treatments<'i>>,
    pub complications: Fact<Complications<'i>>,
    /// Nothing for myeloma without a plasmacytoma.
    pub plasmacytoma: Option<PlasmacytomaFacts<'i>>,
    /// Confirmed multiple myeloma that is active, or has come back ("M").
    pub active_myeloma: Fact<bool>,
}

/// What is known of a plasmacytoma.
pub(super) struct PlasmacytomaFacts<'i> {
    pub timeline: Fact<Timeline>,
    pub biopsy: Fact<Condition>,
    pub lesions: Fact<Lesions>,
    pub imaging: Fact<ImagingDone<'i>>,
    pub signal: Fact<Signal>,
    pub compartment: Fact<CompartmentFinding>,
    pub marrow: Fact<MarrowFinding<'i>>,
    pub light_chains: Fact<LightChains<'i>>,
    pub events: Fact<Events>,
    pub events_after: Fact<Option<Events>>,
    /// The marrow after treatment; nothing for the untreated.
    pub marrow_after: Fact<Option<MarrowFinding<'i>>>,
    pub row: Fact<Row>,
    pub standing: Fact<Standing<'i>>,
    pub relapse: Fact<RelapseFinding>,
}

impl<'i> Facts<'i> {
    /// Works them out; nothing if the patient is out of scope.
    pub fn of(case: &Case<'i>) -> Option<Facts<'i>> {
        let died = case.fact(|_| super::standing::has_died(case));
        let diagnoses = case.fact(|_| diagnoses(case));
        let known = diagnoses.printed();
        let has_plasmacytoma = plasmacytomas(known).next().is_some();
        let has_myeloma = known.iter().any(|(_, it)| is_active_myeloma(it));
        if *died.printed() || !(has_plasmacytoma || has_myeloma) {
            return None;
        }
        let diagnosed = case.fact(|why| {
            let diagnoses = diagnoses.tell(why);
            if has_plasmacytoma { diagnosis_date(case, diagnoses) } else { None }
        });
        let treatments = case.fact(|why| {
            let from = diagnosed.tell(why).map(|day| day.plus_days(-BEFORE_DIAGNOSIS_DAYS));
            Treatments::read(case, from)
        });
        let complications = case.fact(|_| Complications::read(case));
        let plasmacytoma = has_plasmacytoma.then(|| PlasmacytomaFacts::of(case, &diagnoses, &diagnosed, &treatments));
        let active_myeloma = case.fact(|why| match &plasmacytoma {
            Some(plasmacytoma) => plasmacytoma.standing.tell(why).active_myeloma().next().is_some(),
            None => diagnoses.tell(why).iter().any(|(_, it)| is_active_myeloma(it)),
        });
        Some(Facts { diagnoses, treatments, complications, plasmacytoma, active_myeloma })
    }

    /// The tumour's site at baseline, where there is a plasmacytoma and its site is known.
    pub fn tumour_site(&self, why: &Why) -> Option<Site> {
        self.plasmacytoma.as_ref().and_then(|plasmacytoma| plasmacytoma.compartment.tell(why).site)
    }
}

impl<'i> PlasmacytomaFacts<'i> {
    fn of(
        case: &Case<'i>,
        diagnoses: &Fact<Diagnoses<'i>>,
        diagnosed: &Fact<Option<Day>>,
        treatments: &Fact<Treatments<'i>>,
    ) -> PlasmacytomaFacts<'i> {
        let timeline = case.fact(|why| Timeline::new(case, *diagnosed.tell(why), treatments.tell(why)));
        let biopsy = case.fact(|why| biopsy(case, timeline.tell(why)));
        let lesions = case.fact(|why| Lesions::read(case, timeline.tell(why)));
        let imaging = case.fact(|why| ImagingDone::read(case, timeline.tell(why)));
        let signal = case.fact(|why| Signal::read(case, timeline.tell(why), imaging.tell(why)));
        let compartment = case.fact(|why| CompartmentFinding::read(case, timeline.tell(why), diagnoses.tell(why)));
        let marrow = case.fact(|why| MarrowFinding::at_baseline(case, timeline.tell(why)));
        let light_chains = case.fact(|why| LightChains::at_baseline(case, timeline.tell(why)));
        let events = case.fact(|why| {
            Baseline {
                timeline: timeline.tell(why),
                compartment: compartment.tell(why),
                lesions: lesions.tell(why),
                imaging: imaging.tell(why),
                marrow: marrow.tell(why),
                light_chains: light_chains.tell(why),
            }
            .events(case)
        });
        let windows = |why: &Why| timeline.tell(why).after_treatment().zip(timeline.tell(why).since_treatment());
        let events_after = case.fact(|why| windows(why).map(|(window, since)| after_treatment(case, window, since)));
        let marrow_after = case.fact(|why| windows(why).map(|(window, _)| MarrowFinding::in_window(case, window)));
        let row = case.fact(|why| {
            Table1 {
                biopsy: *biopsy.tell(why),
                compartment: compartment.tell(why),
                marrow: marrow.tell(why),
                lesions: lesions.tell(why),
                signal: signal.tell(why).abnormal,
                events: events.tell(why),
            }
            .row()
        });
        let standing = case.fact(|why| {
            let (row, compartment) = (row.tell(why), compartment.tell(why));
            Standing::of(diagnoses.tell(why), row, compartment, timeline.tell(why), treatments.tell(why))
        });
        let relapse = case.fact(|why| {
            Signs {
                case,
                timeline: timeline.tell(why),
                diagnoses: diagnoses.tell(why),
                treatments: treatments.tell(why),
                compartment: compartment.tell(why),
                events_after: events_after.tell(why).as_ref(),
                baseline_chains: light_chains.tell(why),
            }
            .relapse()
        });
        PlasmacytomaFacts {
            timeline,
            biopsy,
            lesions,
            imaging,
            signal,
            compartment,
            marrow,
            light_chains,
            events,
            events_after,
            marrow_after,
            row,
            standing,
            relapse,
        }
    }

    /// Whether treatment is over.
    pub fn treated(&self, why: &Why) -> bool {
        self.timeline.tell(why).treated
    }

    /// Whether a course is to the tumour's site.
    pub fn course_to_site(&self, course: &Course<'i>, why: &Why) -> bool {
        let reference = self.timeline.tell(why).anchors.diagnosis_date;
        is_to(course.site, course.start(), self.compartment.tell(why).site, reference)
    }

    /// Whether an operation is to the tumour's site.
    pub fn operation_to_site(&self, operation: &Operation<'i>, why: &Why) -> bool {
        let reference = self.timeline.tell(why).anchors.diagnosis_date;
        is_to(operation.site, operation.day, self.compartment.tell(why).site, reference)
    }

    /// The resections of this tumour: of this disease, or without a day, and to its site.
    pub fn resections<'a>(
        &'a self,
        treatments: &'a Treatments<'i>,
        why: &'a Why,
    ) -> impl Iterator<Item = &'a Operation<'i>> {
        treatments.operations.iter().filter(|operation| {
            operation.kind == SurgeryKind::Resection
                && (operation.counts || operation.day.is_none())
                && self.operation_to_site(operation, why)
        })
    }
}
