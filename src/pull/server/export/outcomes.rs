//! What the server says went wrong in an export: severities and codes, none of its words.

use crate::server::{ExportFile, Lines, ServerError};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The issues of the files of errors, those of the file at hand apart until it has come to its end.
#[derive(Debug, Default)]
pub struct Outcomes {
    counted: Mutex<Counted>,
}

#[derive(Debug, Default)]
struct Counted {
    of_file: BTreeMap<(bool, String), u64>,
    all: BTreeMap<(bool, String), u64>,
}

impl Outcomes {
    fn counted(&self) -> MutexGuard<'_, Counted> {
        self.counted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The file at hand has come to its end.
    pub fn done(&self) {
        let mut counted = self.counted();
        for (issue, count) in std::mem::take(&mut counted.of_file) {
            *counted.all.entry(issue).or_default() += count;
        }
    }

    /// How many issues are only warnings or information.
    ///
    /// # Errors
    /// Where any is an error: something was not exported, and whose it is cannot be known.
    pub fn harmless(&self) -> Result<u64, ServerError> {
        let counted = self.counted();
        let of = |severe: bool| counted.all.iter().filter(move |((it, _), _)| *it == severe);
        let errors: u64 = of(true).map(|(_, count)| count).sum();
        if errors == 0 {
            return Ok(of(false).map(|(_, count)| count).sum());
        }
        let codes: Vec<String> = of(true).map(|((_, code), count)| format!("{code} {count}")).collect();
        let why = format!("the server says that {errors} things failed in making it ({})", codes.join(", "));
        Err(ServerError::Export(format!(
            "{why}, and whose they were is not known; look at its log, or sync without `--bulk`"
        )))
    }
}

/// The lines of a file of errors on their way into the count.
#[derive(Debug)]
pub struct Counting<'c> {
    /// Where they are counted.
    pub outcomes: &'c Outcomes,
    /// The file.
    pub file: ExportFile<'c>,
}

impl Lines for Counting<'_> {
    fn begin(&self) -> Result<(), ServerError> {
        self.outcomes.counted().of_file.clear();
        Ok(())
    }

    fn line(&self, number: u64, line: &[u8]) -> Result<(), ServerError> {
        let Ok(outcome) = serde_json::from_slice::<Value>(line) else {
            return Err(self.file.not_whole(format!("line {number} is no JSON, or half of one")));
        };
        let mut counted = self.outcomes.counted();
        for issue in outcome.get("issue").and_then(Value::as_array).into_iter().flatten() {
            let text = |name: &str| issue.get(name).and_then(Value::as_str);
            // What does not say how bad it is may be bad.
            let severe = !matches!(text("severity"), Some("warning" | "information" | "success"));
            *counted.of_file.entry((severe, text("code").unwrap_or("no code").to_owned())).or_default() += 1;
        }
        Ok(())
    }
}
