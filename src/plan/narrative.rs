//! What a clinician reads: first what comes first, then what to do, then what is open, then what is done.

use super::page::Page;
use super::phrases::{self, sentence};
use super::wording::{self, Language, Words, words};
use crate::guideline::{
    Ambiguity, ClassificationResult, Event, EventState, Factor, FactorState, NoteCode, Outcomes, Plasmacytoma,
    Prognosis, Recommendation, Status, WorkingDiagnosisValue,
};
use crate::inputs::words::Relapse;
use crate::inputs::{Day, Input, InputSet};
use std::collections::BTreeSet;

/// The first thing that the plan says, in one or two sentences.
pub fn headline(outcome: &Outcomes<'_>, language: Language) -> String {
    let first = outcome.notes.iter().find(|it| wording::comes_first(it)).map(|it| phrases::note(it, language));
    let diagnosis = outcome.plasmacytoma.as_ref().map(|it| format!("{}.", diagnosis(it, language)));
    let disease = diagnosis.unwrap_or_else(|| {
        words("Myeloma: palliative radiotherapy.", "Myelomatose: palliativ strålebehandling.")
            .in_language(language)
            .to_owned()
    });
    first.into_iter().chain([disease]).collect::<Vec<_>>().join(" ")
}

/// The narrative of the CarePlan.
pub fn care_plan(outcome: &Outcomes<'_>, language: Language, decided_on: Day) -> Page {
    let mut page = Page::new(language);
    let say = |it: Words| it.in_language(language);
    for note in outcome.notes.iter().filter(|it| wording::comes_first(it)) {
        page.strong(&phrases::note(note, language));
    }
    if outcome.recommendations.iter().all(|it| it.status == Status::NotApplicable) {
        page.paragraph(say(words("The guideline asks for nothing now.", "Retningslinjen kræver intet lige nu.")));
    }
    let urgent: Vec<_> = outcome.recommendations.iter().filter(|it| is_urgent(it)).collect();
    if !urgent.is_empty() {
        page.heading(say(words("URGENT", "AKUT")));
        let text = |it: &Recommendation<'_>| match it.status {
            Status::Undetermined => {
                let missing = sentence(&phrases::missing(it, language));
                format!("{} {missing}.", phrases::recommendation(it, language))
            }
            _ => phrases::recommendation(it, language),
        };
        page.list(&urgent.into_iter().map(|it| (label(it, language), text(it))).collect::<Vec<_>>());
    }
    if let Some(plasmacytoma) = &outcome.plasmacytoma {
        page.heading(say(words("The disease", "Sygdommen")));
        page.list(&disease(plasmacytoma, language));
    }
    let mut section = |title: Words, status: Status| {
        let lines = lines(outcome, status, language);
        if !lines.is_empty() {
            page.heading(title.in_language(language));
            page.list(&lines);
        }
    };
    section(words("To do", "Skal gøres"), Status::Recommended);
    section(words("To be considered", "Kan overvejes"), Status::Consider);
    section(words("No evidence for it, or advised against", "Ikke belæg for, eller frarådes"), Status::AdviseAgainst);
    section(words("Not as recommended", "Afviger fra anbefalingen"), Status::Deviates);
    open(&mut page, outcome, language);
    let done = outcome.recommendations.iter().filter(|it| it.status == Status::Fulfilled);
    let done: Vec<_> = done.map(|it| (label(it, language), done_text(it, language))).collect();
    if !done.is_empty() {
        page.heading(say(words("Done", "Udført")));
        page.list(&done);
    }
    record(&mut page, outcome, language);
    let cited: BTreeSet<Ambiguity> =
        outcome.recommendations.iter().flat_map(|it| it.ambiguities.iter().copied()).collect();
    unclear(&mut page, cited, language);
    // Where no date is shown there is no tolerance around it to speak of.
    let has_tolerance = |it: &Recommendation<'_>| {
        it.notes.iter().any(|note| note.code == NoteCode::OurTolerance) && it.actions.iter().any(|it| it.due.is_some())
    };
    if outcome.recommendations.iter().any(has_tolerance) {
        page.paragraph(&format!("{}.", say(wording::note(NoteCode::OurTolerance))));
    }
    closing(&mut page, decided_on, language);
    page
}

