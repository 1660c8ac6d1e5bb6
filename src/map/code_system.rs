//! The file with the project's own codes that stands beside the mapping files: whether it is the one that they mean.

use super::engine::OWN;
use super::load::EMBEDDED;
use super::problem::{Problem, SourceFile};
use serde::Deserialize;
use std::collections::BTreeSet;
use std::path::Path;

/// The file's name, in every folder of mapping files.
const FILE: &str = "codesystem-input.json";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CodeSystem {
    resource_type: String,
    url: Option<String>,
    #[serde(default)]
    concept: Vec<Concept>,
}

#[derive(Deserialize)]
struct Concept {
    code: String,
}

impl CodeSystem {
    fn codes(&self) -> BTreeSet<&str> {
        self.concept.iter().map(|concept| concept.code.as_str()).collect()
    }
}

/// What is wrong with the project's own codes in a folder of mapping files. Nothing is read by this file, but whoever
/// sends Observations in these codes, and the server that checks them, go by it.
pub fn code_system_problems(folder: &Path) -> Vec<Problem> {
    let path = folder.join(FILE);
    let name = path.display().to_string();
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let problem = Problem::general(name, "the file is not there");
            return vec![problem.with_help("copy it with the others: it defines the project's own codes")];
        }
        Err(error) => return vec![Problem::general(name, format!("the file cannot be read: {error}"))],
    };
    problems(&SourceFile::new(name, text))
}

fn problems(file: &SourceFile) -> Vec<Problem> {
    let found: CodeSystem = match serde_json::from_str(&file.text) {
        Ok(found) => found,
        Err(error) => {
            let what = if error.is_data() { "not a CodeSystem" } else { "not JSON" };
            let place = offset(&file.text, error.line(), error.column());
            let problem = file.problem(place..place + 1, format!("the file is {what}"), error_in_words(&error));
            return vec![problem.with_help(AGAIN)];
        }
    };
    if found.resource_type != "CodeSystem" || found.url.as_deref() != Some(OWN) {
        let problem = file.problem_of_all(format!("the file is not the CodeSystem `{OWN}`"));
        return vec![problem.with_help(AGAIN)];
    }
    let Some(carried) = carried() else { return Vec::new() };
    let differ = |one: &CodeSystem, other: &CodeSystem| {
        let codes: Vec<String> = one.codes().difference(&other.codes()).map(|code| format!("`{code}`")).collect();
        codes.join(", ")
    };
    let (missing, unknown) = (differ(&carried, &found), differ(&found, &carried));
    let mut problems = Vec::new();
    if !missing.is_empty() {
        problems.push(file.problem_of_all(format!("codes of the inputs are missing: {missing}")).with_help(AGAIN));
    }
    if !unknown.is_empty() {
        let problem = file.problem_of_all(format!("codes that no input has: {unknown}"));
        problems.push(problem.with_help("nothing reads them; a code of your own belongs into a mapping file"));
    }
    problems
}

const AGAIN: &str = "copy it again from the mapping files of this version of the program";

/// The file that the program carries; a test holds that it can be read.
fn carried() -> Option<CodeSystem> {
    serde_json::from_slice(EMBEDDED.get_file(FILE)?.contents()).ok()
}

fn error_in_words(error: &serde_json::Error) -> String {
    if error.is_data() {
        return "not what a CodeSystem has here".to_owned();
    }
    let words = error.to_string();
    words.split(" at line ").next().unwrap_or_default().to_owned()
}

/// The offset of a line and column, counted from 1, within the text.
fn offset(text: &str, line: usize, column: usize) -> usize {
    let start: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    text.floor_char_boundary((start + column.saturating_sub(1)).min(text.len().saturating_sub(1)))
}
