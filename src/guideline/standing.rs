//! Where the patient stands: in scope, myeloma on record, solitary, working diagnosis (decision specification §5 and §6).

use super::anchors::{Diagnoses, Timeline, plasmacytomas};
use super::case::Case;
use super::classification::Row;
use super::courses::Treatments;
use super::decision::{ClassificationResult, Compartment, DiagnosisBasis, WorkingDiagnosis, WorkingDiagnosisValue};
use super::findings::CompartmentFinding;
use super::thresholds::WORKING_CODE_MONTHS;
use crate::inputs::words::{Certainty, ClinicalStatus, DiagnosisKind};
use crate::inputs::{Agreement, Diagnosis, Entry, Input, Truth};
use smallvec::SmallVec;

/// Whether the record says that the patient has died.
pub(super) fn has_died(case: &Case<'_>) -> bool {
    case.test_closed(Input::Deceased);
    let Some(reading) = case.latest(Input::Deceased) else { return false };
    reading.entries.iter().any(|entry| case.log.flag(entry) == Some(true))
}

/// Confirmed multiple myeloma that is active, or has come back ("M").
pub(super) fn is_active_myeloma(diagnosis: &Diagnosis) -> bool {
    diagnosis.certainty == Certainty::Confirmed && would_be_active_myeloma(diagnosis)
}

/// The same, if it is confirmed.
fn would_be_active_myeloma(diagnosis: &Diagnosis) -> bool {
    use ClinicalStatus::{Active, Recurrence, Relapse};
    diagnosis.kind == DiagnosisKind::MultipleMyeloma
        && matches!(diagnosis.clinical_status, Active | Recurrence | Relapse)
}

/// Diagnoses with the entries that say them.
type Read<'i> = SmallVec<[(&'i Entry, &'i Diagnosis); 2]>;

/// A myeloma as it stands in the record, and what that makes of the plasmacytoma.
#[derive(Clone, Debug)]
pub(super) struct Standing<'i> {
    /// The myelomas that are confirmed, whatever their clinical status; without an overtaken working code.
    pub myelomas: Read<'i>,
    /// A myeloma is suspected.
    pub myeloma_suspected: bool,
    /// One that would be active ("M") if it were confirmed.
    pub active_myeloma_suspected: bool,
    /// The myeloma codes that the work-up has overtaken.
    pub overtaken: SmallVec<[&'i Entry; 1]>,
    pub solitary: Truth,
    pub working_diagnosis: WorkingDiagnosis,
}

impl<'i> Standing<'i> {
    pub fn of(
        diagnoses: &Diagnoses<'i>,
        row: &Row,
        compartment: &CompartmentFinding,
        timeline: &Timeline,
        treatments: &Treatments<'i>,
    ) -> Standing<'i> {
        let confirmed_plasmacytomas =
            || plasmacytomas(diagnoses).filter(|(_, it)| it.certainty == Certainty::Confirmed);
        let first = confirmed_plasmacytomas().filter_map(|(_, it)| it.date()).min();
        let is_overtaken = |it: &Diagnosis| {
            let Some((date, first)) = it.date().zip(first) else { return false };
            it.kind == DiagnosisKind::MultipleMyeloma
                && it.clinical_status == ClinicalStatus::Active
                && row.is_solitary()
                && date <= first
                && date >= first.plus_months(-WORKING_CODE_MONTHS)
                && !treatments.systemic.iter().any(|therapy| therapy.start.is_none_or(|start| start <= first))
        };
        let on_record =
            diagnoses.iter().copied().filter(|(_, it)| it.kind.is_myeloma() && it.certainty != Certainty::Refuted);
        let (overtaken, read): (Read<'_>, Read<'_>) = on_record.partition(|(_, it)| is_overtaken(it));
        let myelomas: Read<'_> = read.iter().copied().filter(|(_, it)| it.certainty == Certainty::Confirmed).collect();
        let suspected = || read.iter().filter(|(_, it)| it.certainty != Certainty::Confirmed);
        let myeloma_suspected = suspected().next().is_some();
        let active_myeloma_suspected = suspected().any(|(_, it)| would_be_active_myeloma(it));

        let solitary = if !myelomas.is_empty() || !row.may_be_solitary() {
            Truth::False
        } else if row.is_solitary() && !myeloma_suspected {
            Truth::True
        } else {
            Truth::Unknown
        };
        let clinician = confirmed_plasmacytomas().next().is_some();
        let is_progression =
            |it: &Diagnosis| it.date().zip(timeline.anchors.treatment_end).is_some_and(|(date, end)| date > end);
        use ClassificationResult::{MyelomaByMarrow, MyelomaRequiringTreatment, NotPlasmaCell};
        let contradicting_row = matches!(row.result(), NotPlasmaCell | MyelomaRequiringTreatment | MyelomaByMarrow);
        let contradicting_myeloma = myelomas.iter().any(|(_, it)| !is_progression(it));
        let working = if solitary.is_false() {
            None
        } else if row.is_solitary() {
            Some(DiagnosisBasis::Classification)
        } else {
            clinician.then_some(DiagnosisBasis::Clinician)
        };
        let value = match (working, compartment.compartment) {
            (None, _) => WorkingDiagnosisValue::None,
            (_, Compartment::Bone) => WorkingDiagnosisValue::Sbp,
            (_, Compartment::Extramedullary) => WorkingDiagnosisValue::Emp,
            (_, Compartment::Unknown) => WorkingDiagnosisValue::Unspecified,
        };
        Standing {
            myelomas,
            myeloma_suspected,
            active_myeloma_suspected,
            overtaken: overtaken.into_iter().map(|(entry, _)| entry).collect(),
            solitary,
            working_diagnosis: WorkingDiagnosis {
                value,
                basis: working,
                contradicted: clinician && (contradicting_row || contradicting_myeloma),
            },
        }
    }

    /// Confirmed multiple myeloma that is active, or has come back ("M").
    pub fn active_myeloma(&self) -> impl Iterator<Item = &'i Diagnosis> {
        self.myelomas.iter().map(|(_, it)| *it).filter(|it| is_active_myeloma(it))
    }

    /// Whether a myeloma is on record.
    pub fn has_myeloma(&self) -> bool {
        !self.myelomas.is_empty()
    }
}

/// What a yes or no of a closed input says: the worse of those that disagree, and no where there is none.
pub(super) fn closed_flag<'i>(case: &Case<'i>, input: Input) -> bool {
    case.test_closed(input);
    let Some(reading) = case.current(input) else { return false };
    reading.entries.iter().any(|entry| case.log.flag(entry) == Some(true))
}

/// What an open yes or no or word says, where its newest entries agree.
pub(super) fn agreed<'i, T>(
    reading: Option<crate::inputs::Reading<'i>>,
    open: impl Fn(&'i Entry) -> Option<T>,
) -> Option<T> {
    let reading = reading?;
    let value = open(reading.entries.first()?);
    value.filter(|_| reading.agreement == Agreement::Agree)
}