fn diagnosis(plasmacytoma: &Plasmacytoma<'_>, language: Language) -> String {
    let result = plasmacytoma.classification.result;
    let working = plasmacytoma.working_diagnosis;
    if result != ClassificationResult::Undetermined {
        let said = sentence(wording::classification(result).in_language(language));
        let is_solitary = matches!(
            result,
            ClassificationResult::Sbp
                | ClassificationResult::Emp
                | ClassificationResult::SbpMinimalMarrow
                | ClassificationResult::EmpMinimalMarrow
        );
        let contradicted = words(" by the work-up alone: contradicted", " alene efter udredningen: modsagt");
        return if working.contradicted && is_solitary {
            format!("{said}{}", contradicted.in_language(language))
        } else {
            said
        };
    }
    match (working.value, working.basis) {
        (WorkingDiagnosisValue::None, _) | (_, None) => {
            words("The diagnosis is not settled", "Diagnosen er ikke afklaret").in_language(language).to_owned()
        }
        (value, Some(basis)) => format!(
            "{} ({})",
            sentence(wording::working_diagnosis(value).in_language(language)),
            wording::basis(basis).in_language(language)
        ),
    }
}

fn disease(plasmacytoma: &Plasmacytoma<'_>, language: Language) -> Vec<(String, String)> {
    let say = |it: Words| it.in_language(language).to_owned();
    let label = |it: Words| format!("{}:", it.in_language(language));
    let mut lines = vec![(label(words("Diagnosis", "Diagnose")), diagnosis(plasmacytoma, language))];
    let possible = &plasmacytoma.classification.possible;
    if !possible.is_empty() {
        let names: Vec<_> = possible.iter().map(|it| say(wording::classification(*it))).collect();
        lines.push((label(words("Still possible", "Fortsat muligt")), names.join("; ")));
    }
    let place = match plasmacytoma.site {
        Some(site) => format!("{}, {}", say(wording::site(site)), say(wording::compartment(plasmacytoma.compartment))),
        None => say(wording::compartment(plasmacytoma.compartment)),
    };
    lines.push((label(words("Site", "Lokalisation")), place));
    lines.push((label(words("Marrow", "Knoglemarv")), say(wording::marrow(plasmacytoma.marrow))));
    lines.extend(events(words("Myeloma-defining events", "SLiM-CRAB"), &plasmacytoma.events, language));
    if let Some(events_after) = &plasmacytoma.events_after_treatment {
        let title = words("Myeloma-defining events after treatment", "SLiM-CRAB efter behandling");
        lines.extend(events(title, events_after, language));
    }
    lines.extend(dates(plasmacytoma, language));
    lines
}

/// The events that are there or whose cause is open; and in one word, if none is, whether all are ruled out.
fn events(title: Words, states: &[EventState], language: Language) -> Option<(String, String)> {
    let unknown = states.iter().filter(|it| **it == EventState::Unknown).count();
    if unknown == states.len() {
        return Some((
            format!("{}:", title.in_language(language)),
            words("none of them examined", "ingen er undersøgt").in_language(language).to_owned(),
        ));
    }
    let with = |state: EventState| {
        let found = Event::ALL.iter().zip(states).filter(move |(_, it)| **it == state);
        let names: Vec<_> = found.map(|(event, _)| wording::event(*event).in_language(language)).collect();
        (!names.is_empty())
            .then(|| format!("{}: {}", wording::event_state(state).in_language(language), names.join(", ")))
    };
    let said: Vec<_> =
        [EventState::True, EventState::Unattributed, EventState::Unknown].into_iter().filter_map(with).collect();
    let said = match said.is_empty() {
        true => words("none", "ingen").in_language(language).to_owned(),
        false => said.join("; "),
    };
    Some((format!("{}:", title.in_language(language)), said))
}

fn dates(plasmacytoma: &Plasmacytoma<'_>, language: Language) -> Vec<(String, String)> {
    let label = |it: Words| format!("{}:", it.in_language(language));
    let day = |it: Day| wording::day(it, language);
    let anchors = plasmacytoma.anchors;
    let mut lines = Vec::new();
    lines.extend(anchors.diagnosis_date.map(|it| (label(words("Diagnosed", "Diagnosedato")), day(it))));
    let treatment = match (anchors.treatment_start, anchors.treatment_end) {
        (_, _) if anchors.under_way => Some(words("under way", "i gang").in_language(language).to_owned()),
        (Some(start), Some(end)) => Some(wording::days(crate::guideline::Due { start, end }, language)),
        (Some(start), None) => Some(format!("{} {}", words("from", "fra").in_language(language), day(start))),
        (None, Some(end)) => Some(format!("{} {}", words("until", "til").in_language(language), day(end))),
        (None, None) => None,
    };
    lines.extend(treatment.map(|it| (label(words("Treatment", "Behandling")), it)));
    if plasmacytoma.relapse.value != Relapse::None {
        let said = wording::relapse(plasmacytoma.relapse.value).in_language(language);
        let dated = plasmacytoma.relapse.date.map(|it| format!(" ({})", day(it))).unwrap_or_default();
        lines.push((label(words("Relapse", "Relaps")), format!("{said}{dated}")));
    }
    lines
}

