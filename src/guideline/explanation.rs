//! What each recommendation reads and which figures it goes by, for a person who asks; tests hold it to what is read.

use super::bases::*;
use super::thresholds::*;
use super::vocabulary::{Ambiguity, RecommendationId};
use crate::inputs::{Input, Limit};

/// The same in both languages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Phrase {
    /// In English.
    pub english: &'static str,
    /// In Danish.
    pub danish: &'static str,
}

/// A length of time that something is counted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    /// What it is for.
    pub what: Phrase,
    /// How long.
    pub length: Length,
    /// Where it comes from.
    pub source: &'static str,
}

/// A length of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Length {
    /// Days.
    Days(i32),
    /// Calendar months.
    Months(i32),
    /// From so many calendar months to so many.
    MonthsBetween((i32, i32)),
    /// Years.
    Years(i32),
}

/// A limit, and what it is tested for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Figure {
    /// What it is tested for.
    pub what: Phrase,
    /// The limit, with its unit and source.
    pub limit: Limit,
}

/// A dose that is recommended or judged by, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DoseFigure {
    /// When.
    pub what: Phrase,
    /// The dose, with its source.
    pub dose: Dose,
}

/// Something that several recommendations rest on, or what one reads by itself.
#[derive(Clone, Copy, Debug)]
pub struct Basis {
    /// What it is.
    pub name: Phrase,
    /// The inputs that it reads.
    pub inputs: &'static [Input],
    /// The limits that it tests.
    pub limits: &'static [Figure],
    /// The lengths of time that it counts by.
    pub periods: &'static [Period],
    /// The doses that it recommends or judges by.
    pub doses: &'static [DoseFigure],
}

impl Basis {
    const fn with_doses(self, doses: &'static [DoseFigure]) -> Basis {
        Basis { doses, ..self }
    }
}

/// What a recommendation reads.
#[derive(Clone, Copy, Debug)]
pub struct Explanation {
    /// What it reads by itself.
    pub own: Basis,
    /// What it rests on beside that.
    pub by_way_of: &'static [&'static Basis],
    /// Where the guideline is unclear about it.
    pub ambiguities: &'static [Ambiguity],
}

impl Explanation {
    /// All that it reads: by itself, then by way of other facts.
    pub fn all(&self) -> impl Iterator<Item = &Basis> {
        std::iter::once(&self.own).chain(self.by_way_of.iter().copied())
    }
}

use Ambiguity::*;
use Input::*;

const fn explanation(
    own: Basis,
    by_way_of: &'static [&'static Basis],
    ambiguities: &'static [Ambiguity],
) -> Explanation {
    Explanation { own, by_way_of, ambiguities }
}

