//! One code in two inputs: fine where both can be meant, a mistake where they cannot.

use super::codes::CodeId;
use super::load::Loading;
use super::problem::SourceFile;
use super::rule::{Place, Rule, Shape};
use std::collections::HashMap;
use std::ops::Range;

/// Names each code that stands in two rules that cannot both be meant.
pub(super) fn check(loading: &mut Loading, files: &[SourceFile]) {
    let mut uses: HashMap<CodeId, Vec<(usize, Range<usize>)>> = HashMap::new();
    for (rule, codes) in loading.code_places.iter().enumerate() {
        for (code, span) in codes {
            uses.entry(*code).or_default().push((rule, span.clone()));
        }
    }
    let mut found: Vec<(usize, Range<usize>, String, &'static str)> = Vec::new();
    for (code, places) in &uses {
        for (n, (second, span)) in places.iter().enumerate() {
            // Once for each place is enough, however often the code stands before it.
            let clash = places.iter().take(n).find_map(|(first, _)| {
                let (a, b) = (loading.rules.get(*first)?, loading.rules.get(*second)?);
                (first == second || !both_can_be_meant(a, b)).then_some((a, b))
            });
            if let Some((a, b)) = clash {
                let written = loading.codes.get(*code).map_or("", |known| &known.code);
                let (message, help) = said(a, b, written);
                found.push((*second, span.clone(), message, help));
            }
        }
        contradictions(loading, *code, places, &mut found);
    }
    found.sort_by_key(|(rule, span, _, _)| (*rule, span.start));
    for (rule, span, message, help) in found {
        let Some(file) = loading.places.get(rule).and_then(|(file, _)| files.get(*file)) else { continue };
        loading.problems.push(file.problem(span, message, "here again").with_help(help));
    }
}

fn said(a: &Rule, b: &Rule, code: &str) -> (String, &'static str) {
    if a.input == b.input {
        return (
            format!("the code `{code}` stands twice in `{}`", a.input),
            "the same resource would be read twice: leave one out",
        );
    }
    (
        format!("the code `{code}` stands in two inputs, `{}` and `{}`, that cannot both be meant", a.input, b.input),
        "keep it in one of them",
    )
}

/// A code that is an input cannot be one of its near misses.
fn contradictions(
    loading: &Loading,
    code: CodeId,
    places: &[(usize, Range<usize>)],
    found: &mut Vec<(usize, Range<usize>, String, &'static str)>,
) {
    let Some(known) = loading.codes.get(code) else { return };
    for miss in known.misses.iter().filter_map(|miss| loading.misses.get(usize::from(miss.0))) {
        for (rule, span) in places {
            if loading.rules.get(*rule).is_some_and(|rule| rule.input == miss.input) {
                let message = format!("the code `{}` is `{}` and also not it", known.code, miss.input);
                found.push((*rule, span.clone(), message, "take it out of `from`, or out of `not`"));
            }
        }
    }
}

/// Two rules with one code can both be meant if they look at different resources or elements,
/// or at the same value for answers that exclude each other.
fn both_can_be_meant(a: &Rule, b: &Rule) -> bool {
    if a.resource != b.resource || a.codes_in != b.codes_in {
        return true;
    }
    let readings = |rule: &Rule| -> Vec<(Option<String>, ShapeKind)> {
        let all = rule.value.iter().chain(rule.fields.iter().map(|(_, reading)| reading));
        let mut kinds: Vec<_> = all.map(|reading| (Some(place(&reading.place)), shape(&reading.shape))).collect();
        if kinds.is_empty() {
            kinds.push((None, ShapeKind::Existence));
        }
        kinds
    };
    let (first, second) = (readings(a), readings(b));
    !first.iter().any(|one| second.iter().any(|other| clash(one, other)))
}

#[derive(PartialEq, Eq)]
enum ShapeKind {
    Existence,
    Number,
    Codes(Vec<CodeId>),
    Answer,
    Other,
}

fn clash(one: &(Option<String>, ShapeKind), other: &(Option<String>, ShapeKind)) -> bool {
    if one.0 != other.0 {
        return false;
    }
    match (&one.1, &other.1) {
        (ShapeKind::Codes(a), ShapeKind::Codes(b)) => a.iter().any(|code| b.contains(code)),
        (a, b) => std::mem::discriminant(a) == std::mem::discriminant(b),
    }
}

fn place(place: &Place) -> String {
    format!("{place:?}")
}

fn shape(shape: &Shape) -> ShapeKind {
    match shape {
        Shape::Quantity(_) | Shape::Count(_) => ShapeKind::Number,
        Shape::Code(words) => ShapeKind::Codes(words.iter().map(|(code, _)| *code).collect()),
        Shape::Presence(_) => ShapeKind::Answer,
        Shape::Site | Shape::Date => ShapeKind::Other,
    }
}
