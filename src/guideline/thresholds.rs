//! Every number that the guideline is decided by, with its unit and its source.

use super::decision::Amount;
use crate::inputs::{Input, Limit};

/// A dose of radiotherapy, and where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dose {
    /// The dose, Gy.
    pub gy: Amount,
    /// In so many fractions, where it is said.
    pub fractions: Option<Amount>,
    /// Where it stands.
    pub source: &'static str,
}

impl Dose {
    const fn exactly(gy: u8, source: &'static str) -> Dose {
        Dose { gy: Amount::Exactly(gy), fractions: None, source }
    }

    const fn between(low: u8, high: u8, source: &'static str) -> Dose {
        Dose { gy: Amount::Between(low, high), fractions: None, source }
    }

    const fn in_fractions(self, fractions: Amount) -> Dose {
        Dose { fractions: Some(fractions), ..self }
    }
}

const GUIDELINE: &str = "guideline, text under R01-R04";
const REF_6: &str = "ref. 6 (International Myeloma Working Group 2014)";
const OURS: &str = "ours";

/// Total or corrected calcium above this is hypercalcaemia.
pub const CALCIUM: Limit = Limit::new(275, 2, "mmol/L", REF_6);
/// Total or corrected calcium more than this above its upper limit is hypercalcaemia.
pub const CALCIUM_ABOVE_UPPER: Limit = Limit::new(25, 2, "mmol/L", REF_6);
/// Ionised calcium above its upper limit is hypercalcaemia.
pub const IONISED_ABOVE_UPPER: Limit = Limit::new(0, 0, "mmol/L", GUIDELINE);
/// Creatinine above this is a renal event.
pub const CREATININE: Limit = Limit::new(177, 0, "µmol/L", REF_6);
/// Creatinine up to this is no renal event, even without a clearance.
pub const CREATININE_SAFE: Limit = Limit::new(105, 0, "µmol/L", OURS);
/// Clearance below this is a renal event.
pub const CLEARANCE: Limit = Limit::new(40, 0, "mL/min", REF_6);
/// A clearance this many days from a creatinine, either way, stands beside it.
pub const CLEARANCE_DAYS: i32 = 7;
/// Haemoglobin below this is anaemia (100 g/L).
pub const HAEMOGLOBIN: Limit = Limit::new(62, 1, "mmol/L", REF_6);
/// Haemoglobin more than this below its lower limit is anaemia (20 g/L).
pub const HAEMOGLOBIN_BELOW_LOWER: Limit = Limit::new(125, 2, "mmol/L", REF_6);
/// Haemoglobin from this on is no anaemia, even without a lower limit.
pub const HAEMOGLOBIN_SAFE: Limit = Limit::new(71, 1, "mmol/L", OURS);
/// Haemoglobin counts again this many days after an operation.
pub const HAEMOGLOBIN_AFTER_SURGERY_DAYS: i32 = 14;
/// No lesion.
pub const NO_LESION: Limit = Limit::new(0, 0, "", GUIDELINE);
/// One lesion: the index tumour.
pub const ONE_LESION: Limit = Limit::new(1, 0, "", GUIDELINE);
/// Two lesions.
pub const TWO_LESIONS: Limit = Limit::new(2, 0, "", "R07");
/// One or more.
pub const ANY_NEW_LESION: Limit = Limit::new(1, 0, "", OURS);
/// Clonal plasma cells in the marrow from this on are no minimal involvement.
pub const MARROW_INVOLVED: Limit = Limit::new(10, 0, "%", "Table 1");
/// Any clonal plasma cells in the marrow.
pub const MARROW_NONE: Limit = Limit::new(0, 0, "%", "Table 1");
/// Clonal plasma cells in the marrow from this on are an event.
pub const MARROW_60: Limit = Limit::new(60, 0, "%", GUIDELINE);
/// The ratio of free light chains from this on is an event, if kappa is high.
pub const FLC_RATIO_HIGH: Limit = Limit::new(100, 0, "", GUIDELINE);
/// The ratio of free light chains up to this is an event, if lambda is high.
pub const FLC_RATIO_LOW: Limit = Limit::new(1, 2, "", GUIDELINE);
/// The involved chain must be this high.
pub const FLC_INVOLVED: Limit = Limit::new(100, 0, "mg/L", GUIDELINE);
/// M-protein in urine from this on is an event (A10).
pub const URINE_M_PROTEIN: Limit = Limit::new(200, 0, "mg/24 h", GUIDELINE);
/// The ratio of free light chains below this is abnormal.
pub const FLC_NORMAL_LOW: Limit = Limit::new(26, 2, "", "text under R05");
/// The ratio of free light chains above this is abnormal.
pub const FLC_NORMAL_HIGH: Limit = Limit::new(165, 2, "", "text under R05");
/// The size of a tumour that divides the doses in bone.
pub const LARGE_TUMOUR: Limit = Limit::new(5, 0, "cm", "R06");
/// A dose from this on is curative where the intent was not said, Gy.
pub const CURATIVE_DOSE: Limit = Limit::new(35, 0, "Gy", OURS);
/// A dose up to this is palliative where the intent was not said, Gy.
pub const PALLIATIVE_DOSE: Limit = Limit::new(30, 0, "Gy", OURS);
/// Courses whose doses would add up to more than this are of two targets, Gy.
pub const ONE_TARGET_DOSE: Limit = Limit::new(60, 0, "Gy", OURS);
/// A dose this far outside a range is still in it, Gy (22 × 1.8 = 39.6).
pub const DOSE_TOLERANCE: Limit = Limit::new(1, 0, "Gy", OURS);
/// The smallest fraction, Gy.
pub const FRACTION_LOW: Limit = Limit::new(18, 1, "Gy", "text under R06");
/// The largest fraction, Gy.
pub const FRACTION_HIGH: Limit = Limit::new(2, 0, "Gy", "text under R06");
/// Bone, smaller than 5 cm.
pub const SMALL_BONE_DOSE: Dose = Dose::between(35, 40, "R06");
/// Bone, larger than 5 cm.
pub const LARGE_BONE_DOSE: Dose = Dose::between(40, 50, "R06");
/// Bone of exactly 5 cm, for which the guideline has no range; and where it is open which range it is.
pub const OPEN_DOSE: Dose = Dose::between(35, 50, "R06, both ranges (A1)");
/// Extramedullary.
pub const EXTRAMEDULLARY_DOSE: Dose = Dose::between(40, 50, "R06");
/// A course that was given to bone smaller than 5 cm is judged by this: 40–45 Gy is common practice.
pub const SMALL_BONE_GIVEN_DOSE: Dose = Dose::between(35, 45, "R06 and the text under it");
/// Against pain; the one for a short life and poor performance.
pub const PAIN_DOSE_ONE: Dose = Dose::exactly(8, "text under R13 (ref. 5)").in_fractions(Amount::Exactly(1));
/// Against pain.
pub const PAIN_DOSE_FIVE: Dose = Dose::exactly(20, "text under R13 (ref. 5)").in_fractions(Amount::Exactly(5));
/// Against pain.
pub const PAIN_DOSE_TEN: Dose = Dose::exactly(30, "text under R13 (ref. 5)").in_fractions(Amount::Exactly(10));
/// Large areas or cord compression.
pub const LARGE_FIELD_DOSE: Dose = Dose::exactly(30, "R14").in_fractions(Amount::Between(10, 15));
/// Larger targets, or irradiated again (A13).
pub const AGAIN_DOSE: Dose = Dose::between(20, 30, "text under R14").in_fractions(Amount::Between(10, 15));
/// A very long life expectancy with critical tissue in the field.
pub const LONG_LIFE_DOSE: Dose = Dose::exactly(40, "text under R14").in_fractions(Amount::Exactly(20));

