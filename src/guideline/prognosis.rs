//! R05 and the prognosis (decision specification §7): factors and studies side by side, never a score.

use super::case::{Case, Why};
use super::decision::*;
use super::facts::PlasmacytomaFacts;
use super::follow_up::response_scan;
use super::relapse_state::presence;
use super::standing::agreed;
use super::thresholds::*;
use crate::inputs::words::Response;
use crate::inputs::{Day, Entries, Input, InputSet, Truth, newest};
use smallvec::SmallVec;

/// The four factors, what else is present, and what would settle the unknown ones.
pub(super) struct Factors {
    pub four: [(Factor, FactorState); 4],
    pub also: SmallVec<[Factor; 3]>,
    pub missing: InputSet,
    persistence: Option<bool>,
    flow: Option<Truth>,
}

impl Factors {
    /// Whether none is unknown.
    pub fn status(&self) -> PrognosisStatus {
        let unknown = self.four.iter().any(|(_, state)| *state == FactorState::Unknown);
        if unknown { PrognosisStatus::Preliminary } else { PrognosisStatus::Final }
    }

    fn state(&self, factor: Factor) -> FactorState {
        self.four.iter().find(|(id, _)| *id == factor).map_or(FactorState::Unknown, |(_, state)| *state)
    }

    /// Those that make closer follow-up preferable (R16; A9): bone and age alone do not.
    pub fn of_follow_up(&self) -> SmallVec<[Factor; 5]> {
        let four = self.four.iter().filter(|(id, state)| *state == FactorState::Present && *id != Factor::Bone);
        let also = self.also.iter().copied().filter(|id| *id != Factor::Age60);
        four.map(|(id, _)| *id).chain(also).collect()
    }
}

/// The factors of a patient.
pub(super) fn factors<'i>(case: &Case<'i>, facts: &PlasmacytomaFacts<'i>, why: &Why) -> Factors {
    let mut missing = InputSet::EMPTY;
    let mut state = |truth: Truth, settled_by: InputSet| match truth {
        Truth::True => FactorState::Present,
        Truth::False => FactorState::Absent,
        Truth::Unknown => {
            missing = missing.and(settled_by);
            FactorState::Unknown
        }
    };
    let compartment = facts.compartment.tell(why).is_bone();
    let bone = state(compartment.truth, compartment.missing);
    let ratio = facts.light_chains.tell(why).newest_ratio();
    let ratio = ratio.map_or(Truth::Unknown, |ratio| ratio.is_abnormal(&case.log));
    let ratio = state(ratio, InputSet::one(Input::SerumFlcRatio));
    let marrow = facts.marrow.tell(why);
    let minimal = match marrow.marrow {
        Marrow::Minimal => Truth::True,
        Marrow::None | Marrow::Involved10 => Truth::False,
        Marrow::Unknown => Truth::Unknown,
    };
    let minimal = state(minimal, marrow.missing);
    let remission = match response(case, facts, why) {
        Evaluated::Said(response) => state(Truth::known(response != Response::Complete), InputSet::EMPTY),
        Evaluated::NotYet => FactorState::NotEvaluated,
        Evaluated::Unknown => state(Truth::Unknown, InputSet::one(Input::Response)),
    };
    let persistence = persistence(case, facts, why);
    let mut also = SmallVec::new();
    if persistence == Some(true) {
        also.push(Factor::PersistentMProtein);
    }
    if high_risk_fish(case, facts, why) {
        also.push(Factor::HighRiskFish);
    }
    if is_60(case, facts, why) {
        also.push(Factor::Age60);
    }
    Factors {
        four: [
            (Factor::Bone, bone),
            (Factor::AbnormalFlcRatio, ratio),
            (Factor::MinimalMarrow, minimal),
            (Factor::NoCompleteRemission, remission),
        ],
        also,
        missing,
        persistence,
        flow: marrow.flow,
    }
}

/// The response after treatment.
enum Evaluated {
    Said(Response),
    /// It is not to be known yet.
    NotYet,
    Unknown,
}

fn response<'i>(case: &Case<'i>, facts: &PlasmacytomaFacts<'i>, why: &Why) -> Evaluated {
    let timeline = facts.timeline.tell(why);
    let (Some(since), Some(end)) = (timeline.since_treatment(), timeline.treated_on()) else {
        return Evaluated::NotYet;
    };
    let reading = case.newest(Input::Response, since);
    if reading.is_some() {
        return agreed(reading, |entry| case.log.response(entry)).map_or(Evaluated::Unknown, Evaluated::Said);
    }
    let (_, last) = RESPONSE_DUE_MONTHS;
    let due = end.plus_months(last);
    let evaluable = response_scan(case, facts, why).map_or(due, |scan| scan.day.min(due));
    if case.as_of >= evaluable { Evaluated::Unknown } else { Evaluated::NotYet }
}

