//! What several recommendations rest on: the inputs, limits and lengths of time behind each fact.

use super::explanation::{Basis, DoseFigure, Figure, Length, Period, Phrase};
use super::thresholds::*;
use crate::inputs::{Input, Limit};
use Input::*;

pub(super) const OURS: &str = "ours";
pub(super) const GUIDELINE: &str = "guideline";

/// English first, Danish second.
pub(super) const fn both(english: &'static str, danish: &'static str) -> Phrase {
    Phrase { english, danish }
}

pub(super) const fn period(what: Phrase, length: Length, source: &'static str) -> Period {
    Period { what, length, source }
}

pub(super) const fn figure(what: Phrase, limit: Limit) -> Figure {
    Figure { what, limit }
}

pub(super) const fn dose(what: Phrase, dose: Dose) -> DoseFigure {
    DoseFigure { what, dose }
}

/// A lytic lesion beside a tumour of soft tissue is a second one.
pub(super) const LYTIC_BESIDE_SOFT_TISSUE: Figure = figure(
    both(
        "lytic lesions beside an extramedullary tumour above",
        "lytiske læsioner ud over en ekstramedullær tumor: over",
    ),
    NO_LESION,
);

/// More lesions than the tumour.
pub(super) const SEVERAL_LESIONS: Figure = figure(both("lesions above", "læsioner: over"), ONE_LESION);

/// Two lesions have a row of their own.
pub(super) const TWO_LESIONS_AT_MOST: Figure =
    figure(both("two lesions: not above", "to læsioner: ikke over"), TWO_LESIONS);

/// Where minimal involvement of the marrow ends.
pub(super) const MARROW_NOT_MINIMAL: Figure = figure(
    both(
        "clonal plasma cells in the marrow are no minimal involvement from",
        "klonale plasmaceller i marven er ikke minimal involvering fra",
    ),
    MARROW_INVOLVED,
);

pub(super) const fn own(inputs: &'static [Input], limits: &'static [Figure], periods: &'static [Period]) -> Basis {
    Basis { name: both("by itself", "i sig selv"), inputs, limits, periods, doses: &[] }
}

/// The anchors: when the disease was diagnosed, when treatment began and ended.
pub(super) const TIMELINE: Basis = Basis {
    name: both(
        "the anchors (diagnosis, start and end of treatment)",
        "holdepunkterne (diagnose, behandlingsstart og -slut)",
    ),
    inputs: &[Diagnosis, TumourBiopsyClonalPlasmaCells, TumourSite, Surgery, Radiotherapy, SystemicTherapy],
    limits: &[
        figure(
            both(
                "a course without a stated intent is curative from",
                "et forløb uden angivet intention er kurativt fra",
            ),
            CURATIVE_DOSE,
        ),
        figure(both("and palliative up to", "og palliativt til og med"), PALLIATIVE_DOSE),
        figure(
            both(
                "courses are of two targets if their doses add up to more than",
                "forløb har to targets, hvis deres doser tilsammen er over",
            ),
            ONE_TARGET_DOSE,
        ),
    ],
    periods: &[
        period(
            both("before the diagnosis that belong to it", "hører til diagnosen før den"),
            Length::Days(BEFORE_DIAGNOSIS_DAYS),
            OURS,
        ),
        period(
            both("by which a biopsy may precede the code", "en biopsi kan ligge før koden"),
            Length::Months(BIOPSY_BEFORE_CODE_MONTHS),
            OURS,
        ),
        period(
            both("between two courses that are one", "to forløb er ét med højst så længe imellem"),
            Length::Days(JOINED_COURSES_DAYS),
            OURS,
        ),
        period(
            both("for which a course without an end is under way", "et forløb uden slutdato er i gang"),
            Length::Days(UNDER_WAY_DAYS),
            OURS,
        ),
        period(
            both("after which such a course counts as ended", "derefter regnes det som afsluttet så længe efter start"),
            Length::Days(ASSUMED_COURSE_DAYS),
            OURS,
        ),
        period(
            both(
                "after a palliative course that make a treated patient",
                "patienten er behandlet så længe efter et palliativt forløb",
            ),
            Length::Days(PALLIATIVE_ENDED_DAYS),
            OURS,
        ),
        period(
            both("after a resection in which the work-up goes on", "udredningen fortsætter efter en resektion"),
            Length::Days(AFTER_RESECTION_DAYS),
            OURS,
        ),
    ],
    doses: &[],
};

