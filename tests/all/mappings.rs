//! The shipped mapping files hold, every code in them feeds its input, and every mistake is told with its place.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use plasmabridge::map::Mappings;

#[test]
fn the_shipped_mappings_hold() {
    if let Err(problems) = Mappings::embedded() {
        let list: Vec<String> = problems.iter().map(|problem| format!("{problem} {:?}", problem.advice())).collect();
        panic!("{}", list.join("\n"));
    }
}

/// Every story names the inputs that its record must give, with the number of entries.
#[test]
fn every_story_gives_the_inputs_that_it_names() {
    let mappings = Mappings::embedded().unwrap();
    let mut wrong = Vec::new();
    let mut seen = 0;
    for folder in std::fs::read_dir("fixtures/patients").unwrap().map(|entry| entry.unwrap().path()) {
        let Ok(expected) = std::fs::read_to_string(folder.join("expected.toml")) else { continue };
        let expected: toml::Table = expected.parse().unwrap();
        let Some(wanted) = expected.get("inputs").and_then(toml::Value::as_table) else { continue };
        let as_of = plasmabridge::inputs::Day::parse(expected["as_of"].as_str().unwrap()).unwrap();
        for name in ["record.json", "record-danish.json", "record-international.json"] {
            let Ok(text) = std::fs::read_to_string(folder.join(name)) else { continue };
            seen += 1;
            let records = plasmabridge::pull::records(&text).unwrap();
            assert_eq!(records.len(), 1, "{}", folder.display());
            let (inputs, coverage) = mappings.map(&records[0]);
            for (input, count) in wanted {
                let entries = inputs.of(plasmabridge::inputs::Input::of(input).unwrap());
                let found = entries.iter().filter(|entry| entry.day().is_none_or(|day| day <= as_of)).count();
                if Some(found as i64) != count.as_integer() {
                    wrong.push(format!("{}/{name}: {input} is there {found} times, not {count}", folder.display()));
                }
            }
            if std::env::var("SHOW_COVERAGE").is_ok() {
                println!("{}/{name}\n{}", folder.display(), coverage.report(&mappings, &records[0]));
            }
        }
    }
    assert!(seen >= 40, "{seen} records");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
