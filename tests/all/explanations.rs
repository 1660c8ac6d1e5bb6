//! What `explain` says that a recommendation reads is what it reads: no input and no limit more or less.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use plasmabridge::guideline::{ALL, Decision, RecommendationId, decide};
use plasmabridge::inputs::{Day, Input, Inputs, Limit, Test};
use plasmabridge::map::Mappings;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// What was read for each recommendation: inputs, and limits as a person reads them.
#[derive(Default)]
struct Read {
    inputs: BTreeMap<RecommendationId, BTreeSet<Input>>,
    limits: BTreeMap<RecommendationId, BTreeSet<String>>,
}

impl Read {
    fn add(&mut self, decision: &Decision<'_>) {
        for recommendation in decision.outcome.iter().flat_map(|outcome| &outcome.recommendations) {
            for look in decision.because(recommendation) {
                self.inputs.entry(recommendation.id).or_default().insert(look.input);
                let limits = self.limits.entry(recommendation.id).or_default();
                limits.extend(limits_of(look.test).into_iter().map(shown));
            }
        }
    }
}

fn shown(limit: Limit) -> String {
    format!("{limit} [{}]", limit.source)
}

fn limits_of(test: Test) -> Vec<Limit> {
    match test {
        Test::Above(limit) | Test::AtLeast(limit) | Test::Below(limit) => vec![limit],
        Test::RiseBy(limit) | Test::RiseByFactor(limit) => vec![limit],
        Test::AboveUpperLimitBy(_, limit) | Test::BelowLowerLimitBy(_, limit) => vec![limit],
        Test::RatioAtLeast(limit) | Test::RatioAtMost(limit) => vec![limit],
        Test::RatioOutside(low, high) => vec![low, high],
        Test::Stated | Test::Read | Test::Recorded => vec![],
    }
}

/// The project's own examples and stories, and the specification's examples where they are there.
fn read_of_the_fixtures() -> Read {
    let mut read = Read::default();
    let own = include_str!("../../fixtures/examples.ndjson").to_owned();
    for line in own.lines().chain(super::examples::all().as_deref().unwrap_or_default().lines()) {
        let example: Value = serde_json::from_str(line).unwrap();
        let inputs = Inputs::from_json(&example["patient"].to_string()).unwrap();
        read.add(&decide(&inputs, inputs.as_of().unwrap()));
    }
    let mappings = Mappings::embedded().unwrap();
    for folder in std::fs::read_dir("fixtures/patients").unwrap().map(|entry| entry.unwrap().path()) {
        let expected: toml::Table = std::fs::read_to_string(folder.join("expected.toml")).unwrap().parse().unwrap();
        let as_of = Day::parse(expected["as_of"].as_str().unwrap()).unwrap();
        for file in std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()) {
            if file.extension().is_some_and(|extension| extension == "json") {
                let text = std::fs::read_to_string(file).unwrap();
                let records = plasmabridge::pull::records(&text).unwrap();
                let (inputs, _) = mappings.map(&records[0]);
                read.add(&decide(&inputs, as_of));
            }
        }
    }
    read
}

