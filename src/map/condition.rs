//! Conditions: diagnoses with their certainty, status, dates and site; complications; and the Patient's own dates.

use super::codes::CodeId;
use super::coverage::FoundBy;
use super::date::{self, Dated};
use super::engine::{At, Mapper};
use super::file::ResourceKind;
use super::part::Parts;
use super::reason::Reason;
use super::rule::Rule;
use crate::fhir::clinical::{Condition, Patient};
use crate::fhir::datatypes::CodeableConcept;
use crate::inputs::words::{Certainty, ClinicalStatus, DiagnosisKind, Severity};
use crate::inputs::{Input, Kind, Value, When};
use smallvec::SmallVec;

impl<'m, 'r, 'a> Mapper<'m, 'r, 'a> {
    pub(super) fn patient(&mut self, at: &At<'r, 'a>, patient: &'r Patient<'a>) {
        if let Some(text) = &patient.birth_date {
            match date::date(text) {
                Dated::At(when) => {
                    let value = Value::Date(when.day());
                    self.entry(at, FoundBy::Element, Input::BirthDate, value, None, &Parts::default());
                }
                Dated::Issued(_) | Dated::OfPanel(_) => {}
                Dated::Not(reason) => self.unused(at, Some(Input::BirthDate), None, reason),
            }
        }
        let time = match (&patient.deceased_date_time, patient.deceased_boolean) {
            (Some(text), _) => match date::date(text) {
                // Who died on a day that is not known is dead all the same.
                Dated::Not(_) => {
                    self.unused(at, Some(Input::Deceased), None, Reason::UsedWithoutDate);
                    None
                }
                dated => dated.when(),
            },
            (None, Some(true)) => None,
            (None, Some(false)) => {
                let no = Value::Bool(false);
                return self.entry(at, FoundBy::Element, Input::Deceased, no, None, &Parts::default());
            }
            (None, None) => return,
        };
        self.entry(at, FoundBy::Element, Input::Deceased, Value::Bool(true), time, &Parts::default());
    }

