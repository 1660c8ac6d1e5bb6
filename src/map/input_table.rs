//! An input's table, checked word by word and made into rules.

use super::codes::CodeId;
use super::file::{CodesIn, Element, From, InputTable, ResourceKind, Says, Text, Word};
use super::load::Loading;
use super::part::{Field, FieldKind, Parts};
use super::problem::{SourceFile, suggestion};
use super::rule::{Believed, ExaminationPart, Factors, Miss, Reading, Rule};
use super::units::{UnitId, decimal};
use super::{reading, selectors};
use crate::inputs::{Input, Kind};
use std::ops::Range;
use toml::Spanned;

/// Reads a table that should be an input's.
pub(super) fn read(
    loading: &mut Loading,
    source: &SourceFile,
    file: usize,
    name: &Spanned<String>,
    table: &InputTable,
) {
    let Some(input) = Input::of(name.get_ref()) else {
        let message = format!("`{}` is not an input of the decision specification", name.get_ref());
        let help = suggestion_of_input(name.get_ref());
        loading.problems.push(source.problem(name.span(), message, "unknown input").with_help(help));
        return;
    };
    if let Some(Some(_)) = loading.tables.get(input as usize) {
        let message = format!("the input `{input}` has a second table");
        let help = "put all of its `from` into one";
        loading.problems.push(source.problem(name.span(), message, "the second").with_help(help));
        return;
    }
    if let Some(slot) = loading.tables.get_mut(input as usize) {
        *slot = Some((file, name.span()));
    }
    settings(loading, source, input, name, table);
    for from in &table.from {
        rule_of(loading, source, file, input, table, from);
    }
    for not in &table.not {
        let codes: Vec<CodeId> = not.get_ref().codes.iter().filter_map(|code| loading.code(source, code)).collect();
        if not.get_ref().why.get_ref().trim().is_empty() {
            let message = format!("near misses of `{input}` without a reason");
            loading.problems.push(source.problem(not.get_ref().why.span(), message, "empty"));
        }
        let table = not.get_ref();
        if table.codes.is_empty() && table.profiles.is_none() {
            let message = format!("near misses of `{input}` without codes and profiles");
            loading.problems.push(source.problem(not.span(), message, "finds nothing"));
        }
        let why = table.why.get_ref().as_str().into();
        let miss = loading.add_miss(Miss { input, why, other_disease: table.other_disease }, &codes);
        selectors::misses(loading, source, input, table, miss);
    }
}

fn suggestion_of_input(name: &str) -> String {
    match super::problem::closest(name, Input::ALL.iter().map(|input| input.word())) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => {
            "the inputs are those of section 2 of the decision specification; `mappings list` shows them".to_owned()
        }
    }
}

fn settings(loading: &mut Loading, source: &SourceFile, input: Input, name: &Spanned<String>, table: &InputTable) {
    if let Some(unit) = &table.unit
        && input.unit() != Some(unit.get_ref().as_str())
    {
        let message = format!("`{input}` is not measured in `{}`", unit.get_ref());
        let help = match input.unit() {
            Some(unit) => format!("its unit is `{unit}`"),
            None => "it has no unit of its own: leave this out".to_owned(),
        };
        loading.problems.push(source.problem(unit.span(), message, "this unit").with_help(help));
    }
    if let Some(analyte) = &table.analyte
        && !loading.units.analytes().any(|known| known == analyte.get_ref())
    {
        let message = format!("unknown substance `{}`", analyte.get_ref());
        let help = suggestion(analyte.get_ref(), loading.units.analytes());
        loading.problems.push(source.problem(analyte.span(), message, "not in units.toml").with_help(help));
    }
    match (&table.own_code_only, table.from.is_empty()) {
        (Some(why), false) => {
            let message = format!("`{input}` has a `from`, so that it is not read in the own code only");
            loading.problems.push(source.problem(why.span(), message, "leave this out"));
        }
        (None, true) if input != Input::TumourSite => {
            let message = format!("no mapping feeds the input `{input}`");
            let help = "add a `from`, or `own_code_only` with the reason";
            loading.problems.push(source.problem(name.span(), message, "no `from`").with_help(help));
        }
        _ => {}
    }
    let believed = believed(loading, source, input, table);
    if let Some(settings) = loading.settings.get_mut(input as usize) {
        settings.believed = believed;
        settings.own_code_only = table.own_code_only.as_ref().map(|why| why.get_ref().as_str().into());
        settings.file = source.name.as_str().into();
        settings.analyte = table.analyte.as_ref().map(|analyte| analyte.get_ref().as_str().into());
    }
}

