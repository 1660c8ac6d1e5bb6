//! What can be wrong with an input so that a patient is not decided, and where it stands.

use crate::bounds::Exceeded;
use crate::fhir::Unreadable;
use std::fmt;

/// A place in an input.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The file as the user named it; `-` for standard input.
    pub file: String,
    /// The line, counted from 1, where the file has a text a line.
    pub line: Option<u64>,
    /// The Bundle's entry, counted from 1.
    pub entry: Option<Box<str>>,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.file.as_str() {
            "-" => f.write_str("standard input")?,
            file => write!(f, "`{file}`")?,
        }
        if let Some(line) = self.line {
            write!(f, ", line {line}")?;
        }
        if let Some(entry) = &self.entry {
            write!(f, ", entry {entry}")?;
        }
        Ok(())
    }
}

/// What is wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Damage {
    /// The file cannot be opened or read.
    #[error("it cannot be read: {0}; check that it is there and may be read")]
    Closed(String),
    /// The folder has no file to read.
    #[error("the folder has no file to read (.json, .ndjson, .jsonl, also with .gz or .zst)")]
    EmptyFolder,
    /// The file has nothing in it.
    #[error("it is empty; FHIR JSON is read")]
    Empty,
    /// A compressed file ends too early, or is damaged.
    #[error("the compressed data is damaged or ends too early, and what follows is lost; fetch the file again")]
    Compression,
    /// The text is in another encoding.
    #[error("it is UTF-16; save it as UTF-8")]
    Utf16,
    /// The text has bytes that are not UTF-8.
    #[error("it is not UTF-8 (byte {0}); save it as UTF-8")]
    NotUtf8(usize),
    /// It is XML or HTML.
    #[error("it is XML or HTML; FHIR JSON is read")]
    Markup,
    /// It is not JSON.
    #[error("it is not JSON (line {line}, column {column}: {problem})")]
    NotJson {
        /// The line within the text.
        line: usize,
        /// The column.
        column: usize,
        /// What the parser found.
        problem: &'static str,
    },
    /// It is JSON, but no resource that can be read.
    #[error("{0}")]
    NotReadable(#[from] Unreadable),
    /// It is beyond a bound.
    #[error("{0}; if it should be, say `--limit {key}=…`", key = .0.bound.entry().key)]
    Beyond(Exceeded),
    /// A Patient without id and address.
    #[error(
        "the Patient has neither an id nor an address in its Bundle that FHIR would take, so a plan could not say whose it is"
    )]
    NamelessPatient,
    /// A resource that leads to no patient.
    #[error("`{0}` does not say whose it is in a way that leads to one patient")]
    NoPatient(String),
    /// A resource that names its patient by what several patients bear.
    #[error("`{0}` names its patient by an identifier or address that several patients have; correct it, or theirs")]
    SharedName(String),
    /// A document in which nothing is any patient's.
    #[error("it holds nothing of any patient")]
    NothingRead,
    /// The search that gave the Bundle did not complete.
    #[error("the server's answer reports an error (OperationOutcome), so the record may not be whole")]
    SearchFailed,
    /// The search that gave the Bundle goes on at a page that is not in the input.
    #[error(
        "the search goes on at a page that is not here (its link `next`), so the record is not whole; give all pages"
    )]
    MorePages,
    /// Further problems of a text that has very many.
    #[error("{0} more of its entries cannot be used")]
    More(usize),
    /// Another server has a patient of the same id, and this place does not say which is meant.
    #[error("two servers have a patient of this id, and this does not say which is meant; evaluate them apart")]
    TwoServers,
    /// What was there in the first reading is not there in the second.
    #[error("it changed while it was read; run again")]
    Changed,
    /// The program failed on it.
    #[error("plasmabridge failed on it, which is its own fault and not the record's; please report it")]
    OurFault,
}

/// Something that went wrong, and the patients who are therefore not decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Where.
    pub place: Place,
    /// What.
    pub damage: Damage,
    /// Who is not decided because of it; empty where no patient that the input names can be concerned.
    pub patients: Vec<String>,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.damage)?;
        match self.patients.as_slice() {
            [] => Ok(()),
            [one] => write!(f, "; `{one}` is not decided"),
            [one, two] => write!(f, "; `{one}` and `{two}` are not decided"),
            [one, two, rest @ ..] => write!(f, "; `{one}`, `{two}` and {} more are not decided", rest.len()),
        }
    }
}

/// Why a text is not JSON, without any of its words.
pub fn not_json(text: &str, error: &serde_json::Error) -> Damage {
    let start = text.trim_start();
    if start.starts_with('<') {
        return Damage::Markup;
    }
    let words = error.to_string();
    let problem = if error.is_eof() {
        "it ends too early"
    } else if words.starts_with("trailing comma") {
        "a comma too many"
    } else if words.starts_with("trailing characters") {
        "something follows its end"
    } else if words.starts_with("key must be a string") {
        "a field's name without double quotation marks"
    } else if words.starts_with("control character") {
        "a control character within a string"
    } else if words.starts_with("recursion limit") {
        "it is nested too deeply"
    } else if words.starts_with("invalid number") || words.starts_with("number out of range") {
        "a number that is none"
    } else {
        "a value or a separator was due here"
    };
    Damage::NotJson { line: error.line().max(1), column: error.column().max(1), problem }
}
