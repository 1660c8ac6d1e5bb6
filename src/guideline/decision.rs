//! A decision (decision specification §10): what the guideline says of one patient, with every reason.

pub use super::case::Reasons;
pub use super::vocabulary::*;
use crate::inputs::words::{Modality, Relapse, Site};
use crate::inputs::{Day, Entry, Input, InputSet, Look, Source, Span, Truth};
use smallvec::SmallVec;

/// The guideline's identifier in decisions.
pub const GUIDELINE_ID: &str = "dmsg-solitary-plasmacytoma";
/// The guideline's version: the day of its approval.
pub const GUIDELINE_VERSION: &str = "2025-12-17";

/// What the guideline says of one patient on one day.
#[derive(Debug)]
pub struct Decision<'i> {
    /// The patient's reference (`Patient/p1`).
    pub patient: &'i str,
    /// The day for which it holds.
    pub as_of: Day,
    /// The outcome; nothing if the patient is out of scope.
    pub outcome: Option<Outcomes<'i>>,
    /// Every look at a value, in order.
    pub looks: Vec<Look<'i>>,
    /// Which stretch of the looks belongs to which fact or recommendation.
    pub spans: Vec<Span>,
}

/// What is decided for a patient in scope.
#[derive(Debug)]
pub struct Outcomes<'i> {
    /// What concerns the plasmacytoma; nothing for myeloma without one.
    pub plasmacytoma: Option<Plasmacytoma<'i>>,
    /// The 21, in order.
    pub recommendations: Vec<Recommendation<'i>>,
    /// The prognosis, where R05 applies.
    pub prognosis: Option<Prognosis>,
    /// Entries of one time that disagree.
    pub conflicts: Vec<Conflict<'i>>,
    /// Closed inputs that were tested and had no entry.
    pub not_recorded: InputSet,
    /// What a reader must know first, in the order in which it is to be said.
    pub notes: Vec<Note<'i>>,
}

/// What is decided about a plasmacytoma.
#[derive(Debug)]
pub struct Plasmacytoma<'i> {
    /// Bone or soft tissue.
    pub compartment: Compartment,
    /// How much of the marrow is involved.
    pub marrow: Marrow,
    /// The dates that everything is counted from.
    pub anchors: Anchors,
    /// The relapse.
    pub relapse: RelapseState,
    /// The events at baseline, in the order of [`Event::ALL`].
    pub events: [EventState; 8],
    /// The events after treatment (without `mri_focal`); nothing for the untreated.
    pub events_after_treatment: Option<[EventState; 7]>,
    /// The row of Table 1.
    pub classification: Classification,
    /// Whether the disease is solitary.
    pub solitary: Truth,
    /// What doses and prognosis go by.
    pub working_diagnosis: WorkingDiagnosis,
    /// The tumour's site at baseline, where known (not part of §10; for the words of the plan).
    pub site: Option<Site>,
    /// The entries that confirm or suspect the plasmacytoma (not part of §10; for the plan's `addresses`).
    pub diagnoses: SmallVec<[&'i Entry; 2]>,
}

/// The dates that everything is counted from (decision specification §3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Anchors {
    /// The day of diagnosis.
    pub diagnosis_date: Option<Day>,
    /// The start of treatment.
    pub treatment_start: Option<Day>,
    /// The end of treatment.
    pub treatment_end: Option<Day>,
    /// Whether a course under way keeps the patient untreated.
    pub under_way: bool,
}

/// The relapse and its date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RelapseState {
    /// What it is.
    pub value: Relapse,
    /// Its date; `none` has none.
    pub date: Option<Day>,
}

/// The row of Table 1, or the rows that are still possible.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Classification {
    /// The row.
    pub result: ClassificationResult,
    /// The rows still possible, if it is undetermined.
    pub possible: SmallVec<[ClassificationResult; 9]>,
    /// The open inputs that would settle it, if it is undetermined.
    pub missing: InputSet,
}

/// The diagnosis that doses and prognosis go by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WorkingDiagnosis {
    /// The diagnosis.
    pub value: WorkingDiagnosisValue,
    /// What it rests on; nothing for none.
    pub basis: Option<DiagnosisBasis>,
    /// Whether the findings or a recorded myeloma contradict the clinician's diagnosis.
    pub contradicted: bool,
}

/// One of the 21 for one patient.
#[derive(Clone, Debug)]
pub struct Recommendation<'i> {
    /// Its number.
    pub id: RecommendationId,
    /// What it comes to.
    pub status: Status,
    /// Whether what fulfils it is still under way.
    pub under_way: bool,
    /// What would settle it, if it is undetermined.
    pub missing: InputSet,
    /// Where the guideline is unclear.
    pub ambiguities: SmallVec<[Ambiguity; 2]>,
    /// What is to be done.
    pub actions: SmallVec<[Action; 1]>,
    /// The factors that make closer follow-up preferable (R16).
    pub factors: SmallVec<[Factor; 5]>,
    /// What to say with it.
    pub notes: SmallVec<[Note<'i>; 1]>,
    /// The entries that show it: what fulfils it, or was done otherwise.
    pub shown_by: SmallVec<[&'i Entry; 2]>,
    /// What it was worked out from.
    pub reasons: Reasons,
}

impl Decision<'_> {
    /// The looks that led to a recommendation's outcome, in their order.
    pub fn because<'a>(&'a self, recommendation: &Recommendation<'_>) -> impl Iterator<Item = &'a Look<'a>> {
        let spans = recommendation.reasons.numbers().filter_map(|number| self.spans.get(number));
        spans.flat_map(|span| span.of(&self.looks))
    }
}