pub(super) const EVENT_LIMITS: &[Figure] = &[
    figure(both("total or corrected calcium above", "total eller korrigeret calcium over"), CALCIUM),
    figure(
        both(
            "total or corrected calcium above its upper limit by more than",
            "total eller korrigeret calcium over sin øvre grænse med mere end",
        ),
        CALCIUM_ABOVE_UPPER,
    ),
    figure(
        both(
            "ionised calcium above its upper limit by more than",
            "ioniseret calcium over sin øvre grænse med mere end",
        ),
        IONISED_ABOVE_UPPER,
    ),
    figure(both("creatinine above", "kreatinin over"), CREATININE),
    figure(
        both(
            "creatinine without a clearance is no event up to",
            "kreatinin uden clearance er ikke myelomdefinerende til og med",
        ),
        CREATININE_SAFE,
    ),
    figure(both("creatinine clearance below", "kreatininclearance under"), CLEARANCE),
    figure(both("haemoglobin below", "hæmoglobin under"), HAEMOGLOBIN),
    figure(
        both("haemoglobin below its lower limit by more than", "hæmoglobin under sin nedre grænse med mere end"),
        HAEMOGLOBIN_BELOW_LOWER,
    ),
    figure(
        both(
            "haemoglobin without a lower limit is no event from",
            "hæmoglobin uden nedre grænse er ikke myelomdefinerende fra",
        ),
        HAEMOGLOBIN_SAFE,
    ),
    MARROW_NOT_MINIMAL,
    figure(both("clonal plasma cells in the marrow from", "klonale plasmaceller i marven fra"), MARROW_60),
    figure(both("kappa/lambda ratio, with high kappa, from", "kappa/lambda-ratio, med høj kappa, fra"), FLC_RATIO_HIGH),
    figure(
        both("kappa/lambda ratio, with high lambda, up to", "kappa/lambda-ratio, med høj lambda, til og med"),
        FLC_RATIO_LOW,
    ),
    figure(both("the involved light chain from", "den involverede lette kæde fra"), FLC_INVOLVED),
    figure(both("M-protein in urine from", "M-komponent i urin fra"), URINE_M_PROTEIN),
];

pub(super) const EVENT_PERIODS: &[Period] = &[
    period(
        both("between a creatinine and its clearance", "højst så længe mellem en kreatinin og dens clearance"),
        Length::Days(CLEARANCE_DAYS),
        OURS,
    ),
    period(
        both("after surgery without haemoglobin", "hæmoglobin tæller ikke efter operation"),
        Length::Days(HAEMOGLOBIN_AFTER_SURGERY_DAYS),
        OURS,
    ),
    period(
        both("by which an attribution may precede its result", "en årsagsvurdering kan ligge før sit svar"),
        Length::Days(ATTRIBUTION_BEFORE_DAYS),
        OURS,
    ),
    period(
        both(
            "by which a denial for the kidneys may precede its result",
            "en afkræftelse for nyrerne kan ligge før sit svar",
        ),
        Length::Months(RENAL_DENIAL_MONTHS),
        OURS,
    ),
];

/// Table 1: the classification, with the myeloma-defining events at baseline.
pub(super) const TABLE_1: Basis = Basis {
    name: both(
        "Table 1 (classification and myeloma-defining events at baseline)",
        "tabel 1 (klassifikation og myelomdefinerende fund ved diagnosen)",
    ),
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
        LYTIC_BESIDE_SOFT_TISSUE,
        SEVERAL_LESIONS,
        TWO_LESIONS_AT_MOST,
        figure(both("clonal plasma cells in the marrow above", "klonale plasmaceller i marven: over"), MARROW_NONE),
    ],
    periods: &[
        period(
            both("before the plasmacytoma for a working code", "en arbejdsdiagnose kan ligge før plasmacytomet"),
            Length::Months(WORKING_CODE_MONTHS),
            OURS,
        ),
        period(
            both("after treatment for a code of the first tumour", "en kode efter behandling gælder den første tumor"),
            Length::Days(FIRST_TUMOUR_DAYS),
            OURS,
        ),
    ],
    doses: &[],
};