/// A score from this on is pain.
pub const PAIN: Limit = Limit::new(1, 0, "", OURS);
/// A performance status from this on is poor.
pub const POOR_PERFORMANCE: Limit = Limit::new(3, 0, "", OURS);
/// M-protein or a chain must have risen by this part of its lowest value, as a factor.
pub const RISE_FACTOR: Limit = Limit::new(125, 2, "", "response criteria of the IMWG, ref. 6's group; ours");
/// M-protein must have risen by this.
pub const RISE_M_PROTEIN: Limit = Limit::new(5, 0, "g/L", "response criteria of the IMWG, ref. 6's group; ours");
/// A chain must have risen by this.
pub const RISE_CHAIN: Limit = Limit::new(100, 0, "mg/L", "response criteria of the IMWG, ref. 6's group; ours");
/// Any M-protein.
pub const M_PROTEIN_PRESENT: Limit = Limit::new(0, 0, "g/L", "text under R05");

/// The limits that a number of an input is compared with by itself: a number that is shown shorter must not lie on another
/// side of any of them.
pub const fn limits_of(input: Input) -> &'static [Limit] {
    match input {
        Input::CalciumTotal | Input::CalciumCorrected => &[CALCIUM],
        Input::Creatinine => &[CREATININE, CREATININE_SAFE],
        Input::CreatinineClearance => &[CLEARANCE],
        Input::Haemoglobin => &[HAEMOGLOBIN, HAEMOGLOBIN_SAFE],
        Input::MarrowClonalPlasmaCellPercent => &[MARROW_NONE, MARROW_INVOLVED, MARROW_60],
        Input::MarrowPlasmaCellPercent => &[MARROW_INVOLVED],
        Input::SerumFlcRatio => &[FLC_RATIO_HIGH, FLC_RATIO_LOW, FLC_NORMAL_LOW, FLC_NORMAL_HIGH],
        Input::SerumFlcKappa | Input::SerumFlcLambda => &[FLC_INVOLVED],
        Input::SerumMProtein => &[M_PROTEIN_PRESENT],
        Input::UrineMProtein => &[URINE_M_PROTEIN],
        Input::TumourLargestDimension => &[LARGE_TUMOUR],
        _ => &[],
    }
}

