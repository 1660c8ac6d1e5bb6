//! Table 1 (decision specification §5): which row fits, or which rows are still possible and what would settle it.

use super::decision::{Classification, ClassificationResult, Compartment, Event, Marrow};
use super::events::Events;
use super::findings::{CompartmentFinding, Lesions, MarrowFinding};
use crate::inputs::{Condition, Input, InputSet, Truth};
use smallvec::SmallVec;

/// What Table 1 is read with.
pub(super) struct Table1<'a, 'i> {
    pub biopsy: Condition,
    pub compartment: &'a CompartmentFinding,
    pub marrow: &'a MarrowFinding<'i>,
    pub lesions: &'a Lesions,
    pub signal: Condition,
    pub events: &'a Events,
}

/// The row of Table 1, with what the rows came to.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub classification: Classification,
    /// Row 3: myeloma that requires treatment.
    pub requires_treatment: Condition,
    /// Row 2: two lesions.
    pub two_lesions: Condition,
    /// Another site would settle by itself that the tumour is not solitary.
    pub site_settles: bool,
}

impl Row {
    pub fn result(&self) -> ClassificationResult {
        self.classification.result
    }

    /// Whether the result is a solitary plasmacytoma (row 6).
    pub fn is_solitary(&self) -> bool {
        is_row_6(self.result())
    }

    /// Whether it is one of the rows 1 to 5.
    pub fn is_not_solitary(&self) -> bool {
        !self.is_solitary() && self.result() != ClassificationResult::Undetermined
    }

    /// Whether a solitary plasmacytoma is still possible.
    pub fn may_be_solitary(&self) -> bool {
        self.is_solitary() || self.classification.possible.iter().any(|result| is_row_6(*result))
    }

    /// What would settle whether it is solitary.
    pub fn missing_for_solitary(&self) -> InputSet {
        if self.site_settles { InputSet::one(Input::TumourSite) } else { self.classification.missing }
    }

    /// Whether another site would make it a myeloma that requires treatment (row 3), and nothing else would.
    pub fn site_is_myeloma(&self) -> bool {
        self.site_settles && self.requires_treatment.missing == InputSet::one(Input::TumourSite)
    }

    /// Whether a row is still possible, the result being undetermined.
    pub fn is_possible(&self, result: ClassificationResult) -> bool {
        self.classification.possible.contains(&result)
    }
}

fn is_row_6(result: ClassificationResult) -> bool {
    use ClassificationResult::*;
    matches!(result, Sbp | Emp | SbpMinimalMarrow | EmpMinimalMarrow)
}

impl Table1<'_, '_> {
    pub fn row(&self) -> Row {
        use ClassificationResult::*;
        let several = self.lesions.several();
        let two = self.lesions.two(self.compartment);
        let (biopsy, involved_10, signal) = (self.biopsy, self.marrow.involved_10, self.signal);
        let others = self.events.others();
        let counted = self.events.get(Event::Bone).condition.or(self.events.get(Event::MriFocal).condition);

        let not_plasma_cell = biopsy.negated().and(involved_10.negated());
        let two_lesions = biopsy.and(two).and(others.or(involved_10).or(signal).negated());
        let two_lesions = self.without_flow(two_lesions);
        let by_counts = self.without_site(counted, counted.and(two.negated()));
        let by_events = others.or(by_counts);
        // A marrow of 60 % is one of 10 %: where nothing else is open among the events, the biopsy decides nothing.
        let but_marrow = self.events.others_but_marrow().or(by_counts);
        let requires_treatment = if but_marrow.is_false() {
            self.events.get(Event::Marrow60).condition
        } else {
            self.without_contact(biopsy.or(involved_10).and(by_events))
        };
        let fits_no_row = biopsy.and(requires_treatment.negated()).and(signal.or(several.and(two.negated())));
        let solitary = biopsy
            .and(several.negated())
            .and(others.or(counted).or(involved_10).or(signal).negated())
            .and(self.compartment.is_known())
            .and(self.marrow.is_known());

        let rows = [
            (NotPlasmaCell, not_plasma_cell),
            (TwoLesions, two_lesions),
            (MyelomaRequiringTreatment, requires_treatment),
            (MyelomaByMarrow, involved_10),
            (FitsNoRow, fits_no_row),
        ];
        let first_true = rows.iter().find(|(_, row)| row.is_true()).map(|(result, _)| *result);
        let result = first_true.or_else(|| solitary.is_true().then(|| self.kind())).unwrap_or(Undetermined);
        let mut possible = SmallVec::new();
        let mut missing = InputSet::EMPTY;
        if result == Undetermined {
            for (result, row) in rows.iter().filter(|(_, row)| row.is_unknown()) {
                possible.push(*result);
                missing = missing.and(row.missing);
            }
            if solitary.is_unknown() {
                possible.extend(self.kinds());
                missing = missing.and(solitary.missing);
            }
        }
        let classification = Classification { result, possible, missing };
        let site_settles = self.site_settles();
        // With a biopsy the same site makes row 3 true.
        let by_site = site_settles && self.biopsy.is_true() && requires_treatment.is_unknown();
        let site = Condition::new(Truth::Unknown, InputSet::one(Input::TumourSite));
        let requires_treatment = if by_site { site } else { requires_treatment };
        Row { classification, requires_treatment, two_lesions, site_settles }
    }

