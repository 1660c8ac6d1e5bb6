//! What is wrong with a mapping file: which file, which line, and what to do about it.

use miette::{Diagnostic, NamedSource, SourceSpan};
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

/// A mapping file's text under the name that messages show.
#[derive(Clone, Debug)]
pub struct SourceFile {
    /// The file's name, as the user gave it.
    pub name: String,
    /// Its text.
    pub text: Arc<String>,
}

impl SourceFile {
    /// A file of this name with this text.
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> SourceFile {
        SourceFile { name: name.into(), text: Arc::new(text.into()) }
    }

    /// A problem at a place in this file.
    pub fn problem(&self, span: Range<usize>, message: impl Into<String>, label: impl Into<String>) -> Problem {
        let mut problem = self.problem_of_all(message);
        let length = span.end.saturating_sub(span.start);
        let line = self.text.get(span.start..span.end).map_or(length, |text| text.find('\n').unwrap_or(length));
        problem.span = Some(SourceSpan::new(span.start.into(), line));
        problem.label = label.into();
        problem
    }

    /// A problem of the file as a whole.
    pub fn problem_of_all(&self, message: impl Into<String>) -> Problem {
        Problem {
            message: message.into(),
            file: self.name.clone(),
            source: Some(NamedSource::new(&self.name, Arc::clone(&self.text)).with_language("TOML")),
            span: None,
            label: String::new(),
            help: None,
        }
    }
}

/// One thing that is wrong with the mapping files.
#[derive(Clone, Debug)]
pub struct Problem {
    /// What is wrong, with the user's words in backticks.
    pub message: String,
    /// The file.
    pub file: String,
    source: Option<NamedSource<Arc<String>>>,
    span: Option<SourceSpan>,
    label: String,
    help: Option<String>,
}

impl Problem {
    /// A problem of a folder or of all files together.
    pub fn general(file: impl Into<String>, message: impl Into<String>) -> Problem {
        Problem {
            message: message.into(),
            file: file.into(),
            source: None,
            span: None,
            label: String::new(),
            help: None,
        }
    }

    /// The same with what to do about it.
    pub fn with_help(mut self, help: impl Into<String>) -> Problem {
        self.help = Some(help.into());
        self
    }

    /// Line and column, counted from 1, where there is a place; columns in characters.
    pub fn position(&self) -> Option<(usize, usize)> {
        let before = self.source.as_ref()?.inner().get(..self.span?.offset()).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        Some((line, column))
    }

    /// What to do about it.
    pub fn advice(&self) -> Option<&str> {
        self.help.as_deref()
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.position() {
            Some((line, column)) => write!(f, "{}:{line}:{column}: {}", self.file, self.message),
            None => write!(f, "{}: {}", self.file, self.message),
        }
    }
}

impl std::error::Error for Problem {}

impl Diagnostic for Problem {
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.help.as_ref().map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn miette::SourceCode> {
        self.source.as_ref().map(|source| source as &dyn miette::SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = miette::LabeledSpan> + '_>> {
        let span = self.span?;
        let label = (!self.label.is_empty()).then(|| self.label.clone());
        Some(Box::new(std::iter::once(miette::LabeledSpan::new_with_span(label, span))))
    }
}

/// No word that can be meant is as long as this.
const LONGEST_WORD: usize = 100;

/// So many problems are shown with a picture; of more only the number.
const MOST_PICTURES: usize = 100;

/// The closest of some words to one that is none of them, if any is close enough to have been meant.
pub fn closest<'w>(word: &str, words: impl IntoIterator<Item = &'w str>) -> Option<&'w str> {
    if word.len() > LONGEST_WORD {
        return None;
    }
    let limit = ((word.chars().count() + 1) / 3).max(1);
    words
        .into_iter()
        .map(|candidate| (distance(word, candidate), candidate))
        .filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// "did you mean `x`?", or the whole list where nothing is close.
pub fn suggestion<'w>(word: &str, words: impl IntoIterator<Item = &'w str> + Clone) -> String {
    if let Some(meant) = closest(word, words.clone()) {
        return format!("did you mean `{meant}`?");
    }
    let list: Vec<String> = words.into_iter().map(|word| format!("`{word}`")).collect();
    format!("it can be {}", list.join(", "))
}

/// The number of letters to change, add, leave out or swap.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        for (cell, to) in row.iter_mut().skip(1).zip(&b) {
            let up = *cell;
            let here = (diagonal + usize::from(from != *to)).min(up + 1).min(left + 1);
            diagonal = up;
            left = here;
            *cell = here;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or_default()
}

/// The problems for a person: each with a picture of its line.
pub fn picture(problems: &[Problem]) -> String {
    let handler = miette::GraphicalReportHandler::new_themed(miette::GraphicalTheme::unicode_nocolor()).with_width(110);
    let mut picture = String::new();
    for problem in problems.iter().take(MOST_PICTURES) {
        if handler.render_report(&mut picture, problem).is_err() {
            picture.push_str(&problem.to_string());
            picture.push('\n');
        }
    }
    match problems.len().saturating_sub(MOST_PICTURES) {
        0 => {}
        1 => picture.push_str("and one more\n"),
        more => picture.push_str(&format!("and {more} more\n")),
    }
    picture
}