/// The numbers that are believed, of the value and of the other parts.
fn believed(loading: &mut Loading, source: &SourceFile, input: Input, table: &InputTable) -> Vec<(Field, Believed)> {
    let mut read = |below: Option<&Text>, above: Option<&Text>| Believed {
        from: limit(loading, source, below),
        to: limit(loading, source, above),
    };
    let mut all = vec![(Field::Value, read(table.suspect_below.as_ref(), table.suspect_above.as_ref()))];
    let mut unknown = Vec::new();
    for (name, suspect) in &table.suspect_parts {
        let is_number = |field: &Field| matches!(field.kind(input), Some(FieldKind::Number(_) | FieldKind::Count));
        match Field::of(name.get_ref()).filter(|field| *field != Field::Value && is_number(field)) {
            Some(field) => all.push((field, read(suspect.below.as_ref(), suspect.above.as_ref()))),
            None => unknown.push(name),
        }
    }
    for name in unknown {
        let message = format!("`{}` is not a part of an entry of `{input}` that is a number", name.get_ref());
        loading.problems.push(source.problem(name.span(), message, "unknown part"));
    }
    all
}

fn limit(loading: &mut Loading, source: &SourceFile, text: Option<&Text>) -> Option<rust_decimal::Decimal> {
    match decimal(source, text?) {
        Ok(limit) => Some(limit),
        Err(problem) => {
            loading.problems.push(*problem);
            None
        }
    }
}

/// Reads one `from`.
fn rule_of(
    loading: &mut Loading,
    source: &SourceFile,
    file: usize,
    input: Input,
    table: &InputTable,
    spanned: &Spanned<From>,
) {
    let from = spanned.get_ref();
    let resource = *from.resource.get_ref();
    let codes: Vec<(CodeId, Range<usize>)> =
        from.codes.iter().filter_map(|code| Some((loading.code(source, code)?, code.span()))).collect();
    check_codes(loading, source, input, from);
    let says = says(loading, source, input, from.says.as_ref());
    let context = reading::Context { source, input, resource, analyte: table.analyte.as_ref() };
    let value = from.value.as_ref().and_then(|value| reading::read(loading, &context, Field::Value, value));
    let mut fields = Vec::new();
    for (name, reading) in &from.fields {
        let Some(field) = Field::of(name.get_ref()).filter(|field| field.kind(input).is_some()) else {
            let message = format!("`{}` is not a part of an entry of `{input}`", name.get_ref());
            let words = field_names(input);
            let problem = source.problem(name.span(), message, "unknown part");
            loading.problems.push(problem.with_help(suggestion(name.get_ref(), words.iter().copied())));
            continue;
        };
        if let Some(reading) = reading::read(loading, &context, field, reading) {
            fields.push((field, reading));
        }
    }
    check_that_required_parts_are_there(loading, source, input, spanned, &fields);
    let feeds_tumour_site = also(loading, source, input, from);
    let part = from.part.as_ref().and_then(|part| examination_part(loading, source, input, from, part));
    let rule = Rule {
        input,
        resource,
        codes_in: from.codes_in,
        says,
        says_something: from.says.is_some(),
        value,
        fields,
        each: from.each.as_ref().map(|each| each.get_ref().as_str().into()),
        part,
        feeds_tumour_site,
        file: source.name.as_str().into(),
    };
    let rule = loading.add_rule(rule, (file, spanned.span()), codes);
    selectors::rules(loading, source, input, from, rule);
}