    /// Whether another site would settle by itself that the tumour is not solitary: it can only make it extramedullary,
    /// and then the one lytic lesion is one beside it.
    fn site_settles(&self) -> bool {
        let one_lytic = self.lesions.lytic_above_none.is_some_and(Truth::is_true)
            && self.lesions.lytic_above_one.is_some_and(Truth::is_false);
        one_lytic && self.compartment.can_only_be_soft_tissue()
    }

    /// Where only a count of lytic lesions could still make two lesions bone lesions, none is known, so that row 2 may
    /// become false and not true: that flow rules 10 % out does not matter to it.
    fn without_flow(&self, two_lesions: Condition) -> Condition {
        let hopeless = self.compartment.can_only_be_soft_tissue() && self.lesions.lytic_above_one.is_none();
        let flow = InputSet::one(Input::MarrowFlowClonalPlasmaCells);
        if hopeless { Condition::new(two_lesions.truth, two_lesions.missing.without(flow)) } else { two_lesions }
    }

    /// Where another site can only make the tumour extramedullary, it does not matter to a number of lesions that is
    /// not known at all: it does not make one of them lytic.
    fn without_site(&self, counted: Condition, by_counts: Condition) -> Condition {
        let uncounted = counted.is_unknown() && counted.missing == InputSet::one(Input::LesionCount);
        let idle = self.compartment.can_only_be_soft_tissue() && uncounted;
        let site = InputSet::one(Input::TumourSite);
        if idle { Condition::new(by_counts.truth, by_counts.missing.without(site)) } else { by_counts }
    }

    /// Where contact with bone can only make the tumour one of bone, and no second lesion is lytic, it makes no event of
    /// the lytic one: of a marrow of 10 % it decides nothing.
    fn without_contact(&self, requires_treatment: Condition) -> Condition {
        let one_at_most = self.lesions.lytic_above_one.is_some_and(Truth::is_false);
        let idle = self.marrow.involved_10.is_true() && self.compartment.can_only_be_bone() && one_at_most;
        let contact = InputSet::one(Input::BoneContact);
        let missing = requires_treatment.missing;
        if idle { Condition::new(requires_treatment.truth, missing.without(contact)) } else { requires_treatment }
    }

    fn kind(&self) -> ClassificationResult {
        kind(self.compartment.compartment == Compartment::Bone, self.marrow.marrow == Marrow::Minimal)
    }

    /// The results of row 6 that compartment and marrow leave open.
    fn kinds(&self) -> impl Iterator<Item = ClassificationResult> {
        let compartment = self.compartment.compartment;
        let none = !self.marrow.some;
        let minimal = self.marrow.marrow != Marrow::None;
        let order = [(true, false), (true, true), (false, false), (false, true)];
        order
            .into_iter()
            .filter(move |(bone, involved)| {
                let unfit = if *bone { Compartment::Extramedullary } else { Compartment::Bone };
                compartment != unfit && if *involved { minimal } else { none }
            })
            .map(|(bone, involved)| kind(bone, involved))
    }
}

fn kind(bone: bool, involved: bool) -> ClassificationResult {
    use ClassificationResult::*;
    match (bone, involved) {
        (true, false) => Sbp,
        (false, false) => Emp,
        (true, true) => SbpMinimalMarrow,
        (false, true) => EmpMinimalMarrow,
    }
}