/// How far beyond the laboratory's own limits a number of an input is compared: below the lower, above the upper one.
pub const fn beyond_own_limits(input: Input) -> (Option<Limit>, Option<Limit>) {
    match input {
        Input::CalciumTotal | Input::CalciumCorrected => (None, Some(CALCIUM_ABOVE_UPPER)),
        Input::CalciumIonised => (None, Some(IONISED_ABOVE_UPPER)),
        Input::Haemoglobin => (Some(HAEMOGLOBIN_BELOW_LOWER), None),
        _ => (None, None),
    }
}

/// Days before the diagnosis that belong to it (treatment, baseline).
pub const BEFORE_DIAGNOSIS_DAYS: i32 = 90;
/// Months by which a tumour biopsy may precede its code.
pub const BIOPSY_BEFORE_CODE_MONTHS: i32 = 12;
/// Days between two courses to one site that are one.
pub const JOINED_COURSES_DAYS: i32 = 30;
/// Days for which a course without an end is under way.
pub const UNDER_WAY_DAYS: i32 = 90;
/// Days after its start on which such a course counts as ended after that.
pub const ASSUMED_COURSE_DAYS: i32 = 42;
/// Days since its end after which a palliative course makes a treated patient.
pub const PALLIATIVE_ENDED_DAYS: i32 = 90;
/// Days after a resection in which its baseline and the untreated rules go on.
pub const AFTER_RESECTION_DAYS: i32 = 90;
/// Days for which something is current.
pub const CURRENT_DAYS: i32 = 90;
/// Days that a statement on the surgical option may precede the cord compression.
pub const SURGICAL_OPTION_BEFORE_DAYS: i32 = 7;
/// Days by which an attribution may precede its result.
pub const ATTRIBUTION_BEFORE_DAYS: i32 = 90;
/// Months by which a denial of a renal event may precede its result.
pub const RENAL_DENIAL_MONTHS: i32 = 24;
/// Days after the end of treatment up to which a diagnosis is of the first tumour.
pub const FIRST_TUMOUR_DAYS: i32 = 90;
/// Days within which a treatment without a site counts for a site.
pub const SITELESS_DAYS: i32 = 365;
/// Months before the plasmacytoma in which a myeloma code may be a working code.
pub const WORKING_CODE_MONTHS: i32 = 12;
/// Days after a scan in which its response is reported.
pub const RESPONSE_AFTER_SCAN_DAYS: i32 = 60;
/// Days before a complication's code on which its operation may lie (coded at discharge).
pub const OPERATED_BEFORE_DAYS: i32 = 7;
/// Months after which radiotherapy no longer follows a resection.
pub const AFTER_RESECTION_MONTHS: i32 = 12;
/// Months after treatment in which adjuvant therapy is spoken of.
pub const ADJUVANT_MONTHS: i32 = 12;
/// Months after palliative surgery in which radiotherapy may follow.
pub const PALLIATIVE_SURGERY_MONTHS: i32 = 6;
/// Days before the myeloma's date from which surgery may be its own.
pub const SURGERY_BEFORE_MYELOMA_DAYS: i32 = 90;
/// Days after a course in which pain there was irradiated just now.
pub const IRRADIATED_JUST_NOW_DAYS: i32 = 28;
/// Months after treatment from which the response imaging is due, and to which.
pub const RESPONSE_DUE_MONTHS: (i32, i32) = (3, 4);
/// Months after treatment in which a scan counts as the response imaging.
pub const RESPONSE_DONE_MONTHS: (i32, i32) = (2, 8);
/// Months after treatment when the response imaging is given up.
pub const RESPONSE_GIVEN_UP_MONTHS: i32 = 16;
/// Months after treatment of the visits of the first year, from and to.
pub const FIRST_VISITS_MONTHS: [(i32, i32); 2] = [(4, 6), (8, 12)];
/// Tolerance of a yearly visit or scan that is due, months.
pub const YEARLY_DUE_MONTHS: i32 = 1;
/// Tolerance of a yearly scan that was done, months.
pub const YEARLY_DONE_MONTHS: i32 = 3;
/// Years with yearly imaging.
pub const IMAGING_YEARS: i32 = 5;
/// Months for which a missed yearly scan is shown.
pub const MISSED_SHOWN_MONTHS: i32 = 12;
/// Months before a visit from which its blood tests may be.
pub const BLOODS_BEFORE_VISIT_MONTHS: i32 = 1;
/// Months after treatment in which rehabilitation is spoken of.
pub const REHABILITATION_MONTHS: i32 = 12;
/// Months after treatment from which pain is lasting.
pub const LASTING_PAIN_MONTHS: i32 = 3;
/// Days before the relapse from which its work-up may be.
pub const RELAPSE_WORKUP_DAYS: i32 = 90;
/// Months after treatment from which M-protein persists.
pub const PERSISTENT_M_PROTEIN_MONTHS: i32 = 12;
/// Months of a 10-year figure.
pub const TEN_YEARS_MONTHS: i32 = 120;
/// Age that makes a factor.
pub const AGE_YEARS: i32 = 60;