/// What each of the 21 reads, in their order.
const EXPLANATIONS: [Explanation; 21] = [
    explanation(
        own(
            &[TumourBiopsyClonalPlasmaCells, TumourBiopsyCd138, TumourBiopsyCd38, TumourBiopsyLightChainRestriction],
            &[],
            &[],
        ),
        &[&TIMELINE],
        &[],
    ),
    explanation(
        own(
            &[Imaging, MriMarrowSignalAbnormal, BoneContact, LesionCount, LyticLesionCount, MriFocalLesionCount],
            &[LYTIC_BESIDE_SOFT_TISSUE, SEVERAL_LESIONS, TWO_LESIONS_AT_MOST],
            &[],
        ),
        &[&TIMELINE],
        &[A12, A18],
    ),
    explanation(
        own(
            &[
                MarrowAspirate,
                MarrowBiopsy,
                MarrowFlowClonalPlasmaCells,
                MarrowClonalPlasmaCellPercent,
                MarrowPlasmaCellPercent,
                Input::Fish,
            ],
            &[
                figure(
                    both("clonal plasma cells in the marrow above", "klonale plasmaceller i marven: over"),
                    MARROW_NONE,
                ),
                MARROW_NOT_MINIMAL,
                figure(
                    both(
                        "clonal plasma cells in the marrow are an event from",
                        "klonale plasmaceller i marven er myelomdefinerende fra",
                    ),
                    MARROW_60,
                ),
            ],
            &[],
        ),
        &[&TIMELINE],
        &[A5],
    ),
    explanation(own(BLOODS, &[], &[]), &[&TIMELINE], &[]),
    explanation(own(&[], &[], &[]), &[&FACTORS, &TIMELINE, &TABLE_1, &EVENTS], &[A14]),
    explanation(
        own(&[TumourLargestDimension, TumourWellDefined], DOSES, &[]).with_doses(CURATIVE_DOSES),
        COURSE,
        &[A1, A7, A8],
    ),
    explanation(own(&[], &[], &[]), DISEASE, &[A2]),
    explanation(
        own(
            &[SurgicalOption, BoneContact],
            &[],
            &[
                period(
                    both(
                        "before its code that a complication may be operated on",
                        "en komplikation kan være opereret før sin kode",
                    ),
                    Length::Days(OPERATED_BEFORE_DAYS),
                    OURS,
                ),
                period(
                    both(
                        "by which the surgeon's word may precede the cord compression",
                        "kirurgens vurdering kan ligge før tværsnittet",
                    ),
                    Length::Days(SURGICAL_OPTION_BEFORE_DAYS),
                    OURS,
                ),
            ],
        ),
        &[&TIMELINE, &COMPLICATIONS],
        &[A11, A16, A17],
    ),
    explanation(
        own(
            &[TumourLargestDimension],
            DOSES,
            &[period(
                both(
                    "after the resection in which radiotherapy follows it",
                    "strålebehandling hører til resektionen før den",
                ),
                Length::Months(AFTER_RESECTION_MONTHS),
                OURS,
            )],
        )
        .with_doses(CURATIVE_DOSES),
        COURSE,
        &[A1, A7, A15],
    ),
    explanation(
        own(
            &[],
            &[],
            &[period(
                both("after treatment in which it is said", "siges efter behandling"),
                Length::Months(ADJUVANT_MONTHS),
                OURS,
            )],
        ),
        COURSE,
        &[],
    ),
    explanation(
        own(
            &[SurgicalOption],
            &[],
            &[period(
                both(
                    "by which the surgeon's word may precede the cord compression",
                    "kirurgens vurdering kan ligge før tværsnittet",
                ),
                Length::Days(SURGICAL_OPTION_BEFORE_DAYS),
                OURS,
            )],
        ),
        MYELOMA,
        &[A11],
    ),
    explanation(
        own(
            &[],
            &[],
            &[
                period(
                    both("after palliative surgery", "efter palliativ operation"),
                    Length::Months(PALLIATIVE_SURGERY_MONTHS),
                    OURS,
                ),
                period(
                    both(
                        "before the myeloma from which surgery is its own",
                        "en operation før myelomatosen regnes som dens egen",
                    ),
                    Length::Days(SURGERY_BEFORE_MYELOMA_DAYS),
                    OURS,
                ),
            ],
        ),
        MYELOMA,
        &[],
    ),
    explanation(
        own(
            &[PerformanceStatus, LifeExpectancy, CriticalTissueInField],
            &[figure(both("poor performance status from", "dårlig performancestatus fra"), POOR_PERFORMANCE)],
            &[period(
                both(
                    "after a course in which it was irradiated just now",
                    "stedet regnes som netop bestrålet efter et forløb",
                ),
                Length::Days(IRRADIATED_JUST_NOW_DAYS),
                OURS,
            )],
        )
        .with_doses(PAIN_DOSES),
        MYELOMA,
        &[],
    ),
    explanation(
        own(
            &[PalliativeTargetLarge, PerformanceStatus, LifeExpectancy, CriticalTissueInField],
            &[figure(both("poor performance status from", "dårlig performancestatus fra"), POOR_PERFORMANCE)],
            &[],
        )
        .with_doses(LARGE_FIELD_DOSES),
        MYELOMA,
        &[A13],
    ),
    explanation(
        own(
            &[Imaging, Response],
            &[],
            &[
                period(
                    both("after treatment when it is due", "skal udføres efter behandling"),
                    Length::MonthsBetween(RESPONSE_DUE_MONTHS),
                    GUIDELINE,
                ),
                period(
                    both("after treatment when a scan fulfils it", "opfyldes af en skanning efter behandling"),
                    Length::MonthsBetween(RESPONSE_DONE_MONTHS),
                    OURS,
                ),
                period(
                    both("after treatment when it is given up", "opgives efter behandling"),
                    Length::Months(RESPONSE_GIVEN_UP_MONTHS),
                    OURS,
                ),
                period(
                    both("after a scan for its response", "respons hører til en skanning før den"),
                    Length::Days(RESPONSE_AFTER_SCAN_DAYS),
                    OURS,
                ),
            ],
        ),
        PROGRESSION,
        &[],
    ),
    explanation(
        own(
            &[Leukocytes, Platelets],
            &[],
            &[
                period(
                    both("after treatment for the first visit", "første kontrol efter behandling"),
                    Length::MonthsBetween(FIRST_VISITS_MONTHS[0]),
                    GUIDELINE,
                ),
                period(
                    both("after treatment for the second visit", "anden kontrol efter behandling"),
                    Length::MonthsBetween(FIRST_VISITS_MONTHS[1]),
                    GUIDELINE,
                ),
                period(
                    both("either way of what is due each year", "til hver side af det, der skal ske hvert år"),
                    Length::Months(YEARLY_DUE_MONTHS),
                    OURS,
                ),
                period(
                    both(
                        "either way of a yearly scan that was done",
                        "til hver side af en årlig skanning, der er udført",
                    ),
                    Length::Months(YEARLY_DONE_MONTHS),
                    OURS,
                ),
                period(both("of yearly imaging", "årlig billeddiagnostik"), Length::Years(IMAGING_YEARS), GUIDELINE),
                period(
                    both("for which a missed scan is shown", "en manglende skanning vises"),
                    Length::Months(MISSED_SHOWN_MONTHS),
                    OURS,
                ),
                period(
                    both("before a visit for its blood tests", "blodprøver kan ligge før kontrollen"),
                    Length::Months(BLOODS_BEFORE_VISIT_MONTHS),
                    OURS,
                ),
            ],
        ),
        &[&FACTORS, &TIMELINE, &TABLE_1, &EVENTS, &AFTER_TREATMENT, &RELAPSE],
        &[A9],
    ),
    explanation(
        own(
            &[],
            &[],
            &[
                period(
                    both("after treatment for rehabilitation", "genoptræning efter behandling"),
                    Length::Months(REHABILITATION_MONTHS),
                    OURS,
                ),
                period(
                    both("after treatment from which pain lasts", "smerter efter behandling er længerevarende fra"),
                    Length::Months(LASTING_PAIN_MONTHS),
                    OURS,
                ),
            ],
        ),
        &[&TIMELINE, &COMPLICATIONS],
        &[],
    ),
    explanation(
        own(
            &[LifeExpectancy, MarrowAspirate, MarrowBiopsy, Imaging],
            &[],
            &[period(
                both("before the relapse for its work-up", "udredningen af relapset kan ligge før det"),
                Length::Days(RELAPSE_WORKUP_DAYS),
                OURS,
            )],
        ),
        COURSE,
        &[],
    ),
    explanation(
        own(&[TumourLargestDimension, MarrowAspirate, MarrowBiopsy, LifeExpectancy], DOSES, &[])
            .with_doses(CURATIVE_DOSES),
        COURSE,
        &[A1, A7],
    ),
    explanation(own(&[], &[], &[]), COURSE, &[]),
    explanation(own(&[], &[], &[]), PROGRESSION, &[A2, A4, A6, A10]),
];

impl RecommendationId {
    /// What the recommendation reads and goes by.
    pub fn explanation(self) -> Option<&'static Explanation> {
        EXPLANATIONS.get(self as usize)
    }
}
