//! What several recommendations rest on: the inputs, limits and lengths of time behind each fact.

use super::explanation::{Basis, Figure, Length, Period};
use super::thresholds::*;
use crate::inputs::{Input, Limit};
use Input::*;

pub(super) const OURS: &str = "ours";
pub(super) const GUIDELINE: &str = "guideline";

pub(super) const fn period(what: &'static str, length: Length, source: &'static str) -> Period {
    Period { what, length, source }
}

pub(super) const fn figure(what: &'static str, limit: Limit) -> Figure {
    Figure { what, limit }
}

pub(super) const fn own(inputs: &'static [Input], limits: &'static [Figure], periods: &'static [Period]) -> Basis {
    Basis { name: "by itself", inputs, limits, periods }
}

/// The anchors: when the disease was diagnosed, when treatment began and ended.
pub(super) const TIMELINE: Basis = Basis {
    name: "the anchors (diagnosis, start and end of treatment)",
    inputs: &[Diagnosis, TumourBiopsyClonalPlasmaCells, TumourSite, Surgery, Radiotherapy, SystemicTherapy],
    limits: &[
        figure("a course without a stated intent is curative from", CURATIVE_DOSE),
        figure("and palliative up to", PALLIATIVE_DOSE),
        figure("courses are of two targets if their doses add up to more than", ONE_TARGET_DOSE),
    ],
    periods: &[
        period("before the diagnosis that belong to it", Length::Days(BEFORE_DIAGNOSIS_DAYS), OURS),
        period("by which a biopsy may precede the code", Length::Months(BIOPSY_BEFORE_CODE_MONTHS), OURS),
        period("between two courses that are one", Length::Days(JOINED_COURSES_DAYS), OURS),
        period("for which a course without an end is under way", Length::Days(UNDER_WAY_DAYS), OURS),
        period("after which such a course counts as ended", Length::Days(ASSUMED_COURSE_DAYS), OURS),
        period("after a palliative course that make a treated patient", Length::Days(PALLIATIVE_ENDED_DAYS), OURS),
        period("after a resection in which the work-up goes on", Length::Days(AFTER_RESECTION_DAYS), OURS),
    ],
};

pub(super) const EVENT_LIMITS: &[Figure] = &[
    figure("total or corrected calcium above", CALCIUM),
    figure("total or corrected calcium above its upper limit by more than", CALCIUM_ABOVE_UPPER),
    figure("ionised calcium above its upper limit by more than", IONISED_ABOVE_UPPER),
    figure("creatinine above", CREATININE),
    figure("creatinine without a clearance is no event up to", CREATININE_SAFE),
    figure("creatinine clearance below", CLEARANCE),
    figure("haemoglobin below", HAEMOGLOBIN),
    figure("haemoglobin below its lower limit by more than", HAEMOGLOBIN_BELOW_LOWER),
    figure("haemoglobin without a lower limit is no event from", HAEMOGLOBIN_SAFE),
    figure("clonal plasma cells in the marrow are no minimal involvement from", MARROW_INVOLVED),
    figure("clonal plasma cells in the marrow from", MARROW_60),
    figure("kappa/lambda ratio, with high kappa, from", FLC_RATIO_HIGH),
    figure("kappa/lambda ratio, with high lambda, up to", FLC_RATIO_LOW),
    figure("the involved light chain from", FLC_INVOLVED),
    figure("M-protein in urine from", URINE_M_PROTEIN),
];

pub(super) const EVENT_PERIODS: &[Period] = &[
    period("between a creatinine and its clearance", Length::Days(CLEARANCE_DAYS), OURS),
    period("after surgery without haemoglobin", Length::Days(HAEMOGLOBIN_AFTER_SURGERY_DAYS), OURS),
    period("by which an attribution may precede its result", Length::Days(ATTRIBUTION_BEFORE_DAYS), OURS),
    period("by which a denial for the kidneys may precede its result", Length::Months(RENAL_DENIAL_MONTHS), OURS),
];

/// Table 1: the classification, with the myeloma-defining events at baseline.
pub(super) const TABLE_1: Basis = Basis {
    name: "Table 1 (classification and myeloma-defining events at baseline)",
    inputs: &[
        BoneContact,
        TumourBiopsyCd138,
        TumourBiopsyCd38,
        TumourBiopsyLightChainRestriction,
        LesionCount,
        LyticLesionCount,
        MriFocalLesionCount,
        MriMarrowSignalAbnormal,
        Imaging,
        MarrowClonalPlasmaCellPercent,
        MarrowPlasmaCellPercent,
        MarrowFlowClonalPlasmaCells,
        Haemoglobin,
        CalciumTotal,
        CalciumCorrected,
        CalciumIonised,
        Creatinine,
        CreatinineClearance,
        EventAttribution,
        SerumFlcKappa,
        SerumFlcLambda,
        SerumFlcRatio,
        UrineMProtein,
    ],
    limits: &[
        figure("lytic lesions beside an extramedullary tumour above", NO_LESION),
        figure("lesions above", ONE_LESION),
        figure("two lesions: not above", TWO_LESIONS),
        figure("clonal plasma cells in the marrow above", MARROW_NONE),
    ],
    periods: &[
        period("before the plasmacytoma for a working code", Length::Months(WORKING_CODE_MONTHS), OURS),
        period("after treatment for a code of the first tumour", Length::Days(FIRST_TUMOUR_DAYS), OURS),
    ],
};

pub(super) const EVENTS: Basis =
    Basis { name: "myeloma-defining events", inputs: &[], limits: EVENT_LIMITS, periods: EVENT_PERIODS };