#[test]
fn each_recommendation_reads_the_inputs_that_it_names_and_no_other() {
    let read = read_of_the_fixtures();
    let mut wrong = Vec::new();
    for id in ALL.iter().map(|entry| entry.id) {
        let named: BTreeSet<Input> =
            id.explanation().unwrap().all().flat_map(|basis| basis.inputs.iter().copied()).collect();
        let read = &read.inputs[&id];
        wrong.extend(read.difference(&named).map(|input| format!("{id} reads {input} and does not name it")));
        wrong.extend(named.difference(read).map(|input| format!("{id} names {input} and no fixture has it read")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn each_recommendation_names_every_limit_that_it_tests() {
    let read = read_of_the_fixtures();
    let mut wrong = Vec::new();
    for id in ALL.iter().map(|entry| entry.id) {
        let explanation = id.explanation().unwrap();
        let named: BTreeSet<String> =
            explanation.all().flat_map(|basis| basis.limits).map(|figure| shown(figure.limit)).collect();
        let tested = read.limits.get(&id).cloned().unwrap_or_default();
        wrong.extend(tested.difference(&named).map(|limit| format!("{id} tests {limit} and does not name it")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn each_recommendation_names_the_ambiguities_that_it_cites() {
    let mut wrong = Vec::new();
    for line in include_str!("../../fixtures/examples.ndjson").lines() {
        let example: Value = serde_json::from_str(line).unwrap();
        let inputs = Inputs::from_json(&example["patient"].to_string()).unwrap();
        let decision = decide(&inputs, inputs.as_of().unwrap());
        for recommendation in decision.outcome.iter().flat_map(|outcome| &outcome.recommendations) {
            let named = recommendation.id.explanation().unwrap().ambiguities;
            let unnamed = recommendation.ambiguities.iter().filter(|it| !named.contains(it));
            wrong.extend(unnamed.map(|it| format!("{} cites {it} and does not name it", recommendation.id)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Doses are what a recommendation shows, and what it judges by: each has to be named, from the one place where it stands.
#[test]
fn each_recommendation_names_every_dose_that_it_shows() {
    let mut wrong = Vec::new();
    let mut seen = BTreeSet::new();
    for line in include_str!("../../fixtures/examples.ndjson").lines() {
        let example: Value = serde_json::from_str(line).unwrap();
        let inputs = Inputs::from_json(&example["patient"].to_string()).unwrap();
        let decision = decide(&inputs, inputs.as_of().unwrap());
        for recommendation in decision.outcome.iter().flat_map(|outcome| &outcome.recommendations) {
            let doses = recommendation.id.explanation().unwrap().all().flat_map(|basis| basis.doses);
            let named: Vec<_> = doses.map(|figure| (figure.dose.gy, figure.dose.fractions)).collect();
            for action in &recommendation.actions {
                let schedules = action.schedules.iter().map(|it| (it.dose_gy, Some(it.fractions)));
                for dose in schedules.chain(action.dose_gy.map(|gy| (gy, None))) {
                    seen.insert(format!("{} {dose:?}", recommendation.id));
                    if !named.contains(&dose) {
                        wrong.push(format!("{} shows {dose:?} and does not name it", recommendation.id));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(seen.len() >= 8, "{seen:?}");
}

/// The page of a recommendation, in a language.
fn page(id: &str, language: &str) -> String {
    let answer = super::bad_input::run_with(&["explain", id, "--lang", language], None);
    assert_eq!(answer.exit, 0, "{}", answer.err);
    answer.out
}

/// The figures of R06, R09, R13 and R14 as the guideline has them.
#[test]
fn the_page_of_a_recommendation_lists_its_doses_with_their_sources() {
    let curative = [
        "35–40 Gy for a tumour in bone below 5 cm [R06]",
        "40–50 Gy for a tumour in bone above 5 cm [R06]",
        "35–50 Gy for a tumour in bone of exactly 5 cm, or while it is open [R06, both ranges (A1)]",
        "40–50 Gy for an extramedullary tumour [R06]",
        "35–45 Gy by which a course is judged that was given to bone below 5 cm [R06 and the text under it]",
    ];
    let pain = [
        "8 Gy in 1 fraction for pain",
        "20 Gy in 5 fractions for pain [text under R13 (ref. 5)]",
        "30 Gy in 10 fractions for pain [text under R13 (ref. 5)]",
        "40 Gy in 20 fractions for a very long life expectancy",
    ];
    let large = [
        "30 Gy in 10–15 fractions for a large area or cord compression [R14]",
        "20–30 Gy in 10–15 fractions for a large area too, or irradiated again [text under R14]",
        "40 Gy in 20 fractions",
    ];
    for (id, lines) in [("R06", &curative[..]), ("R09", &curative), ("R13", &pain), ("R14", &large)] {
        let page = page(id, "en");
        lines.iter().for_each(|line| assert!(page.contains(line), "{id}: `{line}` is not in:\n{page}"));
    }
}

#[test]
fn the_page_of_a_recommendation_is_danish_for_whoever_asks_for_danish() {
    let danish = page("R06", "da");
    let lines = [
        "R06 Kurativ strålebehandling (grad B, bør)",
        "35–40 Gy ved tumor i knogle under 5 cm [R06]",
        "hæmoglobin under 6,2 mmol/l [ref. 6",
        "en biopsi kan ligge før koden: 12 måneder [vores]",
        "hvor retningslinjen er uklar",
        "A1  Retningslinjen angiver dosis",
    ];
    lines.iter().for_each(|line| assert!(danish.contains(line), "`{line}` is not in:\n{danish}"));
    for id in ALL.iter().map(|entry| entry.id) {
        let danish = page(id.word(), "da");
        let english =
            ["reads ", "[ours]", "; ours", " days", " months", "guideline,", "text under", "fed by", "unclear"];
        let own = danish.lines().filter(|line| !line.starts_with("  en  "));
        for line in own {
            let word = english.iter().find(|word| line.contains(**word));
            assert!(word.is_none(), "{id}: {line}");
        }
    }
}

/// The values of the work-up panel keep the unit that they came in, and the page shows it: IgA 180 mg/dL is 1.8 g/L.
#[test]
fn a_value_of_the_work_up_panel_is_explained_with_the_unit_that_it_came_in() {
    let record = "fixtures/patients/lumbar-plasmacytoma-awaiting-radiotherapy/record-international.json";
    let arguments = ["explain", "R04", "--as-of", "2026-11-22", "--patient", "07665f-pt", record];
    let answer = super::bad_input::run_with(&arguments, None);
    assert_eq!(answer.exit, 0, "{}", answer.err);
    let words = |line: &str| line.split_whitespace().take(3).collect::<Vec<_>>().join(" ");
    let lines: Vec<String> = answer.out.lines().map(words).collect();
    for wanted in ["iga 180 mg/dL", "mcv 90 fL", "albumin 4.0 g/dL", "haemoglobin 8.87458 mmol/L"] {
        assert!(lines.iter().any(|line| line == wanted), "`{wanted}` is not in:\n{}", answer.out);
    }
}