/// Whether anything of it is urgent: then it stands in a section of its own, before all others.
fn is_urgent(recommendation: &Recommendation<'_>) -> bool {
    recommendation.actions.iter().any(|it| it.urgent)
}

/// The lines of a section. What is still to be done for a fulfilled recommendation (FISH, the rest
/// of the blood tests) is to be done as well.
fn lines(outcome: &Outcomes<'_>, status: Status, language: Language) -> Vec<(String, String)> {
    let is_rest = |it: &Recommendation<'_>| {
        status == Status::Recommended && it.status == Status::Fulfilled && !it.actions.is_empty()
    };
    let of_section = |it: &&Recommendation<'_>| !is_urgent(it) && (it.status == status || is_rest(it));
    let chosen = outcome.recommendations.iter().filter(of_section);
    let text = |it: &Recommendation<'_>| match is_rest(it) {
        true => phrases::actions(it, language),
        false => phrases::recommendation(it, language),
    };
    chosen.map(|it| (label(it, language), text(it))).collect()
}

fn done_text(recommendation: &Recommendation<'_>, language: Language) -> String {
    match phrases::found(recommendation, language) {
        empty if empty.is_empty() => {
            format!("{}.", sentence(wording::status(recommendation.status).in_language(language)))
        }
        found => found,
    }
}

/// `R06 Curative radiotherapy (should, grade B):`
fn label(recommendation: &Recommendation<'_>, language: Language) -> String {
    let subject = wording::subject(recommendation.id).in_language(language);
    format!("{} {subject} ({}):", recommendation.id, phrases::weight(recommendation, language))
}

/// What is undetermined, with the results that would settle it: each named once.
fn open(page: &mut Page, outcome: &Outcomes<'_>, language: Language) {
    let is_open = |it: &&Recommendation<'_>| it.status == Status::Undetermined && !is_urgent(it);
    let undetermined: Vec<_> = outcome.recommendations.iter().filter(is_open).collect();
    if undetermined.is_empty() {
        return;
    }
    page.heading(words("Undetermined", "Uafklaret").in_language(language));
    let classification = outcome.plasmacytoma.as_ref().map_or(InputSet::EMPTY, |it| it.classification.missing);
    if !classification.is_empty() {
        let title = words("The diagnosis is settled by:", "Diagnosen kan afklares med:").in_language(language);
        page.list(&[(title.to_owned(), phrases::inputs(classification.iter(), language))]);
    }
    let lines: Vec<_> = undetermined
        .into_iter()
        .map(|it| {
            let missing = match !classification.is_empty() && it.missing == classification {
                true => words("Awaits the diagnosis (see above).", "Afventer diagnosen (se ovenfor).")
                    .in_language(language)
                    .to_owned(),
                false => format!("{}.", sentence(&phrases::missing(it, language))),
            };
            let says = match it.actions.is_empty() && it.notes.is_empty() && it.shown_by.is_empty() {
                true => wording::recommendation(it.id).in_language(language).to_owned(),
                false => phrases::recommendation(it, language),
            };
            (label(it, language), format!("{says} {missing}"))
        })
        .collect();
    page.list(&lines);
}

/// What the record does not say, or says twice differently.
fn record(page: &mut Page, outcome: &Outcomes<'_>, language: Language) {
    let mut lines: Vec<(String, String)> = Vec::new();
    let notes = outcome.notes.iter().filter(|it| !wording::comes_first(it));
    lines.extend(notes.map(|it| (String::new(), phrases::note(it, language))));
    for conflict in &outcome.conflicts {
        let values: Vec<_> = conflict.entries.iter().map(|it| wording::entry(it, language)).collect();
        let versus = words(" against ", " over for ").in_language(language);
        let name = sentence(wording::input_name(conflict.input, language));
        lines.push((
            words("Disagree:", "Uoverensstemmelse:").in_language(language).to_owned(),
            format!("{name}: {}.", values.join(versus)),
        ));
    }
    // That a patient is alive needs no saying.
    let not_recorded = outcome.not_recorded.iter().filter(|it| *it != Input::Deceased);
    let names: Vec<_> = not_recorded.map(|it| wording::input_name(it, language)).collect();
    if !names.is_empty() {
        let title = words("Not in the record, taken as not so:", "Ikke registreret, regnet for ikke til stede:");
        lines.push((title.in_language(language).to_owned(), format!("{}.", names.join(", "))));
    }
    if !lines.is_empty() {
        page.heading(words("The record", "Journalen").in_language(language));
        page.list(&lines);
    }
}

