//! DiagnosticReports: examinations that were made, results within, and coded conclusions.

use super::Mappings;
use super::answered::Part;
use super::codes::CodeId;
use super::coverage::FoundBy;
use super::date::{self, Dated};
use super::engine::{At, Mapper};
use super::file::{CodesIn, Element, ResourceKind};
use super::observation::{issued, readable};
use super::part::Field;
use super::procedure::extension;
use super::reason::Reason;
use super::rule::{Place, Rule, Shape};
use crate::fhir::clinical::DiagnosticReport;
use crate::fhir::datatypes::CodeableConcept;
use smallvec::SmallVec;

impl<'m, 'r, 'a> Mapper<'m, 'r, 'a> {
    pub(super) fn report(&mut self, at: &mut At<'r, 'a>, report: &'r DiagnosticReport<'a>) {
        self.contained_results(at, &report.result);
        let Some(preliminary) = readable(report.status.as_deref()) else {
            return self.unused(at, None, None, Reason::Status);
        };
        at.preliminary = preliminary;
        let mut used = false;
        let mut known = false;
        let codes = self.mappings.known(report.code.as_ref());
        used |= self.by_report_codes(at, report, &codes, CodesIn::Code, &mut known);
        for conclusion in &report.conclusion_code {
            let codes = self.mappings.known(Some(conclusion));
            let mut known_conclusion = false;
            used |= self.by_report_codes(at, report, &codes, CodesIn::Conclusion, &mut known_conclusion);
            if !known_conclusion {
                self.unused(at, None, codes.first().copied(), Reason::UnknownValueCode);
            }
        }
        let in_words = report.conclusion.is_there() || report.presented_form.is_there();
        if report.conclusion_code.is_empty() && report.result.is_empty() && (in_words || !(used || known)) {
            self.unused(at, None, codes.first().copied(), Reason::ReportToRead);
        } else if !(used || known) && report.result.is_empty() {
            self.unused(at, None, None, Reason::UnknownCode);
        }
    }

    fn by_report_codes(
        &mut self,
        at: &At<'r, 'a>,
        report: &'r DiagnosticReport<'a>,
        codes: &[CodeId],
        place: CodesIn,
        known: &mut bool,
    ) -> bool {
        let mappings = self.mappings;
        let mut rules: SmallVec<[(CodeId, &'m Rule); 2]> = SmallVec::new();
        for code in codes {
            *known |= self.near_misses(at, *code);
            let of_code = mappings.rules_of(*code, ResourceKind::DiagnosticReport);
            rules.extend(of_code.filter(|rule| rule.codes_in == place).map(|rule| (*code, rule)));
        }
        *known |= !rules.is_empty();
        let mut seen: SmallVec<[&Rule; 2]> = SmallVec::new();
        for (code, rule) in &rules {
            let of_input = |other: &Rule| other.input == rule.input;
            // The codes of one concept mean the same, so that two techniques contradict each other.
            if rules.iter().any(|(_, other)| of_input(other) && other.says != rule.says) {
                self.unused(at, Some(rule.input), Some(*code), Reason::Conflict);
                continue;
            }
            if seen.iter().any(|earlier| of_input(earlier) && earlier.part == rule.part) {
                continue;
            }
            match self.by_report_rule(at, report, *code, rule) {
                Ok(()) => seen.push(rule),
                Err(reason) => self.unused(at, Some(rule.input), Some(*code), reason),
            }
        }
        !seen.is_empty()
    }

    fn by_report_rule(
        &mut self,
        at: &At<'r, 'a>,
        report: &'r DiagnosticReport<'a>,
        code: CodeId,
        rule: &'m Rule,
    ) -> Result<(), Reason> {
        let input = rule.input;
        let mut parts = rule.says;
        let readings = rule.value.iter().map(|reading| (Field::Value, reading));
        for (field, reading) in readings.chain(rule.fields.iter().map(|(field, reading)| (*field, reading))) {
            let part = match (&reading.place, &reading.shape) {
                (Place::Element(Element::Conclusion), Shape::Code(words)) => {
                    conclusion(self.mappings, words, &report.conclusion_code)?
                }
                (Place::Extension(urls), shape) => {
                    let found = extension(&report.extension, urls).ok_or(Reason::NoValue)?;
                    self.mappings.of_extension((input, field), shape, found)?
                }
                _ => return Err(Reason::UnexpectedValue),
            };
            if !part.put(&mut parts, input, field) {
                return Err(Reason::UnexpectedValue);
            }
        }
        let value = parts.value(input).ok_or(Reason::MissingPart)?;
        let dated = match effective(report) {
            Dated::Not(Reason::NoDate) => issued(report.issued.as_deref()),
            dated => dated,
        };
        let time = self.time(at, input, Some(code), dated)?;
        self.entry(at, FoundBy::Code(code), input, value, time, &parts);
        if let Some(part) = rule.part {
            self.part(part, time);
        }
        Ok(())
    }
}

/// When the examination was made.
pub(super) fn effective(report: &DiagnosticReport<'_>) -> Dated {
    match (&report.effective_date_time, &report.effective_period) {
        (Some(text), _) => date::date(text),
        (None, Some(period)) => date::end_of(period),
        (None, None) => Dated::Not(Reason::NoDate),
    }
}

/// The word that the coded conclusions mean, if they agree.
fn conclusion<'m>(
    mappings: &'m Mappings,
    words: &'m [(CodeId, Option<Box<str>>)],
    conclusions: &[CodeableConcept<'_>],
) -> Result<Part<'m>, Reason> {
    let mut found: Option<&str> = None;
    let mut reason = Reason::NoValue;
    for concept in conclusions {
        match mappings.word(words, concept) {
            Ok(word) if found.is_some_and(|earlier| earlier != word) => return Err(Reason::Conflict),
            Ok(word) => found = Some(word),
            Err(why) => reason = why,
        }
    }
    found.map(Part::Word).ok_or(reason)
}