/// Whether M-protein that was there at baseline persists for more than a year after treatment; nothing if that is not
/// known, or there was none.
fn persistence<'i>(case: &Case<'i>, facts: &PlasmacytomaFacts<'i>, why: &Why) -> Option<bool> {
    let timeline = facts.timeline.tell(why);
    let end = timeline.treated_on()?;
    let is_present =
        |reading: crate::inputs::Reading<'i>| match case.log.answer(&reading, |entry| presence(case, entry)) {
            Truth::True => Some(true),
            Truth::False => Some(false),
            Truth::Unknown => None,
        };
    let at_baseline = timeline.newest_baseline(case, Input::SerumMProtein).and_then(is_present)?;
    if !at_baseline {
        return None;
    }
    let after_a_year = end.plus_months(PERSISTENT_M_PROTEIN_MONTHS);
    let later: Entries<'i> = case
        .all(Input::SerumMProtein)
        .into_iter()
        .filter(|entry| entry.day().is_some_and(|day| day > after_a_year))
        .collect();
    newest(&later).and_then(is_present)
}

fn high_risk_fish<'i>(case: &Case<'i>, facts: &PlasmacytomaFacts<'i>, why: &Why) -> bool {
    case.test_closed(Input::Fish);
    let results = facts.timeline.tell(why).baseline(case, Input::Fish);
    results.iter().filter(|entry| case.log.fish(entry).is_some_and(|fish| fish.detected)).count() > 0
}

fn is_60<'i>(case: &Case<'i>, facts: &PlasmacytomaFacts<'i>, why: &Why) -> bool {
    let mut births = case.inputs.of(Input::BirthDate).iter().filter_map(|entry| case.log.date(entry));
    let Some(birth) = births.next() else { return false };
    let diagnosed = facts.timeline.tell(why).anchors.diagnosis_date;
    births.all(|other| other == birth)
        && diagnosed.is_some_and(|diagnosed| birth.plus_months(AGE_YEARS * 12) <= diagnosed)
}

/// R05 (B): the prognosis, as far as its factors are known.
pub(super) fn r05<'i>(facts: &PlasmacytomaFacts<'i>, factors: &Factors, why: &Why) -> Recommendation<'i> {
    let id = RecommendationId::R05;
    if facts.standing.tell(why).working_diagnosis.value == WorkingDiagnosisValue::None {
        return Recommendation::not_applicable(id);
    }
    if factors.status() == PrognosisStatus::Final || facts.treated(why) {
        return Recommendation::new(id, Status::Fulfilled);
    }
    // Where the site alone settles that the tumour is not solitary, no factor is asked for.
    let row = facts.row.tell(why);
    let missing = if row.site_settles { row.missing_for_solitary() } else { factors.missing };
    Recommendation::undetermined(id, missing)
}

/// The RiskAssessment of §7; `over` once a relapse is worked up or the disease has become myeloma.
pub(super) fn prognosis(
    as_of: Day,
    facts: &PlasmacytomaFacts<'_>,
    factors: &Factors,
    over: bool,
    why: &Why,
) -> Option<Prognosis> {
    if facts.standing.tell(why).working_diagnosis.value == WorkingDiagnosisValue::None {
        return None;
    }
    let anchors = facts.timeline.tell(why).anchors;
    let treated_on = facts.timeline.tell(why).treated_on();
    let rows = if over { SmallVec::new() } else { rows(factors) };
    let predictions: SmallVec<[Prediction; 6]> =
        rows.iter().filter_map(|row| row.on(as_of, anchors.diagnosis_date, treated_on)).collect();
    let by_flow = predictions.iter().any(|prediction| prediction.id.starts_with("progression_flow"));
    Some(Prognosis {
        status: factors.status(),
        factors: factors.four,
        also: factors.also.clone(),
        predictions,
        ambiguities: if by_flow { SmallVec::from_slice(&[Ambiguity::A14]) } else { SmallVec::new() },
    })
}

/// What a prediction's period starts with.
#[derive(Clone, Copy)]
enum Period {
    FromDiagnosis,
    FromTreatment,
    None,
}

/// A line of §7's table.
#[derive(Clone, Copy)]
struct Line {
    id: &'static str,
    outcome: Outcome,
    figure: Figure,
    references: &'static [u8],
    period: Period,
}

const fn line(id: &'static str, outcome: Outcome, figure: Figure, references: &'static [u8], period: Period) -> Line {
    Line { id, outcome, figure, references, period }
}

use Figure::{MedianNotReached, MedianTenthMonths, Percent, PercentBetween};
use Outcome::{DiseaseFreeSurvival, MyelomaFreeSurvival, ProgressionFreeSurvival, ProgressionToMyeloma};
use Period::{FromDiagnosis, FromTreatment};

