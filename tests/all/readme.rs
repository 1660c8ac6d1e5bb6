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

fn limits() -> String {
    let mut table = "| limit | unless said otherwise | of |\n|---|---|---|\n".to_owned();
    for entry in &bounds::ALL {
        let unit = if entry.unit == bounds::Unit::Megabytes { " MB" } else { "" };
        writeln!(table, "| `{}` | {}{unit} | {} |", entry.key, entry.usual, entry.of).unwrap();
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

/// The fenced blocks of a section, each with its language.
fn blocks<'r>(readme: &'r str, heading: &str) -> Vec<(&'r str, &'r str)> {
    let (_, section) = readme.split_once(&format!("\n## {heading}\n")).unwrap();
    let section = section.split("\n## ").next().unwrap();
    let fenced = section.split("```").skip(1).step_by(2);
    fenced.map(|block| block.split_once('\n').unwrap()).collect()
}

/// The how-to, as it is printed: its commands are run, its tables added to the files that they name.
#[test]
fn the_readmes_way_to_a_code_of_ones_own_works_as_printed() {
    let readme = std::fs::read_to_string("README.md").unwrap();
    let place = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(place.path().join("mappings")).unwrap();
    super::bad_input::copy_mappings(&place.path().join("mappings"));
    let mut record = super::bad_input::bundle("p1");
    let result = serde_json::json!({ "resourceType": "Observation", "id": "hb", "status": "final",
        "subject": { "reference": "Patient/p1" }, "effectiveDateTime": "2026-10-02",
        "code": { "coding": [{ "system": "https://lab.example.org/codes", "code": "HB1" }] },
        "valueQuantity": { "value": 8.4, "unit": "mmol/L" } });
    record["entry"].as_array_mut().unwrap().push(serde_json::json!({ "resource": result }));
    std::fs::create_dir(place.path().join("records")).unwrap();
    std::fs::write(place.path().join("records/p1.json"), record.to_string()).unwrap();
    let program = std::path::Path::new(env!("CARGO_BIN_EXE_plasmabridge")).parent().unwrap();
    let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap());
    let (mut tables, mut told) = (0, String::new());
    for (language, block) in blocks(&readme, "Your hospital uses another code") {
        match language {
            "toml" => {
                let (file, table) = block.strip_prefix("# ").unwrap().split_once('\n').unwrap();
                let file = place.path().join(file);
                let before = std::fs::read_to_string(&file).unwrap();
                std::fs::write(&file, format!("#:schema ./mapping.schema.json\n{before}\n{table}")).unwrap();
                tables += 1;
            }
            "sh" => {
                let mut shell = std::process::Command::new("sh");
                shell.args(["-e", "-c", block]).current_dir(place.path()).env("PATH", &path);
                let output = shell.env_remove("PLASMABRIDGE_MAPPINGS").output().unwrap();
                assert!(output.status.success(), "{block}{}", String::from_utf8_lossy(&output.stderr));
                told = String::from_utf8(output.stdout).unwrap();
            }
            other => panic!("a block of `{other}`"),
        }
    }
    assert_eq!(tables, 2);
    let found = told.lines().find(|line| line.contains("our_lab HB1")).unwrap_or_else(|| panic!("{told}"));
    assert!(found.contains("haemoglobin") && found.trim_start().starts_with("1 "), "{found}");
}