/// Something to be done.
#[derive(Clone, Debug, PartialEq)]
pub struct Action {
    /// What.
    pub code: ActionCode,
    /// From which day to which.
    pub due: Option<Due>,
    /// Whether its time has passed.
    pub overdue: bool,
    /// Whether it is urgent.
    pub urgent: bool,
    /// Whether it holds only if the diagnosis is confirmed.
    pub if_confirmed: bool,
    /// Its strength, where it is not its recommendation's.
    pub strength: Option<Strength>,
    /// The inputs that it is to supply.
    pub inputs: SmallVec<[Input; 8]>,
    /// The techniques.
    pub modalities: SmallVec<[Modality; 3]>,
    /// What the radiotherapy takes in.
    pub target: Option<Target>,
    /// The total dose, Gy.
    pub dose_gy: Option<Amount>,
    /// The fraction size: 1.8 to 2 Gy where it is shown.
    pub fraction_gy: bool,
    /// Doses with their fractions to choose from.
    pub schedules: SmallVec<[Schedule; 3]>,
}

impl Action {
    /// The action and nothing more.
    pub fn new(code: ActionCode) -> Action {
        Action {
            code,
            due: None,
            overdue: false,
            urgent: false,
            if_confirmed: false,
            strength: None,
            inputs: SmallVec::new(),
            modalities: SmallVec::new(),
            target: None,
            dose_gy: None,
            fraction_gy: false,
            schedules: SmallVec::new(),
        }
    }
}

/// From a day to a day, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Due {
    /// The first day.
    pub start: Day,
    /// The last day.
    pub end: Day,
}

/// A whole number, or from one to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Amount {
    /// Just that.
    Exactly(u8),
    /// From the first to the second.
    Between(u8, u8),
}

impl Amount {
    /// The lowest and the highest that it may be.
    pub const fn bounds(self) -> (u8, u8) {
        match self {
            Amount::Exactly(number) => (number, number),
            Amount::Between(low, high) => (low, high),
        }
    }
}

/// A dose in so many fractions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// The total dose, Gy.
    pub dose_gy: Amount,
    /// The number of fractions.
    pub fractions: Amount,
}

/// Something that a reader must know.
#[derive(Clone, Debug)]
pub struct Note<'i> {
    /// What.
    pub code: NoteCode,
    /// The entries that it is about.
    pub entries: SmallVec<[&'i Entry; 1]>,
    /// The inputs that it is about.
    pub inputs: InputSet,
    /// The events that it is about.
    pub events: SmallVec<[Event; 1]>,
    /// The day that it is about.
    pub date: Option<Day>,
}

impl<'i> Note<'i> {
    /// The note and nothing more.
    pub fn new(code: NoteCode) -> Note<'i> {
        Note { code, entries: SmallVec::new(), inputs: InputSet::EMPTY, events: SmallVec::new(), date: None }
    }

    /// The note about these entries.
    pub fn about(code: NoteCode, entries: impl IntoIterator<Item = &'i Entry>) -> Note<'i> {
        Note { entries: entries.into_iter().collect(), ..Note::new(code) }
    }

    /// The resources that it is about.
    pub fn sources(&self) -> impl Iterator<Item = &'i Source> {
        self.entries.iter().filter_map(|entry| entry.source.as_ref())
    }
}

/// Entries of one input and time that disagree.
#[derive(Clone, Debug)]
pub struct Conflict<'i> {
    /// The input.
    pub input: Input,
    /// The entries.
    pub entries: SmallVec<[&'i Entry; 2]>,
}

/// The prognosis (decision specification §7): factors and studies side by side, no score.
#[derive(Clone, Debug)]
pub struct Prognosis {
    /// Whether it is complete.
    pub status: PrognosisStatus,
    /// The four factors of R05 with their states.
    pub factors: [(Factor, FactorState); 4],
    /// What else is present.
    pub also: SmallVec<[Factor; 3]>,
    /// What the studies predict.
    pub predictions: SmallVec<[Prediction; 6]>,
    /// Where the guideline is unclear.
    pub ambiguities: SmallVec<[Ambiguity; 2]>,
}

/// One cohort's figure.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Prediction {
    /// Its identifier (`progression_10y_bone`).
    pub id: &'static str,
    /// Of what.
    pub outcome: Outcome,
    /// The figure.
    pub figure: Figure,
    /// The numbers of the studies in the guideline's reference list.
    pub references: &'static [u8],
    /// The period that it is for, where it has one.
    pub period: Option<Due>,
}

/// A figure as the study gives it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Figure {
    /// A probability, %.
    Percent(u8),
    /// A probability between two, %.
    PercentBetween(u8, u8),
    /// A median, in tenths of a month.
    MedianTenthMonths(u16),
    /// A median that was not reached.
    MedianNotReached,
}