// The figures stand in the guideline's introduction (reference 4) and in its text under R05 (the others).
const BONE: [Line; 3] = [
    line("progression_10y_bone", ProgressionToMyeloma, Percent(50), &[4], FromDiagnosis),
    line("median_mmfs_bone", MyelomaFreeSurvival, MedianTenthMonths(1220), &[10], FromDiagnosis),
    line("median_dfs_bone", DiseaseFreeSurvival, MedianTenthMonths(262), &[1], FromDiagnosis),
];
const EXTRAMEDULLARY: [Line; 3] = [
    line("progression_10y_extramedullary", ProgressionToMyeloma, Percent(30), &[4], FromDiagnosis),
    line("median_mmfs_extramedullary", MyelomaFreeSurvival, MedianNotReached, &[10], FromDiagnosis),
    line("median_dfs_extramedullary", DiseaseFreeSurvival, MedianNotReached, &[1], FromDiagnosis),
];
const FLOW_POSITIVE: Line =
    line("progression_flow_positive", ProgressionToMyeloma, Percent(70), &[1, 12, 13], Period::None);
const FLOW_NEGATIVE: Line =
    line("progression_flow_negative", ProgressionToMyeloma, PercentBetween(6, 12), &[1, 12, 13], Period::None);
const FLC_ABNORMAL: Line =
    line("median_mmfs_flc_abnormal", MyelomaFreeSurvival, MedianTenthMonths(780), &[10], FromDiagnosis);
const FLC_NORMAL: Line = line("median_mmfs_flc_normal", MyelomaFreeSurvival, MedianNotReached, &[10], FromDiagnosis);
const MARROW_MINIMAL: Line =
    line("median_mmfs_marrow_minimal", MyelomaFreeSurvival, MedianTenthMonths(187), &[1], FromDiagnosis);
const MARROW_NONE: Line =
    line("median_mmfs_marrow_none", MyelomaFreeSurvival, MedianTenthMonths(1527), &[1], FromDiagnosis);
const M_PROTEIN_PERSISTENT: Line =
    line("pfs_10y_m_protein_persistent", ProgressionFreeSurvival, Percent(29), &[15, 1], FromTreatment);
const M_PROTEIN_GONE: Line =
    line("pfs_10y_m_protein_gone", ProgressionFreeSurvival, Percent(91), &[15, 1], FromTreatment);

fn rows(factors: &Factors) -> SmallVec<[Line; 8]> {
    let mut rows: SmallVec<[Line; 8]> = SmallVec::new();
    let in_bone = factors.state(Factor::Bone) == FactorState::Present;
    match factors.state(Factor::Bone) {
        FactorState::Present => rows.extend(BONE),
        FactorState::Absent => rows.extend(EXTRAMEDULLARY),
        _ => {}
    }
    match factors.flow {
        Some(Truth::True) if in_bone => rows.push(FLOW_POSITIVE),
        Some(Truth::False) if in_bone => rows.push(FLOW_NEGATIVE),
        _ => {}
    }
    match factors.state(Factor::AbnormalFlcRatio) {
        FactorState::Present => rows.push(FLC_ABNORMAL),
        FactorState::Absent => rows.push(FLC_NORMAL),
        _ => {}
    }
    match factors.state(Factor::MinimalMarrow) {
        FactorState::Present => rows.push(MARROW_MINIMAL),
        FactorState::Absent => rows.push(MARROW_NONE),
        _ => {}
    }
    match factors.persistence {
        Some(true) if in_bone => rows.push(M_PROTEIN_PERSISTENT),
        Some(false) if in_bone => rows.push(M_PROTEIN_GONE),
        _ => {}
    }
    rows
}

impl Line {
    /// The prediction, unless its period is over or its median outlived.
    fn on(&self, as_of: Day, diagnosed: Option<Day>, treated_on: Option<Day>) -> Option<Prediction> {
        let start = match self.period {
            FromDiagnosis => diagnosed,
            FromTreatment => treated_on,
            Period::None => None,
        };
        let end = start.map(|start| start.plus_months(TEN_YEARS_MONTHS));
        let last = match (self.figure, start) {
            (MedianTenthMonths(tenths), Some(start)) => Some(start.plus_months(i32::from(tenths.div_ceil(10)))),
            (MedianNotReached, _) => None,
            _ => end,
        };
        let over = last.is_some_and(|last| as_of > last);
        (!over).then(|| Prediction {
            id: self.id,
            outcome: self.outcome,
            figure: self.figure,
            references: self.references,
            period: start.zip(end).map(|(start, end)| Due { start, end }),
        })
    }
}