pub(super) const EVENTS: Basis = Basis {
    name: both("myeloma-defining events", "myelomdefinerende fund"),
    inputs: &[],
    limits: EVENT_LIMITS,
    periods: EVENT_PERIODS,
    doses: &[],
};

/// Events and marrow after treatment.
pub(super) const AFTER_TREATMENT: Basis = Basis {
    name: both("events and marrow after treatment", "myelomdefinerende fund og marv efter behandling"),
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
    limits: &[SEVERAL_LESIONS, figure(both("new lesions from", "nye læsioner fra"), ANY_NEW_LESION)],
    periods: &[],
    doses: &[],
};

/// The relapse and its signs.
pub(super) const RELAPSE: Basis = Basis {
    name: both("the relapse and its signs", "relapset og dets tegn"),
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
        figure(both("kappa/lambda ratio abnormal below", "kappa/lambda-ratio abnorm under"), FLC_NORMAL_LOW),
        figure(both("kappa/lambda ratio abnormal above", "kappa/lambda-ratio abnorm over"), FLC_NORMAL_HIGH),
        figure(
            both(
                "a rise above the lowest value, as a factor, from",
                "en stigning over den laveste værdi, som faktor, fra",
            ),
            RISE_FACTOR,
        ),
        figure(both("a rise of M-protein from", "en stigning i M-komponent fra"), RISE_M_PROTEIN),
        figure(both("a rise of a light chain from", "en stigning i en let kæde fra"), RISE_CHAIN),
        figure(both("M-protein is there above", "M-komponent er til stede over"), M_PROTEIN_PRESENT),
    ],
    periods: &[period(
        both(
            "after treatment for a biopsy or a code of a further tumour",
            "en biopsi eller kode efter behandling gælder en yderligere tumor fra",
        ),
        Length::Days(FIRST_TUMOUR_DAYS),
        OURS,
    )],
    doses: &[],
};

/// The complications that are judged for each site.
pub(super) const COMPLICATIONS: Basis = Basis {
    name: both("complications, each site apart", "komplikationer, hvert sted for sig"),
    inputs: &[SpinalCordCompression, NeurologicalDeficit, Fracture, BonePain],
    limits: &[figure(both("a pain score is pain from", "en smertescore er smerte fra"), PAIN)],
    periods: &[
        period(
            both("for which a complication is current", "en komplikation er aktuel"),
            Length::Days(CURRENT_DAYS),
            OURS,
        ),
        period(
            both("within which treatment without a site counts", "behandling uden angivet sted tæller inden for"),
            Length::Days(SITELESS_DAYS),
            OURS,
        ),
    ],
    doses: &[],
};

/// Whether what R11 to R13 would irradiate was irradiated before.
pub(super) const EARLIER_COURSES: Basis = Basis {
    name: both("whether it is to be irradiated again", "om der skal bestråles igen"),
    inputs: &[Reirradiation, SurgicalOption],
    limits: &[],
    periods: &[],
    doses: &[],
};

/// What R16 and the RiskAssessment weigh.
pub(super) const FACTORS: Basis = Basis {
    name: both("the factors of the prognosis", "prognosens faktorer"),
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
        figure(both("kappa/lambda ratio abnormal below", "kappa/lambda-ratio abnorm under"), FLC_NORMAL_LOW),
        figure(both("kappa/lambda ratio abnormal above", "kappa/lambda-ratio abnorm over"), FLC_NORMAL_HIGH),
        figure(both("clonal plasma cells in the marrow above", "klonale plasmaceller i marven: over"), MARROW_NONE),
        MARROW_NOT_MINIMAL,
        figure(both("M-protein is there above", "M-komponent er til stede over"), M_PROTEIN_PRESENT),
    ],
    periods: &[
        period(
            both("after treatment from which M-protein persists", "M-komponenten er vedvarende efter behandling fra"),
            Length::Months(PERSISTENT_M_PROTEIN_MONTHS),
            GUIDELINE,
        ),
        period(both("of a figure for 10 years", "et 10-års-tal gælder"), Length::Months(TEN_YEARS_MONTHS), GUIDELINE),
        period(both("of age that make a factor", "alder er en faktor fra"), Length::Years(AGE_YEARS), GUIDELINE),
    ],
    doses: &[],
};

