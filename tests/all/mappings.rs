//! The shipped mapping files hold, every code in them feeds its input, and every mistake is told with its place.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use super::bad_input::{copy_mappings, path, run_with};
use plasmabridge::inputs::{Input, Kind};
use plasmabridge::map::file::CodesIn;
use plasmabridge::map::{Mappings, Problem, SourceFile, picture};

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

fn shipped() -> Vec<SourceFile> {
    let files = std::fs::read_dir("mappings").unwrap().map(|entry| entry.unwrap().path());
    let toml = files.filter(|path| path.extension().is_some_and(|extension| extension == "toml"));
    toml.map(|path| SourceFile::new(path.display().to_string(), std::fs::read_to_string(&path).unwrap())).collect()
}

/// Each file of `fixtures/bad-mappings` holds one mistake, and in its head the words that the message must hold.
#[test]
fn every_mistake_is_told_with_its_place() {
    let mut wrong = Vec::new();
    let mut seen = 0;
    for path in std::fs::read_dir("fixtures/bad-mappings").unwrap().map(|entry| entry.unwrap().path()) {
        seen += 1;
        let text = std::fs::read_to_string(&path).unwrap();
        let head = |key: &str| -> Vec<String> {
            let prefix = format!("# {key}: ");
            text.lines().filter_map(|line| line.strip_prefix(&prefix)).map(str::to_owned).collect()
        };
        let replaced = head("replaces").remove(0);
        let mut files = shipped();
        files.retain(|file| !file.name.ends_with(&format!("/{replaced}")));
        let name = format!("bad/{replaced}");
        files.push(SourceFile::new(&name, &*text));
        let problems = Mappings::of_files(&files).err().unwrap_or_default();
        let says = head("says");
        let told = problems.iter().any(|problem| {
            let shown = format!("{} {}", problem.message, problem.advice().unwrap_or_default());
            let line = problem.position().and_then(|(line, _)| text.lines().nth(line - 1)).unwrap_or_default();
            let drawn = line.trim().is_empty() || picture(std::slice::from_ref(problem)).contains(line.trim());
            let place = problem.message.starts_with("no mapping feeds")
                || (problem.file == name && problem.position().is_some_and(|(line, _)| line > says.len() + 1));
            place && drawn && says.iter().all(|words| shown.contains(words))
        });
        if !told {
            let list: Vec<String> = problems.iter().map(ToString::to_string).collect();
            wrong.push(format!("{}: {says:?} is not among\n  {}", path.display(), list.join("\n  ")));
        }
    }
    assert!(seen >= 40, "{seen} files");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// `mappings/mapping.schema.json` is what `mappings schema` prints; `UPDATE_SCHEMA=1` writes it anew.
#[test]
fn the_schema_file_is_up_to_date() {
    let text = format!("{}\n", serde_json::to_string_pretty(&plasmabridge::map::schema()).unwrap());
    if std::env::var("UPDATE_SCHEMA").is_ok() {
        std::fs::write("mappings/mapping.schema.json", &text).unwrap();
    }
    assert!(
        std::fs::read_to_string("mappings/mapping.schema.json").unwrap() == text,
        "run the tests with UPDATE_SCHEMA=1"
    );
}

#[test]
fn the_shipped_files_fit_the_schema() {
    let schema = jsonschema::validator_for(&plasmabridge::map::schema()).unwrap();
    for file in shipped() {
        let table: toml::Table = file.text.parse().unwrap();
        let json = serde_json::to_value(table).unwrap();
        assert!(schema.is_valid(&json), "{}: {}", file.name, schema.validate(&json).unwrap_err());
    }
    let odd = serde_json::json!({ "haemoglobin": { "untis": "mmol/L" } });
    assert!(!schema.is_valid(&odd));
}

/// Every code that is shipped feeds its input: a resource that holds nothing but the code, and what its rule reads.
#[test]
fn every_shipped_code_feeds_its_input() {
    let mappings = Mappings::embedded().unwrap();
    let listed = mappings.listed_codes();
    assert!(listed.len() > 150, "{} codes", listed.len());
    let mut idle = Vec::new();
    for code in &listed {
        let forms = [
            serde_json::json!({ "valueBoolean": true }),
            serde_json::json!({ "valueInteger": 1 }),
            serde_json::json!({ "valueCodeableConcept": { "coding": [{ "system": "http://snomed.info/sct", "code": "260373001" }] } }),
            serde_json::json!({ "valueCodeableConcept": { "coding": [{ "system": "http://snomed.info/sct", "code": "103338009" }] } }),
        ];
        let units = [
            "mmol/L", "g/L", "umol/L", "10*9/L", "mg/L", "%", "cm", "mL/min", "fL", "U/L", "g/d", "1", "nmol/L",
            "10*-3", "mg/g", "{score}",
        ];
        let quantities = units.map(|unit| {
            serde_json::json!({ "valueQuantity": { "value": 2, "system": "http://unitsofmeasure.org", "code": unit } })
        });
        let values = forms.iter().chain(&quantities);
        let feeds = values.clone().any(|value| {
            let mut resource = value.clone();
            let concept = serde_json::json!({ "coding": [{ "system": code.uri, "code": code.code }] });
            let kind = format!("{:?}", code.resource);
            resource["resourceType"] = kind.clone().into();
            resource["id"] = "r1".into();
            resource["subject"] = serde_json::json!({ "reference": "Patient/p1" });
            resource["status"] = if kind == "Procedure" { "completed" } else { "final" }.into();
            resource["effectiveDateTime"] = "2026-10-02".into();
            resource["performedDateTime"] = "2026-10-02".into();
            if kind != "Observation" {
                for form in
                    ["valueBoolean", "valueInteger", "valueCodeableConcept", "valueQuantity", "effectiveDateTime"]
                {
                    if kind != "DiagnosticReport" || form != "effectiveDateTime" {
                        resource.as_object_mut().unwrap().remove(form);
                    }
                }
            }
            if kind != "Procedure" {
                resource.as_object_mut().unwrap().remove("performedDateTime");
            }
            if kind == "Condition" {
                resource.as_object_mut().unwrap().remove("status");
            }
            if code.codes_in == CodesIn::Conclusion {
                resource["conclusionCode"] = serde_json::json!([concept]);
                resource["code"] = serde_json::json!({ "text": "a report" });
            } else {
                resource["code"] = concept;
            }
            let bundle = serde_json::json!({ "resourceType": "Bundle", "type": "collection", "entry": [
                { "resource": { "resourceType": "Patient", "id": "p1" } }, { "resource": resource } ] });
            let text = bundle.to_string();
            let records = plasmabridge::pull::records(&text).unwrap();
            let (inputs, _) = mappings.map(&records[0]);
            inputs.of(code.input).len() == 1
        });
        if !feeds {
            idle.push(format!("{} {}|{} ({:?})", code.input, code.system, code.code, code.resource));
        }
    }
    assert!(idle.is_empty(), "{}", idle.join("\n"));
}

/// The problems of the shipped files with this at the end of one.
fn problems_with(name: &str, further: &str) -> Vec<Problem> {
    let mut files = shipped();
    let file = files.iter_mut().find(|file| file.name.ends_with(name)).unwrap();
    *file = SourceFile::new(file.name.clone(), format!("{}\n{further}", file.text));
    Mappings::of_files(&files).unwrap_err()
}

#[test]
fn a_code_that_stands_there_very_often_is_told_once_for_each_place_and_shown_a_hundred_times() {
    let code = r#"{ system = "loinc", code = "1-1", display = "Invented", trust = "A" }, "#.repeat(300);
    let from = format!(
        "[[haemoglobin.from]]\nresource = \"Observation\"\ncodes = [{code}]\nvalue = {{ quantity = [\"mmol/L\"] }}\n"
    );
    let problems = problems_with("laboratory.toml", &from);
    assert_eq!(problems.len(), 299);
    let shown = picture(&problems);
    assert_eq!(shown.matches("stands twice").count(), 100);
    assert!(shown.ends_with("and 199 more\n"), "{shown}");
}

#[test]
fn more_systems_than_can_be_told_apart_are_refused() {
    let system =
        |n: usize| format!("[s{n}]\nname = \"Invented\"\nlicence = \"none\"\nuris = [\"https://example.org/{n}\"]\n");
    let problems = problems_with("systems.toml", &(0..255).map(system).collect::<String>());
    let said: Vec<String> = problems.iter().map(ToString::to_string).collect();
    assert!(said.len() == 1 && said[0].contains("systems, and no more than 255 can be told apart"), "{said:?}");
}

/// A number of every input that is compared with anything has an end beyond which it is not believed.
#[test]
fn every_number_that_decides_has_an_end() {
    let files = shipped();
    let tables: Vec<toml::Table> = files.iter().map(|file| file.text.parse().unwrap()).collect();
    let is_number = |input: &&Input| matches!(input.kind(), Kind::Count | Kind::Quantity | Kind::QuantityOrBool);
    let deciding: Vec<&Input> =
        Input::ALL.iter().filter(is_number).filter(|input| !Input::WORKUP_PANEL.contains(input)).collect();
    assert_eq!(deciding.len(), 21);
    for input in deciding {
        let table = tables.iter().find_map(|file| file.get(input.word())).unwrap();
        assert!(table.get("suspect_above").is_some(), "{input}");
    }
}

#[test]
fn mapping_files_do_not_hold_without_the_projects_own_codes() {
    let folder = tempfile::tempdir().unwrap();
    copy_mappings(folder.path());
    let file = folder.path().join("codesystem-input.json");
    let whole = std::fs::read_to_string(&file).unwrap();
    let check = || run_with(&["mappings", "check", path(folder.path())], None);
    assert_eq!(check().exit, 0, "{}", check().err);
    let cut = whole.split_inclusive('\n').take(60).collect::<String>();
    let renamed = whole.replacen("\"code\": \"birth_date\"", "\"code\": \"born\"", 1);
    let cases: [(&str, &[&str]); 4] = [
        (&cut, &["codesystem-input.json:60:", "the file is not JSON", "1 mistake in"]),
        ("{\"resourceType\": \"ValueSet\"}", &["the file is not the CodeSystem"]),
        ("[]", &["codesystem-input.json:1:2: the file is not a CodeSystem"]),
        (&renamed, &["codes of the inputs are missing: `birth_date`", "codes that no input has: `born`", "2 mistakes"]),
    ];
    for (text, words) in cases {
        std::fs::write(&file, text).unwrap();
        let answer = check();
        assert_eq!((answer.exit, answer.out.as_str()), (3, ""), "{}", answer.err);
        let told = answer.err.split_whitespace().collect::<Vec<_>>().join(" ");
        words.iter().for_each(|words| assert!(told.contains(words), "`{words}` is not in:\n{}", answer.err));
    }
    std::fs::remove_file(&file).unwrap();
    let answer = check();
    assert_eq!(answer.exit, 3);
    assert!(answer.err.contains("codesystem-input.json: the file is not there"), "{}", answer.err);
}