/// Events and marrow after treatment.
pub(super) const AFTER_TREATMENT: Basis = Basis {
    name: "events and marrow after treatment",
    inputs: &[
        NewLesionCount,
        NewLyticLesionCount,
        MarrowClonalPlasmaCellPercent,
        MarrowPlasmaCellPercent,
        MarrowFlowClonalPlasmaCells,
        Haemoglobin,
        CalciumTotal,
        CalciumCorrected,
        CalciumIonised,
        Creatinine,
        CreatinineClearance,
        EventAttribution,
        SerumFlcKappa,
        SerumFlcLambda,
        SerumFlcRatio,
        UrineMProtein,
    ],
    limits: &[figure("lesions above", ONE_LESION), figure("new lesions from", ANY_NEW_LESION)],
    periods: &[],
};

/// The relapse and its signs.
pub(super) const RELAPSE: Basis = Basis {
    name: "the relapse and its signs",
    inputs: &[
        Relapse,
        Response,
        SerumMProtein,
        BoneContact,
        TumourBiopsyCd138,
        TumourBiopsyCd38,
        TumourBiopsyLightChainRestriction,
    ],
    limits: &[
        figure("kappa/lambda ratio abnormal below", FLC_NORMAL_LOW),
        figure("kappa/lambda ratio abnormal above", FLC_NORMAL_HIGH),
        figure("a rise above the lowest value, as a factor, from", RISE_FACTOR),
        figure("a rise of M-protein from", RISE_M_PROTEIN),
        figure("a rise of a light chain from", RISE_CHAIN),
        figure("M-protein is there above", M_PROTEIN_PRESENT),
    ],
    periods: &[period(
        "after treatment for a biopsy or a code of a further tumour",
        Length::Days(FIRST_TUMOUR_DAYS),
        OURS,
    )],
};

/// The complications that are judged for each site.
pub(super) const COMPLICATIONS: Basis = Basis {
    name: "complications, each site apart",
    inputs: &[SpinalCordCompression, NeurologicalDeficit, Fracture, BonePain],
    limits: &[figure("a pain score is pain from", PAIN)],
    periods: &[
        period("for which a complication is current", Length::Days(CURRENT_DAYS), OURS),
        period("within which treatment without a site counts", Length::Days(SITELESS_DAYS), OURS),
    ],
};

/// Whether what R11 to R13 would irradiate was irradiated before.
pub(super) const EARLIER_COURSES: Basis = Basis {
    name: "whether it is to be irradiated again",
    inputs: &[Reirradiation, SurgicalOption],
    limits: &[],
    periods: &[],
};

/// What R16 and the RiskAssessment weigh.
pub(super) const FACTORS: Basis = Basis {
    name: "the factors of the prognosis",
    inputs: &[
        BirthDate,
        BoneContact,
        SerumFlcRatio,
        SerumFlcKappa,
        SerumFlcLambda,
        MarrowClonalPlasmaCellPercent,
        MarrowPlasmaCellPercent,
        MarrowFlowClonalPlasmaCells,
        Fish,
        Response,
        SerumMProtein,
        Imaging,
    ],
    limits: &[
        figure("kappa/lambda ratio abnormal below", FLC_NORMAL_LOW),
        figure("kappa/lambda ratio abnormal above", FLC_NORMAL_HIGH),
        figure("clonal plasma cells in the marrow above", MARROW_NONE),
        figure("clonal plasma cells in the marrow are no minimal involvement from", MARROW_INVOLVED),
        figure("M-protein is there above", M_PROTEIN_PRESENT),
    ],
    periods: &[
        period("after treatment from which M-protein persists", Length::Months(PERSISTENT_M_PROTEIN_MONTHS), GUIDELINE),
        period("of a figure for 10 years", Length::Months(TEN_YEARS_MONTHS), GUIDELINE),
        period("of age that make a factor", Length::Years(AGE_YEARS), GUIDELINE),
    ],
};

pub(super) const DISEASE: &[&Basis] = &[&TIMELINE, &TABLE_1, &EVENTS];
pub(super) const COURSE: &[&Basis] = &[&TIMELINE, &TABLE_1, &EVENTS, &AFTER_TREATMENT, &RELAPSE];
pub(super) const MYELOMA: &[&Basis] = &[&TIMELINE, &TABLE_1, &EVENTS, &COMPLICATIONS, &EARLIER_COURSES];
pub(super) const PROGRESSION: &[&Basis] = &[&TIMELINE, &TABLE_1, &EVENTS, &AFTER_TREATMENT];
pub(super) const DOSES: &[Figure] = &[
    figure("the size that divides the doses in bone", LARGE_TUMOUR),
    figure("a dose is in a range up to so far outside it", DOSE_TOLERANCE),
    figure("fractions from", FRACTION_LOW),
    figure("fractions up to", FRACTION_HIGH),
];

/// The blood screen, and the other blood and urine tests that the text asks for.
pub(super) const BLOODS: &[Input] = &[
    Haemoglobin,
    CalciumIonised,
    CalciumTotal,
    CalciumCorrected,
    Creatinine,
    CreatinineClearance,
    Mcv,
    Reticulocytes,
    Leukocytes,
    LeukocyteDifferential,
    Platelets,
    Urea,
    Urate,
    Sodium,
    Potassium,
    Albumin,
    Ldh,
    Beta2Microglobulin,
    Crp,
    Iga,
    Igg,
    Igm,
    UrineProtein,
    SerumMProtein,
    UrineMProtein,
    SerumFlcKappa,
    SerumFlcLambda,
    SerumFlcRatio,
];
