//! R11 to R14, palliative radiotherapy in myeloma: cord compression, after surgery, pain, large fields.

use super::case::{Case, Fact, Why};
use super::complications::Complication;
use super::courses::{Course, Operation, is_to};
use super::decision::*;
use super::facts::Facts;
use super::standing::{agreed, closed_flag};
use super::thresholds::*;
use super::treatment::surgical_option;
use crate::inputs::words::{Certainty, DiagnosisKind, LifeExpectancy, Site, SurgeryKind};
use crate::inputs::{Day, Entry, Input, InputSet, Truth};
use smallvec::SmallVec;

fn palliative(doses: &[Dose]) -> Action {
    let schedule = |dose: &Dose| Some(Schedule { dose_gy: dose.gy, fractions: dose.fractions? });
    let schedules = doses.iter().filter_map(schedule).collect();
    Action { schedules, ..Action::new(ActionCode::PalliativeRadiotherapy) }
}

/// The palliative recommendations and what they share.
pub(super) struct Palliation<'a, 'i> {
    pub case: &'a Case<'i>,
    pub facts: &'a Facts<'i>,
    pub why: &'a Why,
}

impl<'a, 'i> Palliation<'a, 'i> {
    fn courses(&self) -> &'a [Course<'i>] {
        &self.facts.treatments.tell(self.why).courses
    }

    fn applies(&self) -> bool {
        *self.facts.active_myeloma.tell(self.why)
    }

    fn current(&self, input: Input) -> impl Iterator<Item = &'a Complication<'i>> {
        let treatments = self.facts.treatments.tell(self.why);
        self.facts.complications.tell(self.why).current(input, treatments)
    }

    fn irradiated(&self, input: Input) -> impl Iterator<Item = &'a Complication<'i>> {
        let treatments = self.facts.treatments.tell(self.why);
        self.facts.complications.tell(self.why).recent(input).filter(|it| it.is_irradiated(treatments))
    }

    /// R11 (B): cord compression in myeloma; surgery first, else radiotherapy (A11).
    pub fn r11(&self) -> Recommendation<'i> {
        let id = RecommendationId::R11;
        if !self.applies() {
            return Recommendation::not_applicable(id);
        }
        let cords: SmallVec<[&Complication<'i>; 2]> = self.current(Input::SpinalCordCompression).collect();
        if cords.is_empty() {
            let treated = self.irradiated(Input::SpinalCordCompression).next();
            return treated.map_or_else(
                || Recommendation::not_applicable(id),
                |treated| {
                    Recommendation::new(id, Status::Fulfilled)
                        .cite_if(treated.is_established_cord(), Ambiguity::A11)
                        .shown(treated.with_irradiations(self.facts.treatments.tell(self.why)))
                },
            );
        }
        let radiotherapy = Action::new(ActionCode::PalliativeRadiotherapy);
        let call = Action { strength: Some(Strength::May), ..Action::new(ActionCode::ContactOncologistOnCall) };
        let steroid = Action { strength: Some(Strength::Should), ..Action::new(ActionCode::HighDoseCorticosteroid) };
        let (outcome, actions): (_, SmallVec<[Action; 4]>) = match surgical_option(self.case, self.facts, self.why) {
            Some(false) => {
                (Recommendation::new(id, Status::Recommended), [radiotherapy, call, steroid].into_iter().collect())
            }
            None => {
                let radiotherapy = Action { if_confirmed: true, ..radiotherapy };
                let assess = Action::new(ActionCode::AssessSurgicalOption);
                let missing = InputSet::one(Input::SurgicalOption);
                let actions = [assess, radiotherapy, call, steroid].into_iter().collect();
                (Recommendation::undetermined(id, missing), actions)
            }
            Some(true) => {
                let assess = Action::new(ActionCode::SurgeryAssessment);
                (Recommendation::new(id, Status::Consider), [assess, steroid].into_iter().collect())
            }
        };
        actions
            .into_iter()
            .map(|action| Action { urgent: true, ..action })
            .fold(outcome, Recommendation::with)
            .cite_if(cords.iter().any(|cord| cord.is_established_cord()), Ambiguity::A11)
            .shown(cords.iter().flat_map(|cord| cord.entries.iter().copied()))
    }

    /// The newest operations of the last 6 months that may be the myeloma's own.
    fn recent_operations(&self) -> SmallVec<[&'a Operation<'i>; 2]> {
        let myelomas = self
            .facts
            .diagnoses
            .tell(self.why)
            .iter()
            .filter(|(_, it)| it.kind == DiagnosisKind::MultipleMyeloma && it.certainty == Certainty::Confirmed);
        let first = myelomas.filter_map(|(_, it)| it.date()).min();
        let from = first.map(|first| first.plus_days(-SURGERY_BEFORE_MYELOMA_DAYS));
        let counts = |day: Day| {
            day.plus_months(PALLIATIVE_SURGERY_MONTHS) >= self.case.as_of && from.is_none_or(|from| day >= from)
        };
        let operations = || self.facts.treatments.tell(self.why).operations.iter();
        let newest = operations().filter_map(|it| it.day).filter(|day| counts(*day)).max();
        operations().filter(|it| it.day.is_some() && it.day == newest).collect()
    }

    /// The newest operations that no radiotherapy to their site has followed.
    fn operations_without_radiotherapy(&self) -> SmallVec<[&'a Operation<'i>; 2]> {
        self.recent_operations().into_iter().filter(|it| self.courses_after(it).next().is_none()).collect()
    }

    /// Radiotherapy to the site of an operation that began on its day or later.
    fn courses_after(&self, operation: &'a Operation<'i>) -> impl Iterator<Item = &'a Course<'i>> {
        let Operation { day, site, .. } = *operation;
        let follows = move |course: &&Course<'i>| {
            let to_it =
                |start: &Day| day.is_some_and(|day| *start >= day && is_to(course.site, Some(*start), site, Some(day)));
            course.starts.iter().any(to_it)
        };
        self.courses().iter().filter(follows)
    }

    /// R12 (B, may): radiotherapy after palliative surgery.
    pub fn r12(&self) -> Recommendation<'i> {
        let id = RecommendationId::R12;
        if !self.applies() {
            return Recommendation::not_applicable(id);
        }
        let operations = self.recent_operations();
        let entries = || operations.iter().map(|it| it.entry);
        if operations.is_empty() {
            return Recommendation::not_applicable(id);
        }
        if self.operations_without_radiotherapy().is_empty() {
            let courses = operations.iter().flat_map(|it| self.courses_after(it));
            let courses = courses.flat_map(|course| course.entries.iter().copied());
            return Recommendation::new(id, Status::Fulfilled).shown(entries().chain(courses));
        }
        Recommendation::new(id, Status::Consider).with_code(ActionCode::PostoperativeRadiotherapy).shown(entries())
    }

    /// R13 (A, may): radiotherapy for pain alone, in 1 to 10 fractions.
    pub fn r13(&self) -> Recommendation<'i> {
        let id = RecommendationId::R13;
        if !self.applies() {
            return Recommendation::not_applicable(id);
        }
        let pains = || self.facts.complications.tell(self.why).recent(Input::BonePain);
        let treatments = self.facts.treatments.tell(self.why);
        let considered: SmallVec<[&Complication<'i>; 2]> = self.pains_to_irradiate().collect();
        if !considered.is_empty() {
            let poor = agreed_truth(self.case, Input::PerformanceStatus).is_true();
            let short = self.life_expectancy() == Some(LifeExpectancy::Short);
            let doses: &[Dose] =
                if poor && short { &[PAIN_DOSE_ONE] } else { &[PAIN_DOSE_ONE, PAIN_DOSE_FIVE, PAIN_DOSE_TEN] };
            let outcome = Recommendation::new(id, Status::Consider).with(palliative(doses));
            return outcome.shown(considered.iter().flat_map(|pain| pain.entries.iter().copied()));
        }
        let undetermined = || Recommendation::undetermined(id, InputSet::one(Input::BonePain));
        let mut unknown = pains().filter(|it| it.present.is_unknown());
        if unknown.clone().any(|it| it.is_current(treatments) && !self.is_irradiated_now(it)) {
            return undetermined();
        }
        if let Some(treated) = self.irradiated(Input::BonePain).find(|it| it.present.is_true()) {
            return Recommendation::new(id, Status::Fulfilled).shown(treated.with_irradiations(treatments));
        }
        if unknown.any(|it| it.is_irradiated(treatments)) {
            return undetermined();
        }
        let just_now = pains().any(|it| it.is_current(treatments));
        Recommendation::not_applicable(id).note_if(just_now, NoteCode::IrradiatedJustNow)
    }

    fn pains_to_irradiate(&self) -> impl Iterator<Item = &'a Complication<'i>> {
        self.current(Input::BonePain).filter(|it| it.present.is_true() && !self.is_irradiated_now(it))
    }

    /// Whether a course that is treatment of it is under way, or ended in the last 28 days.
    fn is_irradiated_now(&self, pain: &Complication<'i>) -> bool {
        let as_of = self.case.as_of;
        let now = |course: &Course<'i>| {
            course.under_way(as_of)
                || course.ended(as_of).is_some_and(|end| as_of.days_since(end) <= IRRADIATED_JUST_NOW_DAYS)
        };
        let is_its =
            |course: &Course<'i>| course.starts.iter().any(|start| pain.is_treated_at(course.site, Some(*start)));
        self.courses().iter().any(|course| now(course) && is_its(course))
    }

    fn life_expectancy(&self) -> Option<LifeExpectancy> {
        agreed(self.case.latest(Input::LifeExpectancy), |entry| self.case.log.life_expectancy(entry))
    }

    /// Earlier courses to the site of what R11 to R13 would irradiate.
    fn earlier_courses(&self, r11: &Recommendation<'i>) -> SmallVec<[&'a Course<'i>; 2]> {
        let as_of = self.case.as_of;
        let r11_counts = matches!(r11.status, Status::Recommended | Status::Undetermined);
        let cord_sites = self
            .current(Input::SpinalCordCompression)
            .filter(|_| r11_counts)
            .map(|it| Some(it.site.unwrap_or(Site::Vertebra)));
        let operation_sites = self.operations_without_radiotherapy().into_iter().map(|it| it.site);
        let sites: SmallVec<[Option<Site>; 4]> =
            cord_sites.chain(operation_sites).chain(self.pains_to_irradiate().map(|it| it.site)).collect();
        let to_any = |course: &&Course<'i>| {
            sites.iter().any(|site| course.site.is_none() || site.is_none() || course.site == *site)
        };
        self.courses().iter().filter(|course| !course.under_way(as_of)).filter(to_any).collect()
    }

    /// Whether the target was irradiated before: as said, or by an earlier course; and those courses.
    pub fn reirradiation(&self, r11: &Recommendation<'i>) -> Reirradiation<'i> {
        let earlier: SmallVec<[&Entry; 2]> = if self.applies() {
            self.earlier_courses(r11).iter().flat_map(|course| course.entries.iter().copied()).collect()
        } else {
            SmallVec::new()
        };
        let said = self.applies() && closed_flag(self.case, Input::Reirradiation);
        Reirradiation { is_one: said || !earlier.is_empty(), earlier }
    }

    /// R14 (B, should): large areas and cord compression: 30 Gy in 10 to 15 fractions (A13).
    pub fn r14(
        &self,
        r11: &Recommendation<'i>,
        r12: &Recommendation<'i>,
        r13: &Recommendation<'i>,
        reirradiation: &Fact<Reirradiation<'i>>,
    ) -> Recommendation<'i> {
        let id = RecommendationId::R14;
        let open = [r11, r13].iter().any(|it| it.status == Status::Undetermined);
        let missing = || r11.missing.and(r13.missing);
        let concerned =
            r11.status == Status::Recommended || r12.status == Status::Consider || r13.status == Status::Consider;
        if !self.applies() || !(concerned || open) {
            return Recommendation::not_applicable(id);
        }
        if !concerned {
            return Recommendation::undetermined(id, missing());
        }
        let reirradiated = reirradiation.tell(self.why).is_one;
        let decompressed = r12.status == Status::Consider
            && self.operations_without_radiotherapy().iter().any(|it| it.kind == SurgeryKind::Decompression);
        let large = closed_flag(self.case, Input::PalliativeTargetLarge);
        if r11.status == Status::Recommended || decompressed || large {
            let both = [LARGE_FIELD_DOSE, AGAIN_DOSE];
            let doses: &[Dose] = if large || reirradiated { &both } else { &[LARGE_FIELD_DOSE] };
            let status = if reirradiated { Status::Consider } else { Status::Recommended };
            let strength = reirradiated.then_some(Strength::May);
            return Recommendation::new(id, status)
                .with(Action { strength, ..palliative(doses) })
                .cite_if(large, Ambiguity::A13)
                .note_if(reirradiated, NoteCode::TextForReirradiation);
        }
        if open {
            return Recommendation::undetermined(id, missing());
        }
        if reirradiated {
            return Recommendation::new(id, Status::Consider)
                .with(Action { strength: Some(Strength::May), ..palliative(&[AGAIN_DOSE]) })
                .note(NoteCode::TextForReirradiation);
        }
        Recommendation::not_applicable(id)
    }

    /// What R11 to R14 share once they advise: earlier courses first, what to spare and to check, and for R13 and R14
    /// 40 Gy in 20 fractions where life expectancy is very long and critical tissue is in the field.
    pub fn finish(
        &self,
        mut outcome: Recommendation<'i>,
        reirradiation: &Fact<Reirradiation<'i>>,
    ) -> Recommendation<'i> {
        if outcome.status == Status::NotApplicable {
            return outcome;
        }
        let Reirradiation { is_one: reirradiated, earlier } = reirradiation.tell(self.why);
        if !earlier.is_empty() {
            outcome.notes.insert(0, Note::about(NoteCode::EarlierCourseToSite, earlier.iter().copied()));
        }
        // What cannot wait is advised all the same, and with it what may have been irradiated there already.
        let unplaced = self.facts.treatments.tell(self.why).unplaced.iter().copied();
        let courses: SmallVec<[&Entry; 1]> = unplaced.filter(|entry| entry.input == Input::Radiotherapy).collect();
        if !courses.is_empty() {
            outcome.notes.insert(0, Note::about(NoteCode::TreatmentUnplaced, courses));
        }
        if !matches!(outcome.status, Status::Recommended | Status::Consider) {
            return outcome;
        }
        if matches!(outcome.id, RecommendationId::R13 | RecommendationId::R14)
            && !reirradiated
            && self.life_expectancy() == Some(LifeExpectancy::VeryLong)
            && closed_flag(self.case, Input::CriticalTissueInField)
        {
            let strength = (outcome.id == RecommendationId::R14).then_some(Strength::May);
            outcome = outcome.with(Action { strength, ..palliative(&[LONG_LIFE_DOSE]) });
        }
        outcome.note(NoteCode::SpareMarrowAndOrgans).note(NoteCode::CheckConcurrentDrugs)
    }
}

/// Whether what R11 to R13 would irradiate was irradiated before.
#[derive(Debug)]
pub(super) struct Reirradiation<'i> {
    /// It is said to be, or an earlier course is there.
    pub is_one: bool,
    /// The earlier courses.
    pub earlier: SmallVec<[&'i Entry; 2]>,
}

/// Whether the newest performance status is 3 or worse.
fn agreed_truth<'i>(case: &Case<'i>, input: Input) -> Truth {
    case.latest(input)
        .map_or(Truth::Unknown, |reading| case.log.answer(&reading, |entry| case.log.at_least(entry, POOR_PERFORMANCE)))
}
