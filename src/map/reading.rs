//! How a part of an entry is read: the place and the shape of a mapping file, checked.

use super::codes::CodeId;
use super::file::{self, Code, Element, ResourceKind, Text};
use super::input_table::element_suits;
use super::load::Loading;
use super::part::{Field, FieldKind};
use super::problem::{Problem, SourceFile, suggestion};
use super::rule::{Factors, Forms, Place, Reading, Shape};
use super::units::NoFactor;
use crate::inputs::Input;
use toml::Spanned;

/// What a reading belongs to.
pub(super) struct Context<'c> {
    /// The file.
    pub source: &'c SourceFile,
    /// The input.
    pub input: Input,
    /// The kind of resource.
    pub resource: ResourceKind,
    /// The substance, if the input names one.
    pub analyte: Option<&'c Text>,
}

/// A reading of this part, if it holds.
pub(super) fn read(
    loading: &mut Loading,
    context: &Context<'_>,
    field: Field,
    spanned: &Spanned<file::Reading>,
) -> Option<Reading> {
    let place = place(loading, context, spanned)?;
    let shape = shape(loading, context, field, spanned)?;
    Some(Reading { place, shape })
}

fn place(loading: &mut Loading, context: &Context<'_>, spanned: &Spanned<file::Reading>) -> Option<Place> {
    let reading = spanned.get_ref();
    let source = context.source;
    let places = [!reading.component.is_empty(), !reading.extension.is_empty(), reading.element.is_some()];
    if places.iter().filter(|there| **there).count() > 1 {
        let message = "a reading has one place";
        let help = "keep one of `component`, `extension`, `element`";
        loading.problems.push(source.problem(spanned.span(), message, "more than one here").with_help(help));
        return None;
    }
    if !reading.component.is_empty() {
        if context.resource != ResourceKind::Observation {
            loading.problems.push(source.problem(spanned.span(), "only an `Observation` has components", "here"));
            return None;
        }
        let codes = reading.component.iter().filter_map(|code| loading.code(source, code)).collect();
        return Some(Place::Component(codes));
    }
    if !reading.extension.is_empty() {
        return Some(Place::Extension(reading.extension.iter().map(|url| url.get_ref().as_str().into()).collect()));
    }
    let element = reading.element.unwrap_or(Element::Value);
    if !element_suits(element, context.resource) {
        let message = match reading.element {
            Some(_) => format!("a `{:?}` has no such element", context.resource),
            None => format!("a `{:?}` has no value", context.resource),
        };
        let help = "name the place: `element`, `extension`, or for an Observation `component`";
        loading.problems.push(source.problem(spanned.span(), message, "here").with_help(help));
        return None;
    }
    Some(Place::Element(element))
}

fn shape(
    loading: &mut Loading,
    context: &Context<'_>,
    field: Field,
    spanned: &Spanned<file::Reading>,
) -> Option<Shape> {
    let reading = spanned.get_ref();
    let shapes = [
        reading.quantity.is_some(),
        reading.count.is_some(),
        reading.code.is_some(),
        reading.presence.is_some(),
        reading.site.is_some(),
        reading.date.is_some(),
    ];
    if shapes.iter().filter(|there| **there).count() != 1 {
        let message = "a reading has one shape";
        let help = "write one of `quantity`, `count`, `code`, `presence`, `site`, `date`";
        loading.problems.push(context.source.problem(spanned.span(), message, "here").with_help(help));
        return None;
    }
    let kind = field.kind(context.input)?;
    if let Some(units) = &reading.quantity {
        return match kind {
            FieldKind::Number(unit) | FieldKind::NumberOrBool(unit) => {
                Some(Shape::Quantity(factors(loading, context, units, Some(unit))?))
            }
            FieldKind::AnyNumber => Some(Shape::Quantity(factors(loading, context, units, None)?)),
            _ => unsuitable(loading, context, field, spanned, "quantity", &kind),
        };
    }
    if let Some(units) = &reading.count {
        return match kind {
            FieldKind::Count => Some(Shape::Count(factors(loading, context, units, Some("1"))?)),
            FieldKind::Number("1") | FieldKind::NumberOrBool("1") => {
                Some(Shape::Count(factors(loading, context, units, Some("1"))?))
            }
            _ => unsuitable(loading, context, field, spanned, "count", &kind),
        };
    }
    if let Some(forms) = &reading.presence {
        return match kind {
            FieldKind::Bool | FieldKind::NumberOrBool(_) => Some(Shape::Presence(Forms::of(forms))),
            _ => unsuitable(loading, context, field, spanned, "presence", &kind),
        };
    }
    if let Some(words) = &reading.code {
        return code_table(loading, context, field, spanned, words, &kind);
    }
    if reading.site.is_some() {
        return match field {
            Field::Site => Some(Shape::Site),
            Field::Value if context.input == Input::TumourSite => Some(Shape::Site),
            _ => unsuitable(loading, context, field, spanned, "site", &kind),
        };
    }
    match kind {
        FieldKind::Date => Some(Shape::Date),
        _ => unsuitable(loading, context, field, spanned, "date", &kind),
    }
}

