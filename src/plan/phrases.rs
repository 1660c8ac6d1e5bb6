//! Sentences for actions, notes, doses and figures, put together from the words of the language.

use super::wording::{self, Language, days, decimal, words};
use crate::guideline::{
    Action, ActionCode, Due, Figure, Note, NoteCode, Prediction, Recommendation, RecommendationId, Status,
};
use crate::inputs::{Input, InputSet};

/// The first letter in upper case.
pub fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// Inputs by their names, in a list.
pub fn inputs(inputs: impl IntoIterator<Item = Input>, language: Language) -> String {
    let names: Vec<_> = inputs.into_iter().map(|it| wording::input(it).in_language(language)).collect();
    names.join(", ")
}

/// What would settle an undetermined recommendation.
pub fn missing(recommendation: &Recommendation<'_>, language: Language) -> String {
    if recommendation.missing.is_empty() {
        let open = words(
            "no result settles it: the multidisciplinary conference decides",
            "intet svar kan afgøre det: MDT-konferencen afgør",
        );
        return open.in_language(language).to_owned();
    }
    let label = words("missing", "mangler").in_language(language);
    let what = match recommendation.missing == InputSet::one(Input::Radiotherapy) {
        true => missing_of_treatment(recommendation, language),
        false => None,
    };
    format!("{label}: {}", what.unwrap_or_else(|| inputs(recommendation.missing.iter(), language)))
}

/// What is missing of treatment that is on record: what its entry lacks, and of earlier treatment what it was for. Nothing
/// where it is the treatment itself that is not there.
fn missing_of_treatment(recommendation: &Recommendation<'_>, language: Language) -> Option<String> {
    let is_earlier = |note: &&Note<'_>| note.code == NoteCode::TreatedBefore;
    let earlier = recommendation.notes.iter().find(is_earlier);
    let entries = earlier.map_or(recommendation.shown_by.as_slice(), |note| note.entries.as_slice());
    let mut parts: Vec<&str> = Vec::new();
    for entry in entries {
        parts.extend(wording::lacks(entry).into_iter().map(|it| it.in_language(language)));
    }
    parts.sort_unstable();
    parts.dedup();
    if earlier.is_some() {
        let purpose = words(
            "what the earlier treatment was for: this tumour, or something else",
            "hvad den tidligere behandling var rettet mod: denne tumor eller noget andet",
        );
        parts.insert(0, purpose.in_language(language));
    }
    (!parts.is_empty()).then(|| parts.join("; "))
}

/// Grade and strength, as far as there are any: `must, grade A`.
pub fn weight(recommendation: &Recommendation<'_>, language: Language) -> String {
    let strength = recommendation.id.strength().map(|it| wording::strength(it).in_language(language).to_owned());
    let label = words("grade", "grad").in_language(language);
    let grade = recommendation.id.grade().map(|it| format!("{label} {it}"));
    let both: Vec<_> = strength.into_iter().chain(grade).collect();
    both.join(", ")
}

/// An action with its dose, target, dates and conditions.
pub fn action(action: &Action, language: Language) -> String {
    let mut first = wording::action(action.code).in_language(language).to_owned();
    if !action.inputs.is_empty() {
        first.push_str(&format!(": {}", inputs(action.inputs.iter().copied(), language)));
    }
    let mut parts = vec![first];
    if let Some(dose) = dose(action, language) {
        parts.push(dose);
    }
    if let Some(target) = action.target {
        parts.push(wording::target(target).in_language(language).to_owned());
    }
    if !action.modalities.is_empty() {
        let names: Vec<_> = action.modalities.iter().map(|it| wording::modality(*it).in_language(language)).collect();
        parts.push(format!("{} {}", words("with", "med").in_language(language), names.join(", ")));
    }
    if let Some(due) = action.due {
        let label = match action.overdue {
            true => words("OVERDUE, was due", "OVERSKREDET, skulle være sket"),
            false => words("due", "tidsrum:"),
        };
        parts.push(format!("{} {}", label.in_language(language), days(due, language)));
    }
    if action.if_confirmed {
        let condition = match action.code {
            ActionCode::PalliativeRadiotherapy => {
                words("only if surgery cannot be offered", "kun hvis der ikke er et kirurgisk tilbud")
            }
            _ => words("only if the diagnosis is confirmed", "kun hvis diagnosen bekræftes"),
        };
        parts.push(condition.in_language(language).to_owned());
    }
    let mut text = parts.join("; ");
    if let Some(strength) = action.strength {
        text.push_str(&format!(" ({})", wording::strength(strength).in_language(language)));
    }
    text
}