fn check_codes(loading: &mut Loading, source: &SourceFile, input: Input, from: &From) {
    let resource = *from.resource.get_ref();
    let span = from.resource.span();
    let of_patient = matches!(input, Input::BirthDate | Input::Deceased);
    let finds_nothing = from.codes.is_empty() && from.profiles.is_none() && from.categories.is_none();
    let message = match (resource, finds_nothing) {
        (ResourceKind::Patient, false) => Some("a `Patient` has no codes to be found by".to_owned()),
        (ResourceKind::Patient, true) if !of_patient => Some(format!("`{input}` does not stand in a `Patient`")),
        (ResourceKind::Patient, true) => None,
        (_, true) => Some("a `from` without codes finds nothing".to_owned()),
        (_, false) if of_patient => Some(format!("`{input}` stands in the `Patient` alone")),
        (ResourceKind::Condition, false) if input == Input::Diagnosis => None,
        (_, false) if input == Input::Diagnosis => Some("a `diagnosis` stands in a `Condition` alone".to_owned()),
        _ => None,
    };
    if let Some(message) = message {
        loading.problems.push(source.problem(span.clone(), message, "here"));
    }
    if from.codes_in == CodesIn::Conclusion && resource != ResourceKind::DiagnosticReport {
        let message = "only a `DiagnosticReport` has a conclusion";
        loading.problems.push(source.problem(span, message, "this resource"));
    }
}

/// What the code alone says, word by word.
fn says(loading: &mut Loading, source: &SourceFile, input: Input, says: Option<&Spanned<Says>>) -> Parts {
    let mut parts = Parts::default();
    let Some(says) = says.map(Spanned::get_ref) else { return parts };
    match says.value.as_ref().map(|word| (word.get_ref(), word.span())) {
        Some((Word::Text(word), span)) => put_word(loading, source, &mut parts, input, (Field::Value, word, span)),
        Some((Word::Bool(answer), span)) => put_bool(loading, source, &mut parts, input, (Field::Value, *answer, span)),
        None => {}
    }
    let words = [
        (Field::Kind, &says.kind),
        (Field::Modality, &says.modality),
        (Field::Abnormality, &says.abnormality),
        (Field::Event, &says.event),
        (Field::Site, &says.site),
        (Field::Margin, &says.margin),
        (Field::Intent, &says.intent),
        (Field::ClinicalStatus, &says.clinical_status),
    ];
    for (field, word) in words {
        if let Some(word) = word {
            put_word(loading, source, &mut parts, input, (field, word.get_ref(), word.span()));
        }
    }
    let answers = [
        (Field::Osteosynthesis, &says.osteosynthesis),
        (Field::WeightBearing, &says.weight_bearing),
        (Field::SharedWithSmouldering, &says.shared_with_smouldering),
    ];
    for (field, answer) in answers {
        if let Some(answer) = answer {
            put_bool(loading, source, &mut parts, input, (field, *answer.get_ref(), answer.span()));
        }
    }
    parts
}

fn put_word(
    loading: &mut Loading,
    source: &SourceFile,
    parts: &mut Parts,
    input: Input,
    (field, word, span): (Field, &str, Range<usize>),
) {
    if parts.put_word(input, field, word) {
        return;
    }
    let problem = match field.kind(input) {
        Some(FieldKind::Words(words)) => source
            .problem(span, format!("`{word}` is not a word of `{input}`, `{field}`"), "this word")
            .with_help(suggestion(word, words.iter().copied())),
        Some(_) => source.problem(span, format!("`{field}` of `{input}` is not said with a word"), "this word"),
        None => source.problem(span, format!("an entry of `{input}` has no `{field}`"), "this part"),
    };
    loading.problems.push(problem);
}

fn put_bool(
    loading: &mut Loading,
    source: &SourceFile,
    parts: &mut Parts,
    input: Input,
    (field, answer, span): (Field, bool, Range<usize>),
) {
    if parts.put_bool(input, field, answer) {
        return;
    }
    let message = match field.kind(input) {
        Some(_) => format!("`{field}` of `{input}` is not said with yes or no"),
        None => format!("an entry of `{input}` has no `{field}`"),
    };
    loading.problems.push(source.problem(span, message, "here"));
}

fn field_names(input: Input) -> Vec<&'static str> {
    Field::ALL.iter().filter(|field| field.kind(input).is_some()).map(|field| field.word()).collect()
}

