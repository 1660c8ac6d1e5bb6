//! What each recommendation reads and which figures it goes by, for a person who asks; tests hold it to what is read.

use super::bases::*;
use super::thresholds::*;
use super::vocabulary::{Ambiguity, RecommendationId};
use crate::inputs::{Input, Limit};
use std::fmt;

/// A length of time that something is counted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    /// What it is for.
    pub what: &'static str,
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

impl fmt::Display for Length {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Length::Days(days) => write!(f, "{days} days"),
            Length::Months(1) => f.write_str("1 month"),
            Length::Months(months) => write!(f, "{months} months"),
            Length::MonthsBetween((from, to)) => write!(f, "{from} to {to} months"),
            Length::Years(years) => write!(f, "{years} years"),
        }
    }
}

/// A limit, and what it is tested for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Figure {
    /// What it is tested for.
    pub what: &'static str,
    /// The limit, with its unit and source.
    pub limit: Limit,
}

/// Something that several recommendations rest on, or what one reads by itself.
#[derive(Clone, Copy, Debug)]
pub struct Basis {
    /// What it is.
    pub name: &'static str,
    /// The inputs that it reads.
    pub inputs: &'static [Input],
    /// The limits that it tests.
    pub limits: &'static [Figure],
    /// The lengths of time that it counts by.
    pub periods: &'static [Period],
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
            &[
                figure("lytic lesions beside an extramedullary tumour above", NO_LESION),
                figure("lesions above", ONE_LESION),
                figure("two lesions: not above", TWO_LESIONS),
            ],
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
                figure("clonal plasma cells in the marrow above", MARROW_NONE),
                figure("clonal plasma cells in the marrow are no minimal involvement from", MARROW_INVOLVED),
                figure("clonal plasma cells in the marrow are an event from", MARROW_60),
            ],
            &[],
        ),
        &[&TIMELINE],
        &[A5],
    ),
    explanation(own(BLOODS, &[], &[]), &[&TIMELINE], &[]),
    explanation(own(&[], &[], &[]), &[&FACTORS, &TIMELINE, &TABLE_1, &EVENTS], &[A14]),
    explanation(own(&[TumourLargestDimension, TumourWellDefined], DOSES, &[]), COURSE, &[A1, A7, A8]),
    explanation(own(&[], &[], &[]), DISEASE, &[A2]),
    explanation(
        own(
            &[SurgicalOption, BoneContact],
            &[],
            &[
                period(
                    "before its code that a complication may be operated on",
                    Length::Days(OPERATED_BEFORE_DAYS),
                    OURS,
                ),
                period(
                    "by which the surgeon's word may precede the cord compression",
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
                "after the resection in which radiotherapy follows it",
                Length::Months(AFTER_RESECTION_MONTHS),
                OURS,
            )],
        ),
        COURSE,
        &[A1, A7, A15],
    ),
    explanation(
        own(&[], &[], &[period("after treatment in which it is said", Length::Months(ADJUVANT_MONTHS), OURS)]),
        COURSE,
        &[],
    ),
    explanation(
        own(
            &[SurgicalOption],
            &[],
            &[period(
                "by which the surgeon's word may precede the cord compression",
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
                period("after palliative surgery", Length::Months(PALLIATIVE_SURGERY_MONTHS), OURS),
                period(
                    "before the myeloma from which surgery is its own",
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
            &[figure("poor performance status from", POOR_PERFORMANCE)],
            &[period(
                "after a course in which it was irradiated just now",
                Length::Days(IRRADIATED_JUST_NOW_DAYS),
                OURS,
            )],
        ),
        MYELOMA,
        &[],
    ),
    explanation(
        own(
            &[PalliativeTargetLarge, PerformanceStatus, LifeExpectancy, CriticalTissueInField],
            &[figure("poor performance status from", POOR_PERFORMANCE)],
            &[],
        ),
        MYELOMA,
        &[A13],
    ),
    explanation(
        own(
            &[Imaging, Response],
            &[],
            &[
                period("after treatment when it is due", Length::MonthsBetween(RESPONSE_DUE_MONTHS), GUIDELINE),
                period("after treatment when a scan fulfils it", Length::MonthsBetween(RESPONSE_DONE_MONTHS), OURS),
                period("after treatment when it is given up", Length::Months(RESPONSE_GIVEN_UP_MONTHS), OURS),
                period("after a scan for its response", Length::Days(RESPONSE_AFTER_SCAN_DAYS), OURS),
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
                period("after treatment for the first visit", Length::MonthsBetween(FIRST_VISITS_MONTHS[0]), GUIDELINE),
                period(
                    "after treatment for the second visit",
                    Length::MonthsBetween(FIRST_VISITS_MONTHS[1]),
                    GUIDELINE,
                ),
                period("either way of what is due each year", Length::Months(YEARLY_DUE_MONTHS), OURS),
                period("either way of a yearly scan that was done", Length::Months(YEARLY_DONE_MONTHS), OURS),
                period("of yearly imaging", Length::Years(IMAGING_YEARS), GUIDELINE),
                period("for which a missed scan is shown", Length::Months(MISSED_SHOWN_MONTHS), OURS),
                period("before a visit for its blood tests", Length::Months(BLOODS_BEFORE_VISIT_MONTHS), OURS),
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
                period("after treatment for rehabilitation", Length::Months(REHABILITATION_MONTHS), OURS),
                period("after treatment from which pain lasts", Length::Months(LASTING_PAIN_MONTHS), OURS),
            ],
        ),
        &[&TIMELINE, &COMPLICATIONS],
        &[],
    ),
    explanation(
        own(
            &[LifeExpectancy, MarrowAspirate, MarrowBiopsy, Imaging],
            &[],
            &[period("before the relapse for its work-up", Length::Days(RELAPSE_WORKUP_DAYS), OURS)],
        ),
        COURSE,
        &[],
    ),
    explanation(
        own(&[TumourLargestDimension, MarrowAspirate, MarrowBiopsy, LifeExpectancy], DOSES, &[]),
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
