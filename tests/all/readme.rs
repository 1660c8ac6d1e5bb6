//! The README says what the program says: its tables and its CarePlan are made from the code.
//!
//! `UPDATE_README=1 cargo test readme` writes them anew.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use plasmabridge::bounds;
use plasmabridge::error::Exit;
use plasmabridge::guideline::{ALL, decide};
use plasmabridge::inputs::Day;
use plasmabridge::map::Mappings;
use plasmabridge::plan::{Language, ResourceKind, resource};
use std::fmt::Write;

const STORY: &str = "fixtures/patients/lumbar-plasmacytoma-awaiting-radiotherapy/record-international.json";

/// The README with the part after a marker as it should be.
fn with_part(readme: &str, marker: &str, part: &str) -> String {
    let (before, rest) = readme.split_once(marker).unwrap();
    let (line, rest) = rest.split_once("-->\n").unwrap();
    let (_, after) = rest.split_once("<!-- end -->").unwrap();
    format!("{before}{marker}{line}-->\n{part}<!-- end -->{after}")
}

fn recommendations() -> String {
    let mut table = "| | grade | strength | English | Danish |\n|---|---|---|---|---|\n".to_owned();
    for entry in &ALL {
        let strength = entry.strength.map_or("–", |strength| strength.word());
        writeln!(table, "| {} | {} | {strength} | {} | {} |", entry.id, entry.grade, entry.english, entry.danish)
            .unwrap();
    }
    table
}

fn care_plan() -> String {
    let text = std::fs::read_to_string(STORY).unwrap();
    let records = plasmabridge::pull::records(&text).unwrap();
    let (inputs, _) = Mappings::embedded().unwrap().map(&records[0]);
    let as_of = Day::parse("2026-11-22").unwrap();
    let plan = resource(ResourceKind::CarePlan, &decide(&inputs, as_of), Language::English, as_of).unwrap().unwrap();
    let activity = plan["activity"].as_array().unwrap().iter().find(|activity| activity["id"] == "R06").unwrap();
    format!("```json\n{}```\n", plasmabridge::write::json::text(activity))
}

fn limits() -> String {
    let mut table = "| limit | of | usually |\n|---|---|---|\n".to_owned();
    for entry in &bounds::ALL {
        writeln!(table, "| `{}` | {} | {} |", entry.key, entry.of, thousands(entry.usual)).unwrap();
    }
    table
}

/// A number as a person reads it: `5,000,000`.
fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let parts: Vec<&str> = digits.as_bytes().rchunks(3).rev().map(|part| std::str::from_utf8(part).unwrap()).collect();
    parts.join(",")
}

#[test]
fn the_readmes_tables_are_those_of_the_code() {
    let readme = std::fs::read_to_string("README.md").unwrap();
    let wanted = with_part(&readme, "<!-- recommendations:", &recommendations());
    let wanted = with_part(&wanted, "<!-- care plan:", &care_plan());
    let wanted = with_part(&wanted, "<!-- faults:", &super::faults::table());
    let wanted = with_part(&wanted, "<!-- limits:", &limits());
    if std::env::var("UPDATE_README").is_ok() {
        std::fs::write("README.md", &wanted).unwrap();
    }
    assert!(std::fs::read_to_string("README.md").unwrap() == wanted, "run the tests with UPDATE_README=1");
}

#[test]
fn the_readme_tells_every_exit_code() {
    let readme = std::fs::read_to_string("README.md").unwrap();
    for exit in Exit::ALL {
        let line = format!("| {} | {} |", exit as u8, exit.meaning());
        assert!(readme.contains(&line), "{line}");
    }
}