fn dose(action: &Action, language: Language) -> Option<String> {
    if !action.schedules.is_empty() {
        let or = words(" or ", " eller ").in_language(language);
        let schedules = action.schedules.iter();
        let each: Vec<_> = schedules.map(|it| wording::dose(it.dose_gy, Some(it.fractions), language)).collect();
        return Some(each.join(or));
    }
    let dose = wording::dose(action.dose_gy?, None, language);
    let size = words("in fractions of 1.8–2 Gy", "i fraktioner på 1,8-2 Gy").in_language(language);
    Some(if action.fraction_gy { format!("{dose} {size}") } else { dose })
}

/// A note with what it is about.
pub fn note(it: &Note<'_>, language: Language) -> String {
    note_after(it, "", language)
}

/// A note after something that was said: an entry that stood there already is not said again.
fn note_after(note: &Note<'_>, before: &str, language: Language) -> String {
    let mut about = Vec::new();
    about.extend(note.events.iter().map(|it| wording::event(*it).in_language(language).to_owned()));
    about.extend(note.inputs.iter().map(|it| wording::input(it).in_language(language).to_owned()));
    for it in &note.entries {
        let named = entry(it, language);
        if before.to_lowercase().contains(&named.to_lowercase()) {
            continue;
        }
        about.push(if wording::names_its_entries(note.code) { wording::entry(it, language) } else { named });
    }
    // The day of an entry stands with it already.
    let date = note.date.map(|it| wording::day(it, language));
    about.extend(date.filter(|it| !about.iter().any(|said| said.contains(it.as_str()))).map(|it| match note.code {
        NoteCode::CourseCountedAsEnded => format!("{} {it}", words("ended", "afsluttet").in_language(language)),
        _ => it,
    }));
    let said = wording::note(note.code).in_language(language);
    if about.is_empty() { format!("{said}.") } else { format!("{said}: {}.", about.join("; ")) }
}

/// An entry with the name of its input.
pub fn entry(entry: &crate::inputs::Entry, language: Language) -> String {
    let name = wording::input_name(entry.input, language);
    let said = wording::entry(entry, language);
    format!("{name}: {said}")
}

/// What a recommendation comes to: its actions, what was found, its notes.
pub fn recommendation(recommendation: &Recommendation<'_>, language: Language) -> String {
    let parts = [actions(recommendation, language), found(recommendation, language)];
    let said: Vec<_> = parts.into_iter().filter(|it| !it.is_empty()).collect();
    match said.is_empty() {
        true => format!("{}.", sentence(wording::status(recommendation.status).in_language(language))),
        false => said.join(" "),
    }
}

/// The actions of a recommendation, a sentence each.
pub fn actions(recommendation: &Recommendation<'_>, language: Language) -> String {
    let mut actions: Vec<_> = recommendation.actions.iter().collect();
    actions.sort_by_key(|it| !it.overdue);
    let each = actions.into_iter().map(|it| {
        let urgent = if it.urgent { words("URGENT: ", "AKUT: ").in_language(language) } else { "" };
        format!("{urgent}{}.", sentence(&action(it, language)))
    });
    each.collect::<Vec<_>>().join(" ")
}

