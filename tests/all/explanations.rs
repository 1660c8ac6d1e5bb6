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