/// An entry that can never be whole is a mistake of the file, not of the record.
fn check_that_required_parts_are_there(
    loading: &mut Loading,
    source: &SourceFile,
    input: Input,
    spanned: &Spanned<From>,
    fields: &[(Field, Reading)],
) {
    let from = spanned.get_ref();
    let says = from.says.as_ref().map(Spanned::get_ref);
    for required in Field::required(input) {
        let said = says.is_some_and(|says| match required {
            Field::Value => says.value.is_some(),
            Field::Kind => says.kind.is_some(),
            Field::Modality => says.modality.is_some(),
            Field::Abnormality => says.abnormality.is_some(),
            Field::Event => says.event.is_some(),
            _ => false,
        });
        let read = from.fields.keys().any(|name| name.get_ref() == required.word())
            || fields.iter().any(|(field, _)| field == required)
            || (*required == Field::Value && from.value.is_some());
        if !said && !read {
            let message = format!("nothing says the `{required}` of `{input}`");
            let help = match required {
                Field::Value => {
                    "say how it is read (`value = { … }`), or what the code alone says (`says = { value = … }`)"
                        .to_owned()
                }
                other => format!("add it to `says`, or to `fields`: `{other} = …`"),
            };
            loading.problems.push(source.problem(spanned.span(), message, "in this `from`").with_help(help));
        }
    }
    if input.kind() == Kind::Event && from.value.is_some() {
        let message = format!("an entry of `{input}` has no `value`");
        let span = from.value.as_ref().map_or(0..0, Spanned::span);
        loading.problems.push(source.problem(span, message, "here").with_help("name its parts in `fields`"));
    }
}

fn also(loading: &mut Loading, source: &SourceFile, input: Input, from: &From) -> bool {
    for other in &from.also {
        if other.get_ref() != Input::TumourSite.word() || input != Input::Diagnosis {
            let message = format!("`{input}` does not also feed `{}`", other.get_ref());
            let help = "only a `diagnosis` does, and only `tumour_site`";
            loading.problems.push(source.problem(other.span(), message, "here").with_help(help));
        }
    }
    !from.also.is_empty()
}

/// The part of an examination that a rule is; parts belong together when their rules say the same.
fn examination_part(
    loading: &mut Loading,
    source: &SourceFile,
    input: Input,
    from: &From,
    part: &Text,
) -> Option<ExaminationPart> {
    let modality = from.says.as_ref().and_then(|says| says.get_ref().modality.as_ref());
    let Some(modality) = modality.filter(|_| input == Input::Imaging) else {
        let message = "only an `imaging` examination with a `modality` has parts";
        loading.problems.push(source.problem(part.span(), message, "here"));
        return None;
    };
    let group = match loading.parts.iter().position(|(_, says, _)| says == modality.get_ref()) {
        Some(group) => group,
        None => {
            loading.parts.push((input, modality.get_ref().clone(), Vec::new()));
            loading.parts.len() - 1
        }
    };
    let words = &mut loading.parts.get_mut(group)?.2;
    let place = words.iter().position(|word| word == part.get_ref()).unwrap_or_else(|| {
        words.push(part.get_ref().clone());
        words.len() - 1
    });
    if place > 7 {
        loading.problems.push(source.problem(part.span(), "an examination has at most eight parts", "one too many"));
        return None;
    }
    Some(ExaminationPart { group: u8::try_from(group).ok()?, bit: 1 << place, all: 0 })
}

/// The factors for the project's own codes: every known unit that converts to the input's.
pub(super) fn own_factors(loading: &mut Loading) {
    let units: Vec<UnitId> = loading.units.all().collect();
    for input in Input::ALL {
        let Some(settings) = loading.settings.get_mut(*input as usize) else { continue };
        let target = input.unit();
        let factors = units.iter().filter_map(|unit| {
            let factor = match target {
                Some(target) => {
                    loading.units.factor(loading.units.name(*unit), target, settings.analyte.as_deref()).ok()?
                }
                None => rust_decimal::Decimal::ONE,
            };
            Some((*unit, factor))
        });
        settings.own_factors = Factors { units: factors.collect(), without_unit: matches!(target, None | Some("1")) };
    }
}

/// Whether a place belongs to this kind of resource.
pub(super) fn element_suits(element: Element, resource: ResourceKind) -> bool {
    match element {
        Element::Value => resource == ResourceKind::Observation,
        Element::Conclusion => resource == ResourceKind::DiagnosticReport,
        Element::Outcome => resource == ResourceKind::Procedure,
        Element::BodySite => {
            matches!(resource, ResourceKind::Observation | ResourceKind::Condition | ResourceKind::Procedure)
        }
        Element::BirthDate | Element::Deceased => resource == ResourceKind::Patient,
    }
}
