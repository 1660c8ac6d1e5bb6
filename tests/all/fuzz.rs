//! Everything that reads what others wrote, given what no one should write: no panic, no end of memory, and a mistake in
//! one patient's record changes nothing about the others.
//!
//! `PROPTEST_CASES=20000 cargo test --test all fuzz` searches for more (of each test so many), `PROPTEST_RNG_SEED=2`
//! elsewhere.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod found;
mod mappings;
mod records;
mod server;
mod state;

use super::generate::cases;
use plasmabridge::guideline::decide;
use plasmabridge::inputs::{Day, Inputs};
use plasmabridge::plan::{self, Language, ResourceKind};
use plasmabridge::write::reconcile::Wanted;
use serde_json::Value;

/// Days at the edges of the calendar, and an ordinary one.
const DAYS: [&str; 4] = ["2026-11-22", "9999-12-31", "0001-01-01", "2027-02-28"];

/// All that is said of inputs on a day: to machines, to people, and to the server.
fn all_of(inputs: &Inputs, day: &str) -> String {
    let as_of = Day::parse(day).unwrap();
    let decision = decide(inputs, as_of);
    let mut said = serde_json::to_string(&decision).unwrap();
    for language in [Language::English, Language::Danish] {
        said.push_str(&plan::text(&decision, language));
    }
    said
}

/// What is to be written about inputs on a day, where this stands.
fn written(inputs: &Inputs, day: &str, standing: &[Value]) -> Result<Vec<Value>, String> {
    let decision = decide(inputs, Day::parse(day).unwrap());
    let mut written = Vec::new();
    for kind in ResourceKind::ALL {
        let wanted = Wanted { kind, decision: &decision, inputs, language: Language::English };
        let of_kind: Vec<Value> = standing.iter().filter(|it| it["resourceType"] == kind.name()).cloned().collect();
        let changes = wanted.reconcile(&of_kind).map_err(|refused| refused.to_string())?;
        written.extend(changes.iter().filter_map(|change| change.resource().cloned()));
    }
    Ok(written)
}