pub(super) const DISEASE: &[&Basis] = &[&TIMELINE, &TABLE_1, &EVENTS];
pub(super) const COURSE: &[&Basis] = &[&TIMELINE, &TABLE_1, &EVENTS, &AFTER_TREATMENT, &RELAPSE];
pub(super) const MYELOMA: &[&Basis] = &[&TIMELINE, &TABLE_1, &EVENTS, &COMPLICATIONS, &EARLIER_COURSES];
pub(super) const PROGRESSION: &[&Basis] = &[&TIMELINE, &TABLE_1, &EVENTS, &AFTER_TREATMENT];

/// The doses of radiotherapy with curative intent.
pub(super) const CURATIVE_DOSES: &[DoseFigure] = &[
    dose(both("for a tumour in bone below 5 cm", "ved tumor i knogle under 5 cm"), SMALL_BONE_DOSE),
    dose(both("for a tumour in bone above 5 cm", "ved tumor i knogle over 5 cm"), LARGE_BONE_DOSE),
    dose(
        both(
            "for a tumour in bone of exactly 5 cm, or while it is open",
            "ved tumor i knogle på præcis 5 cm, eller mens det er uafklaret",
        ),
        OPEN_DOSE,
    ),
    dose(both("for an extramedullary tumour", "ved ekstramedullær tumor"), EXTRAMEDULLARY_DOSE),
    dose(
        both(
            "by which a course is judged that was given to bone below 5 cm",
            "som et givet forløb mod knogle under 5 cm bedømmes efter",
        ),
        SMALL_BONE_GIVEN_DOSE,
    ),
];

/// What is given in the palliation of very long life expectancy.
const LONG_LIFE: DoseFigure = dose(
    both(
        "for a very long life expectancy with critical tissue in the field",
        "ved meget lang forventet restlevetid og kritisk normalvæv i feltet",
    ),
    LONG_LIFE_DOSE,
);

/// The doses against pain.
pub(super) const PAIN_DOSES: &[DoseFigure] = &[
    dose(
        both(
            "for pain, alone for a short life and poor performance",
            "mod smerter, alene ved kort restlevetid og dårlig almentilstand",
        ),
        PAIN_DOSE_ONE,
    ),
    dose(both("for pain", "mod smerter"), PAIN_DOSE_FIVE),
    dose(both("for pain", "mod smerter"), PAIN_DOSE_TEN),
    LONG_LIFE,
];

/// The doses for large areas and cord compression.
pub(super) const LARGE_FIELD_DOSES: &[DoseFigure] = &[
    dose(both("for a large area or cord compression", "ved større områder eller tværsnit"), LARGE_FIELD_DOSE),
    dose(
        both("for a large area too, or irradiated again", "også ved større områder, eller ved genbestråling"),
        AGAIN_DOSE,
    ),
    LONG_LIFE,
];

/// The limits that a dose is judged by.
pub(super) const DOSES: &[Figure] = &[
    figure(
        both("the size that divides the doses in bone is", "størrelsen, der skiller doserne i knogle, er"),
        LARGE_TUMOUR,
    ),
    figure(
        both(
            "a dose counts as within a range if it is outside it by at most",
            "en dosis regnes som i et interval, hvis den er uden for det med højst",
        ),
        DOSE_TOLERANCE,
    ),
    figure(both("fractions from", "fraktioner fra"), FRACTION_LOW),
    figure(both("fractions up to", "fraktioner til og med"), FRACTION_HIGH),
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
