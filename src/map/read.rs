//! The text of a mapping file, read into its tables; what does not fit is a problem with its place.

use super::problem::{Problem, SourceFile, suggestion};
use serde::de::DeserializeOwned;
use toml::Spanned;
use toml::de::{DeTable, Error, ValueDeserializer};

/// A whole file as one table.
pub fn whole<T: DeserializeOwned>(source: &SourceFile, problems: &mut Vec<Problem>) -> Option<T> {
    match toml::from_str(&source.text) {
        Ok(table) => Some(table),
        Err(error) => {
            problems.push(problem(source, &error));
            None
        }
    }
}

/// A file as a list of tables by name, each read by itself, so that one mistake does not hide the next.
pub fn tables<T: DeserializeOwned>(source: &SourceFile, problems: &mut Vec<Problem>) -> Vec<(Spanned<String>, T)> {
    let document = match DeTable::parse(&source.text) {
        Ok(document) => document.into_inner(),
        Err(error) => {
            problems.push(problem(source, &error));
            return Vec::new();
        }
    };
    let mut tables: Vec<(Spanned<String>, T)> = Vec::new();
    for (name, value) in document {
        let name = Spanned::new(name.span(), name.into_inner().into_owned());
        match T::deserialize(ValueDeserializer::from(value)) {
            Ok(table) => tables.push((name, table)),
            Err(error) => problems.push(problem(source, &error)),
        }
    }
    tables.sort_by_key(|(name, _)| name.span().start);
    tables
}

fn problem(source: &SourceFile, error: &Error) -> Problem {
    let (message, label, help) = in_plain_words(error.message());
    let found = match error.span() {
        Some(span) => source.problem(span, message, label),
        None => source.problem_of_all(message),
    };
    match help {
        Some(help) => found.with_help(help),
        None => found,
    }
}

/// The message of the reader, in words for a person who does not program.
fn in_plain_words(message: &str) -> (String, String, Option<String>) {
    let words: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    let first = words.first().copied().unwrap_or_default();
    let others = || words.iter().copied().skip(1);
    let help = || (words.len() > 1).then(|| suggestion(first, others()));
    if message.starts_with("unknown field") {
        return (format!("unknown key `{first}`"), "this key".into(), help());
    }
    if message.starts_with("unknown variant") {
        return (format!("unknown word `{first}`"), "this word".into(), help());
    }
    if message.starts_with("missing field") {
        return (format!("`{first}` is missing"), "in this table".into(), None);
    }
    let plain = message
        .replace("a sequence", "a list")
        .replace("sequence", "list")
        .replace("a map", "a table")
        .replace("map", "table")
        .replace("data did not match any variant of untagged enum Word", "neither a word nor yes or no");
    let plain = match plain.split_once("struct ") {
        Some((before, _)) => format!("{before}a table"),
        None => plain,
    };
    (plain, "here".into(), None)
}