/// What was found or is to be known of a recommendation, beside its actions.
pub fn found(recommendation: &Recommendation<'_>, language: Language) -> String {
    let mut parts: Vec<String> = Vec::new();
    let is_done = matches!(recommendation.status, Status::Fulfilled | Status::Deviates);
    if recommendation.under_way {
        parts.push(words("Under way.", "I gang.").in_language(language).to_owned());
    }
    if recommendation.id == RecommendationId::R05 && is_done {
        let said = words("See the risk assessment.", "Se risikovurderingen.");
        parts.push(said.in_language(language).to_owned());
    }
    // Earlier treatment stands in its note.
    let in_note = |it: &crate::inputs::Entry| {
        recommendation.notes.iter().flat_map(|note| &note.entries).any(|other| std::ptr::eq(*other, it))
    };
    let shown: Vec<_> = recommendation.shown_by.iter().filter(|it| is_done || !in_note(it)).collect();
    let said = shown.iter().map(|it| entry(it, language)).collect::<Vec<_>>().join("; ");
    let is_treatment = shown.iter().all(|it| matches!(it.input, Input::Surgery | Input::Radiotherapy));
    match (shown.is_empty(), is_done) {
        (true, _) => {}
        (false, true) => parts.push(format!("{}.", sentence(&said))),
        (false, false) => {
            let reason = if is_treatment { words("After", "Efter") } else { words("Because of", "Anledning:") };
            parts.push(format!("{} {said}.", reason.in_language(language)));
        }
    }
    if !recommendation.factors.is_empty() {
        let names: Vec<_> =
            recommendation.factors.iter().map(|it| wording::factor(*it).in_language(language)).collect();
        parts.push(format!("{}: {}.", words("Risk factors", "Risikofaktorer").in_language(language), names.join(", ")));
    }
    // Said once for the whole plan, in the narrative's closing.
    let notes = recommendation.notes.iter().filter(|it| it.code != NoteCode::OurTolerance);
    for it in notes {
        let said = note_after(it, &parts.join(" "), language);
        parts.push(said);
    }
    if parts.is_empty() && recommendation.status == Status::Deviates {
        let passed = words(
            "Not found in the record, and its time has passed.",
            "Ikke fundet i journalen, og tidspunktet er passeret.",
        );
        parts.push(passed.in_language(language).to_owned());
    }
    parts.join(" ")
}

/// A prediction's figure: `about 50 %`, `median 26.2 months`.
pub fn figure(prediction: &Prediction, language: Language) -> String {
    let about = words("about", "ca.").in_language(language);
    match prediction.figure {
        Figure::Percent(percent) => format!("{about} {percent} %"),
        Figure::PercentBetween(low, high) => format!("{low}–{high} %"),
        Figure::MedianTenthMonths(tenths) => {
            let months = decimal(&tenths_of(tenths), language);
            let unit = words("months", "måneder").in_language(language);
            format!("median {months} {unit}")
        }
        Figure::MedianNotReached => words("median not reached", "median ikke nået").in_language(language).to_owned(),
    }
}

fn tenths_of(tenths: u16) -> String {
    match tenths % 10 {
        0 => (tenths / 10).to_string(),
        rest => format!("{}.{rest}", tenths / 10),
    }
}

/// The studies of a prediction by their numbers in the guideline; persistent M-protein is disputed among them.
pub fn studies(prediction: &Prediction, language: Language) -> String {
    let numbers = |all: &[u8]| all.iter().map(u8::to_string).collect::<Vec<_>>().join(", ");
    match (prediction.id, prediction.references) {
        ("pfs_10y_m_protein_persistent" | "pfs_10y_m_protein_gone", [first, others @ ..]) if !others.is_empty() => {
            let against = words("contradicted by reference", "modsagt af reference").in_language(language);
            format!("reference {first}, {against} {}", numbers(others))
        }
        (_, all) => format!("reference {}", numbers(all)),
    }
}

/// Where a prediction's figure comes from, and what it is not for.
pub fn rationale(prediction: &Prediction, language: Language) -> String {
    let (figure, studies) = (figure(prediction, language), studies(prediction, language));
    match language {
        Language::English => format!(
            "{figure}. One cohort's figure ({studies} of the guideline), not a calculation for this patient and not to be added to others."
        ),
        Language::Danish => format!(
            "{figure}. Tallet er fra en enkelt kohorte (retningslinjens {studies}); det er ikke beregnet for denne patient og må ikke lægges sammen med andre."
        ),
    }
}

/// The period that a prediction's probability is for; a median is a time itself and has none.
pub fn period(prediction: &Prediction) -> Option<Due> {
    match prediction.figure {
        Figure::Percent(_) | Figure::PercentBetween(..) => prediction.period,
        Figure::MedianTenthMonths(_) | Figure::MedianNotReached => None,
    }
}