fn unsuitable(
    loading: &mut Loading,
    context: &Context<'_>,
    field: Field,
    spanned: &Spanned<file::Reading>,
    shape: &str,
    kind: &FieldKind,
) -> Option<Shape> {
    let message = format!("`{field}` of `{}` is not a `{shape}`", context.input);
    let help = match kind {
        FieldKind::Number(_) | FieldKind::AnyNumber => "it is a number: `quantity = [ units ]`",
        FieldKind::Count => "it is a whole number: `count = [ units ]`",
        FieldKind::Bool => "it is yes or no: `presence = [ forms ]`",
        FieldKind::NumberOrBool(_) => "it is a number (`quantity`), or yes or no (`presence`)",
        FieldKind::Words(_) => "it is a word: `code = { word = [ codes ] }`",
        FieldKind::Date => "it is a day: `date = \"day\"`",
    };
    loading.problems.push(context.source.problem(spanned.span(), message, "here").with_help(help));
    None
}

/// The units that are believed, with their exact factors; nothing if one of them does not convert.
fn factors(loading: &mut Loading, context: &Context<'_>, units: &[Text], target: Option<&str>) -> Option<Factors> {
    let mut factors = Factors::default();
    let before = loading.problems.len();
    let analyte = context.analyte.map(|analyte| analyte.get_ref().as_str());
    for unit in units {
        if unit.get_ref().is_empty() {
            factors.without_unit = target.is_none_or(|target| target == "1");
            if !factors.without_unit {
                let message = format!("a number of `{}` without a unit cannot be believed", context.input);
                let help = format!("its unit is `{}`", target.unwrap_or_default());
                loading.problems.push(context.source.problem(unit.span(), message, "no unit").with_help(help));
            }
            continue;
        }
        let target = target.unwrap_or(unit.get_ref());
        match loading.units.factor(unit.get_ref(), target, analyte) {
            Ok(factor) => {
                let id = loading.units.intern(unit.get_ref());
                if factors.of(id).is_some() {
                    // Another spelling of a unit that is there already.
                    continue;
                }
                factors.units.push((id, factor));
            }
            Err(why) => {
                let problem = no_factor(loading, context, unit, &why);
                loading.problems.push(problem);
            }
        }
    }
    (loading.problems.len() == before).then_some(factors)
}

fn no_factor(loading: &Loading, context: &Context<'_>, unit: &Text, why: &NoFactor) -> Problem {
    let message = format!("the unit `{}` of `{}` does not hold: {why}", unit.get_ref(), context.input);
    let problem = context.source.problem(unit.span(), message, "this unit");
    match why {
        NoFactor::NeedsAnalyte { .. } => problem.with_help(
            "name the substance (`analyte = \"…\"`), and declare its conversion in units.toml with its molar mass",
        ),
        NoFactor::NotUcum(written) => match loading.units.written(written) {
            Some(id) => problem.with_help(format!("write it as UCUM does: `{}`", loading.units.name(id))),
            None => problem.with_help("units are written as UCUM does; other spellings go into units.toml"),
        },
        NoFactor::Incommensurable { .. } => problem,
    }
}

fn code_table(
    loading: &mut Loading,
    context: &Context<'_>,
    field: Field,
    spanned: &Spanned<file::Reading>,
    table: &file::Table<Vec<Spanned<Code>>>,
    kind: &FieldKind,
) -> Option<Shape> {
    let FieldKind::Words(words) = kind else {
        return unsuitable(loading, context, field, spanned, "code", kind);
    };
    let mut meanings: Vec<(CodeId, Option<Box<str>>)> = Vec::new();
    for (word, codes) in table {
        let known = words.iter().find(|known| **known == word.get_ref());
        if known.is_none() && word.get_ref() != "unclear" {
            let message = format!("`{}` is not a word of `{}`, `{field}`", word.get_ref(), context.input);
            let problem = context.source.problem(word.span(), message, "this word");
            loading.problems.push(problem.with_help(suggestion(word.get_ref(), words.iter().copied())));
            continue;
        }
        for code in codes {
            let Some(id) = loading.code(context.source, code) else { continue };
            let meaning = known.map(|known| Box::from(*known));
            if meanings.iter().any(|(earlier, word)| *earlier == id && *word != meaning) {
                let message = format!("`{}` stands for two words", code.get_ref().code.get_ref());
                loading.problems.push(context.source.problem(code.span(), message, "the second"));
                continue;
            }
            meanings.push((id, meaning));
        }
    }
    Some(Shape::Code(meanings))
}