    pub(super) fn condition(&mut self, at: &At<'r, 'a>, condition: &'r Condition<'a>) {
        let codes = self.mappings.known(condition.code.as_ref());
        let mut known = false;
        for code in &codes {
            known |= self.near_misses(at, *code);
        }
        let mappings = self.mappings;
        let mut rules: SmallVec<[(CodeId, &'m Rule); 4]> = SmallVec::new();
        for code in &codes {
            rules.extend(mappings.rules_of(*code, ResourceKind::Condition).map(|rule| (*code, rule)));
        }
        if rules.is_empty() {
            if !known {
                let coded = condition.code.as_ref().is_some_and(CodeableConcept::is_coded);
                self.unused(at, None, None, if coded { Reason::UnknownCode } else { Reason::NoCode });
            }
            return;
        }
        let certainty = match certainty(condition.verification_status.as_ref()) {
            Ok(certainty) => certainty,
            Err(reason) => {
                let first = rules.first().map(|(code, rule)| (*code, rule.input));
                return self.unused(at, first.map(|(_, input)| input), first.map(|(code, _)| code), reason);
            }
        };
        self.diagnosis(at, condition, &rules, certainty);
        let mut seen: SmallVec<[Input; 2]> = SmallVec::new();
        for (code, rule) in rules.iter().filter(|(_, rule)| rule.input != Input::Diagnosis) {
            if !seen.contains(&rule.input) {
                seen.push(rule.input);
                self.complication(at, condition, *code, rule, certainty);
            }
        }
    }

    /// One diagnosis from all codes of the Condition that name one: they must agree, the more exact one counts.
    fn diagnosis(
        &mut self,
        at: &At<'r, 'a>,
        condition: &'r Condition<'a>,
        rules: &[(CodeId, &'m Rule)],
        certainty: Certainty,
    ) {
        let mut chosen: Option<(CodeId, Parts, bool)> = None;
        for (code, rule) in rules.iter().filter(|(_, rule)| rule.input == Input::Diagnosis) {
            let next = (*code, rule.says, rule.feeds_tumour_site);
            chosen = match chosen {
                None => Some(next),
                Some(earlier) => match more_exact(&earlier.1, &next.1) {
                    Ok(true) => Some(next),
                    Ok(false) => Some(earlier),
                    Err(()) => return self.unused(at, Some(Input::Diagnosis), Some(*code), Reason::Conflict),
                },
            };
        }
        let Some((code, mut parts, feeds_tumour_site)) = chosen else { return };
        let input = Input::Diagnosis;
        parts.certainty = Some(certainty);
        let stated = clinical_status(condition.clinical_status.as_ref()).unwrap_or_else(|reason| {
            self.unused(at, Some(input), Some(code), reason);
            None
        });
        // A code may say remission or relapse where the status only says that the problem is on the list.
        parts.clinical_status = match (stated, parts.clinical_status) {
            (None | Some(ClinicalStatus::Active), Some(by_code)) => Some(by_code),
            (stated, _) => stated,
        };
        let (onset, recorded) = (onset(condition), date::maybe(condition.recorded_date.as_ref()));
        (parts.start, parts.recorded) = (date::day(onset), date::day(recorded));
        if let Some(note) = note_of_dates(onset, recorded) {
            self.unused(at, Some(input), Some(code), note);
        }
        let said = self.said_by_sites(at, &condition.body_site);
        parts.site = self.site(at, input, Some(code), &said).or(parts.site);
        let Some(value) = parts.value(input) else { return };
        self.entry(at, FoundBy::Code(code), input, value, None, &parts);
        if let (true, Some(site)) = (feeds_tumour_site && certainty != Certainty::Refuted, parts.site) {
            let time = parts.start.or(parts.recorded).map(When::on);
            self.entry(at, FoundBy::Code(code), Input::TumourSite, Value::Site(site), time, &Parts::default());
        }
    }

    /// A complication since its onset; one that is over has an end.
    fn complication(
        &mut self,
        at: &At<'r, 'a>,
        condition: &'r Condition<'a>,
        code: CodeId,
        rule: &'m Rule,
        certainty: Certainty,
    ) {
        let input = rule.input;
        if certainty != Certainty::Confirmed {
            return self.unused(at, Some(input), Some(code), Reason::NotCertain);
        }
        let mut parts = rule.says;
        let said = self.said_by_sites(at, &condition.body_site);
        parts.site = self.site(at, input, Some(code), &said).or(parts.site);
        let Some(value) = parts.value(input) else {
            return self.unused(at, Some(input), Some(code), Reason::MissingPart);
        };
        let abated = condition.abatement_date_time.as_ref().map(|text| date::date(text));
        let abated = abated.or_else(|| condition.abatement_period.as_ref().map(|period| date::end_of(period)));
        let stated = clinical_status(condition.clinical_status.as_ref());
        if let Err(reason) = stated {
            self.unused(at, Some(input), Some(code), reason);
        }
        let over =
            matches!(stated, Ok(Some(ClinicalStatus::Inactive | ClinicalStatus::Remission | ClinicalStatus::Resolved)));
        let end = abated.and_then(Dated::when);
        if end.is_none() && (over || abated.is_some()) {
            return self.unused(at, Some(input), Some(code), Reason::Over);
        }
        let (onset, recorded) = (onset(condition), date::maybe(condition.recorded_date.as_ref()));
        if let Some(note) = note_of_dates(onset, recorded) {
            self.unused(at, Some(input), Some(code), note);
        }
        let since = onset.when().or(recorded.when());
        self.entry(at, FoundBy::Code(code), input, value, since, &parts);
        let ended = match (value, input.kind()) {
            (Value::Severity(_), _) => Some(Value::Severity(Severity::None)),
            (_, Kind::Bool | Kind::QuantityOrBool) => Some(Value::Bool(false)),
            _ => None,
        };
        if let (Some(end), Some(ended)) = (end, ended) {
            self.entry(at, FoundBy::Code(code), input, ended, Some(end), &parts);
        }
    }
}

/// When a problem began, as far as it is said.
fn onset(condition: &Condition<'_>) -> Dated {
    match (&condition.onset_date_time, &condition.onset_period) {
        (Some(text), _) => date::date(text),
        (None, Some(period)) => date::start_of(period),
        (None, None) => {
            let undated =
                condition.onset_age.is_there() || condition.onset_range.is_there() || condition.onset_string.is_there();
            Dated::Not(if undated { Reason::PartialDate } else { Reason::NoDate })
        }
    }
}

/// What is said of the dates of a problem: an onset that is no whole date is passed over for the recorded date.
fn note_of_dates(onset: Dated, recorded: Dated) -> Option<Reason> {
    use Reason::NoDate;
    match (onset, recorded) {
        (Dated::Not(NoDate), Dated::Not(NoDate)) => Some(Reason::UsedUndated),
        (Dated::Not(_), Dated::Not(_)) => Some(Reason::UsedWithoutDate),
        (Dated::Not(reason), _) => (reason != NoDate).then_some(Reason::RecordedDateUsed),
        (_, Dated::Not(reason)) => (reason != NoDate).then_some(Reason::PartNotUsed),
        _ => None,
    }
}

/// Whether the second of two diagnoses of one Condition is the more exact; an error where they contradict each other.
fn more_exact(first: &Parts, second: &Parts) -> Result<bool, ()> {
    use DiagnosisKind::*;
    let shared = |parts: &Parts| parts.shared_with_smouldering == Some(true);
    match (first.diagnosis, second.diagnosis) {
        (Some(a), Some(b)) if a == b => {
            let more = |parts: &Parts| u8::from(!shared(parts)) + 2 * u8::from(parts.clinical_status.is_some());
            Ok(more(second) > more(first))
        }
        (Some(PlasmacytomaUnspecified), Some(PlasmacytomaBone | PlasmacytomaExtramedullary)) => Ok(true),
        (Some(PlasmacytomaBone | PlasmacytomaExtramedullary), Some(PlasmacytomaUnspecified)) => Ok(false),
        (Some(MultipleMyeloma), Some(SmoulderingMyeloma)) if shared(first) => Ok(true),
        (Some(SmoulderingMyeloma), Some(MultipleMyeloma)) if shared(second) => Ok(false),
        _ => Err(()),
    }
}

fn codes_of<'c>(concept: &'c CodeableConcept<'_>) -> impl Iterator<Item = &'c str> {
    concept.coding.iter().filter_map(|coding| coding.code.as_deref())
}

/// How sure a Condition is; confirmed where it does not say.
fn certainty(status: Option<&CodeableConcept<'_>>) -> Result<Certainty, Reason> {
    let Some(status) = status else { return Ok(Certainty::Confirmed) };
    let mut found = None;
    for code in codes_of(status) {
        let next = match code {
            "confirmed" => Certainty::Confirmed,
            "unconfirmed" | "provisional" | "differential" => Certainty::Suspected,
            "refuted" => Certainty::Refuted,
            _ => return Err(Reason::Status),
        };
        if found.is_some_and(|earlier| earlier != next) {
            return Err(Reason::Conflict);
        }
        found = Some(next);
    }
    found.ok_or(Reason::Status)
}

/// How a Condition stands, if it says so; not used where it does so in no word of FHIR, or in two.
fn clinical_status(status: Option<&CodeableConcept<'_>>) -> Result<Option<ClinicalStatus>, Reason> {
    let Some(status) = status else { return Ok(None) };
    let mut words = codes_of(status).filter_map(ClinicalStatus::of);
    match words.next() {
        Some(first) if words.all(|other| other == first) => Ok(Some(first)),
        _ => Err(Reason::PartNotUsed),
    }
}
