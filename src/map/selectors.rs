//! The `profiles` and `categories` of the mapping files, checked and made known.

use super::codes::{MissId, RuleId};
use super::file::{From, NotThis, ResourceKind, Text};
use super::load::Loading;
use super::problem::SourceFile;
use crate::inputs::Input;
use toml::Spanned;

/// The profiles and categories of a `from`.
pub(super) fn rules(loading: &mut Loading, source: &SourceFile, input: Input, from: &From, rule: RuleId) {
    if from.profiles.is_none() && from.categories.is_none() {
        return;
    }
    if *from.resource.get_ref() != ResourceKind::Procedure {
        let message = "only a `Procedure` is found by `profiles` or `categories`";
        loading.problems.push(source.problem(from.resource.span(), message, "this resource"));
        return;
    }
    for url in urls(loading, source, from.profiles.as_ref()) {
        let message = match loading.profiles.intern(url.get_ref()) {
            known if !known.misses.is_empty() => "is this input and also not it",
            known if !known.rules.is_empty() => "stands twice",
            known => {
                known.rules.push(rule);
                continue;
            }
        };
        twice(loading, source, input, &url, message);
    }
    let Some(categories) = &from.categories else { return };
    if categories.get_ref().is_empty() {
        let message = "a list of categories that is empty finds nothing";
        loading.problems.push(source.problem(categories.span(), message, "empty: leave it out"));
    }
    for code in categories.get_ref() {
        let Some(id) = loading.code(source, code) else { continue };
        if loading.profiles.categories().any(|(known, _)| known == id) {
            let message = format!("the category `{}` stands twice", code.get_ref().code.get_ref());
            loading.problems.push(source.problem(code.span(), message, "the second"));
            continue;
        }
        loading.profiles.add_category(id, rule);
    }
}

/// The profiles of a `not`.
pub(super) fn misses(loading: &mut Loading, source: &SourceFile, input: Input, not: &NotThis, miss: MissId) {
    for url in urls(loading, source, not.profiles.as_ref()) {
        let message = match loading.profiles.intern(url.get_ref()) {
            known if !known.rules.is_empty() => "is this input and also not it",
            known if !known.misses.is_empty() => "stands twice",
            known => {
                known.misses.push(miss);
                continue;
            }
        };
        twice(loading, source, input, &url, message);
    }
}

fn twice(loading: &mut Loading, source: &SourceFile, input: Input, url: &Text, message: &str) {
    let message = format!("the profile `{}` of `{input}` {message}", url.get_ref());
    loading.problems.push(source.problem(url.span(), message, "here again").with_help("leave one out"));
}

/// The URLs that hold; an empty list, no URL, and a version are mistakes.
fn urls(loading: &mut Loading, source: &SourceFile, list: Option<&Spanned<Vec<Text>>>) -> Vec<Text> {
    let Some(list) = list else { return Vec::new() };
    if list.get_ref().is_empty() {
        let message = "a list of profiles that is empty finds nothing";
        loading.problems.push(source.problem(list.span(), message, "empty: leave it out"));
    }
    let mut urls = Vec::new();
    for url in list.get_ref() {
        let written = url.get_ref().as_str();
        if written.contains('|') {
            let message = format!("the profile `{written}` has a version");
            let help = "leave `|` and what follows out: a resource may claim any version";
            loading.problems.push(source.problem(url.span(), message, "this version").with_help(help));
        } else if !written.contains(':') || written.contains(char::is_whitespace) {
            let message = format!("`{written}` is not the URL of a profile");
            let help = "write it as it stands in `meta.profile`";
            loading.problems.push(source.problem(url.span(), message, "no URL").with_help(help));
        } else {
            urls.push(url.clone());
        }
    }
    urls
}
