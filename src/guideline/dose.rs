//! Doses of curative radiotherapy (decision specification §6, *Doses*): which ranges are possible, and how a dose that was given is judged.

use super::case::Case;
use super::courses::Course;
use super::decision::{Action, ActionCode, Amount, Compartment, Target};
use super::thresholds::*;
use crate::inputs::words::Site;
use crate::inputs::{Entry, Reading, Truth};
use rust_decimal::Decimal;
use smallvec::SmallVec;

/// A range of doses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DoseRange {
    /// Bone, smaller than 5 cm.
    SmallBone,
    /// Bone, larger than 5 cm.
    LargeBone,
    /// Bone, exactly 5 cm (A1).
    FiveCmBone,
    /// Extramedullary.
    Extramedullary,
}

impl DoseRange {
    const fn shown(self) -> Amount {
        match self {
            DoseRange::SmallBone => SMALL_BONE_DOSE.gy,
            DoseRange::LargeBone => LARGE_BONE_DOSE.gy,
            DoseRange::FiveCmBone => OPEN_DOSE.gy,
            DoseRange::Extramedullary => EXTRAMEDULLARY_DOSE.gy,
        }
    }

    fn has(self, dose: Decimal) -> bool {
        let (low, high) = match self {
            DoseRange::SmallBone => SMALL_BONE_GIVEN_DOSE.gy.bounds(),
            other => other.shown().bounds(),
        };
        dose >= Decimal::from(low) - DOSE_TOLERANCE.value && dose <= Decimal::from(high) + DOSE_TOLERANCE.value
    }
}

/// The ranges that compartment and size leave open.
#[derive(Clone, Debug)]
pub(super) struct DoseRanges {
    possible: SmallVec<[DoseRange; 4]>,
}

/// How a dose that was given is to be judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DoseJudgement {
    InAll,
    InSome,
    InNone,
    NotSaid,
}

impl DoseRanges {
    pub fn of<'i>(case: &Case<'i>, compartment: Compartment, size: Option<&Reading<'i>>) -> DoseRanges {
        let mut possible = SmallVec::new();
        if compartment != Compartment::Extramedullary {
            let ask =
                |test: &dyn Fn(&'i Entry) -> Truth| size.map_or(Truth::Unknown, |size| case.log.answer(size, test));
            let below = ask(&|entry| case.log.below(entry, LARGE_TUMOUR));
            let above = ask(&|entry| case.log.above(entry, LARGE_TUMOUR));
            if !below.is_false() {
                possible.push(DoseRange::SmallBone);
            }
            if !above.is_false() {
                possible.push(DoseRange::LargeBone);
            }
            if !below.is_true() && !above.is_true() {
                possible.push(DoseRange::FiveCmBone);
            }
        }
        if compartment != Compartment::Bone {
            possible.push(DoseRange::Extramedullary);
        }
        DoseRanges { possible }
    }

    /// Whether the size is exactly 5 cm (A1); one that is not known is no ambiguity of the guideline.
    pub fn five_cm(&self) -> bool {
        let possible = |range| self.possible.contains(&range);
        possible(DoseRange::FiveCmBone) && !possible(DoseRange::SmallBone) && !possible(DoseRange::LargeBone)
    }

    /// Whether the size leaves open which range of bone it is.
    pub fn size_is_open(&self) -> bool {
        self.possible.iter().filter(|range| **range != DoseRange::Extramedullary).count() > 1
    }

    /// Whether the numbers differ: 40–50 Gy in large bone and in soft tissue are one range.
    pub fn several(&self) -> bool {
        let mut shown = self.possible.iter().map(|range| range.shown());
        shown.next().is_some_and(|first| shown.any(|range| range != first))
    }

    /// The dose to show: the only possible range, else 35–50 Gy.
    pub fn shown(&self) -> Amount {
        let only = self.possible.first().filter(|_| !self.several());
        only.map_or(OPEN_DOSE.gy, |range| range.shown())
    }

    pub fn judge(&self, dose: Option<Decimal>) -> DoseJudgement {
        let Some(dose) = dose else { return DoseJudgement::NotSaid };
        match self.possible.iter().filter(|range| range.has(dose)).count() {
            0 => DoseJudgement::InNone,
            some if some < self.possible.len() => DoseJudgement::InSome,
            _ => DoseJudgement::InAll,
        }
    }

    /// Radiotherapy with this code: dose, fraction size, and target by the site.
    pub fn action(&self, code: ActionCode, target: Option<Target>) -> Action {
        Action { dose_gy: Some(self.shown()), fraction_gy: true, target, ..Action::new(code) }
    }
}

/// What the field takes in, by the site (text under R06).
pub(super) fn target(site: Option<Site>) -> Option<Target> {
    Some(match site? {
        Site::Vertebra => Target::WholeVertebra,
        Site::Pelvis => Target::NotWholeBone,
        Site::Femur | Site::OtherExtremityBone => Target::Margin3Cm,
        Site::HeadNeck => Target::Margin05To1Cm,
        _ => Target::Margin05To3Cm,
    })
}

/// Whether the course's fractions lie outside 1.8 to 2 Gy.
pub(super) fn fraction_is_outside(course: &Course<'_>) -> bool {
    let (Some(dose), Some(fractions)) = (course.dose_gy, course.fractions) else { return false };
    // fractions × 1.8 <= dose <= fractions × 2, without a division.
    let low = fractions.checked_mul(FRACTION_LOW.value);
    let high = fractions.checked_mul(FRACTION_HIGH.value);
    !fractions.is_zero() && (low.is_some_and(|low| dose < low) || high.is_some_and(|high| dose > high))
}