fn unclear(page: &mut Page, cited: BTreeSet<Ambiguity>, language: Language) {
    if cited.is_empty() {
        return;
    }
    page.heading(
        words("Where the guideline itself is unclear", "Hvor retningslinjen selv er uklar").in_language(language),
    );
    let line = |it: Ambiguity| (format!("{it}:"), wording::ambiguity(it).in_language(language).to_owned());
    page.list(&cited.into_iter().map(line).collect::<Vec<_>>());
}

fn closing(page: &mut Page, decided_on: Day, language: Language) {
    let day = wording::day(decided_on, language);
    let decided = match language {
        Language::English => format!("Decided on {day}; stands until something changes."),
        Language::Danish => format!("Beregnet pr. {day}; gælder, til noget ændrer sig."),
    };
    page.paragraph(&format!("{} {decided}", wording::about(language)));
}

/// The narrative of the RiskAssessment.
pub fn risk_assessment(prognosis: &Prognosis, language: Language, decided_on: Day) -> Page {
    let mut page = Page::new(language);
    let status = wording::prognosis_status(prognosis.status).in_language(language);
    page.strong(&format!("{}: {status}.", words("Prognosis", "Prognose").in_language(language)));
    page.heading(words("Factors", "Faktorer").in_language(language));
    let states = prognosis.factors.iter().map(|(factor, state)| {
        let (name, said) = wording::factor_in_state(*factor, *state);
        (format!("{}:", sentence(name.in_language(language))), said.in_language(language).to_owned())
    });
    let also = prognosis.also.iter().map(|it| (String::new(), sentence(wording::factor(*it).in_language(language))));
    page.list(&states.chain(also).collect::<Vec<_>>());
    if !prognosis.predictions.is_empty() {
        page.heading(words("What the studies found", "Hvad studierne fandt").in_language(language));
        let figures = prognosis.predictions.iter().map(|it| figure(it, language));
        page.list(&figures.collect::<Vec<_>>());
        let caution = words(
            "Each figure is one cohort's and stands alone: they are not to be added up, and the guideline has no combined score.",
            "Hvert tal er fra én kohorte og står alene: de må ikke lægges sammen, og retningslinjen har ingen samlet score.",
        );
        page.paragraph(caution.in_language(language));
    } else {
        let is_known = |state| matches!(state, FactorState::Present | FactorState::Absent);
        let none = match prognosis.factors.iter().any(|(factor, state)| has_figures(*factor) && is_known(*state)) {
            true => words(
                "No figures: those of the studies are for the course before a relapse or a progression, or their time has passed.",
                "Ingen tal: studiernes tal gælder forløbet før relaps eller progression, eller deres tidsrum er udløbet.",
            ),
            false => words(
                "No figures yet: none of the factors that the studies have figures for is known.",
                "Ingen tal endnu: ingen af de faktorer, som studierne har tal for, er kendt.",
            ),
        };
        page.paragraph(none.in_language(language));
    }
    unclear(&mut page, prognosis.ambiguities.iter().copied().collect(), language);
    closing(&mut page, decided_on, language);
    page
}

/// Whether the studies give figures by this factor alone.
const fn has_figures(factor: Factor) -> bool {
    matches!(factor, Factor::Bone | Factor::AbnormalFlcRatio | Factor::MinimalMarrow)
}

fn figure(prediction: &crate::guideline::Prediction, language: Language) -> (String, String) {
    let outcome = sentence(wording::outcome(prediction.outcome).in_language(language));
    let group = wording::group(prediction.id).in_language(language);
    let period = phrases::period(prediction).map(|it| format!(", {}", wording::days(it, language))).unwrap_or_default();
    let figure = phrases::figure(prediction, language);
    (format!("{outcome}, {group}:"), format!("{figure}{period} ({})", phrases::studies(prediction, language)))
}
