//! The stories cover the guideline: each result, each recommendation in each status that it can have, each ambiguity.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use crate::stories::{self, Story};
use plasmabridge::guideline::{Ambiguity, ClassificationResult, RecommendationId};
use std::collections::BTreeSet;

/// The statuses that each recommendation can have, read off decision specification §6.
///
/// `not_applicable` is everybody's: R01 to R04 and R06 to R10 for myeloma without a plasmacytoma (the first four also
/// where a treated patient's record has nothing), the others where their condition does not hold. What is not here
/// cannot be: R01 to R04 ask for what is unknown instead of being left open; R12, R15, R16, R18 and R20 test only what
/// is recorded when it happens, and the exceptions of §6 keep unknown events from R16 and R18.
const POSSIBLE: [(&str, &[&str]); 21] = [
    ("R01", &["fulfilled", "deviates", "recommended", "not_applicable"]),
    ("R02", &["fulfilled", "recommended", "not_applicable"]),
    ("R03", &["fulfilled", "recommended", "not_applicable"]),
    ("R04", &["fulfilled", "recommended", "not_applicable"]),
    ("R05", &["fulfilled", "undetermined", "not_applicable"]),
    ("R06", &["recommended", "undetermined", "fulfilled", "deviates", "not_applicable"]),
    ("R07", &["consider", "undetermined", "not_applicable"]),
    ("R08", &["consider", "undetermined", "fulfilled", "not_applicable"]),
    ("R09", &["consider", "undetermined", "fulfilled", "deviates", "not_applicable"]),
    ("R10", &["advise_against", "undetermined", "not_applicable"]),
    ("R11", &["recommended", "consider", "undetermined", "fulfilled", "not_applicable"]),
    ("R12", &["consider", "fulfilled", "not_applicable"]),
    ("R13", &["consider", "undetermined", "fulfilled", "not_applicable"]),
    ("R14", &["recommended", "consider", "undetermined", "not_applicable"]),
    ("R15", &["recommended", "fulfilled", "deviates", "not_applicable"]),
    ("R16", &["recommended", "not_applicable"]),
    ("R17", &["consider", "undetermined", "not_applicable"]),
    ("R18", &["recommended", "fulfilled", "not_applicable"]),
    ("R19", &["consider", "undetermined", "not_applicable"]),
    ("R20", &["advise_against", "not_applicable"]),
    ("R21", &["recommended", "undetermined", "not_applicable"]),
];

fn pairs(stories: &[Story]) -> BTreeSet<(String, String)> {
    let all = stories.iter().flat_map(Story::statuses);
    all.map(|(id, status)| (id.to_owned(), status.to_owned())).collect()
}

#[test]
fn there_are_forty_stories_and_twelve_in_two_shapes() {
    let stories = stories::all();
    let twins = stories.iter().filter(|story| story.records.len() == 2).count();
    assert!(stories.len() >= 40 && twins >= 12, "{} stories, {twins} in two shapes", stories.len());
    for story in &stories {
        let names: Vec<_> = story.records.iter().map(|(path, _)| path.file_name().unwrap().to_str().unwrap()).collect();
        let named = names == ["record.json"] || names == ["record-danish.json", "record-international.json"];
        assert!(named, "{}: {names:?}", story.name);
    }
}

#[test]
fn every_status_that_a_recommendation_can_have_has_a_story_and_no_other_occurs() {
    let ids: Vec<_> = POSSIBLE.iter().map(|(id, _)| *id).collect();
    assert_eq!(ids, RecommendationId::ALL.iter().map(|id| id.word()).collect::<Vec<_>>());
    let said = pairs(&stories::all());
    let of = |(id, statuses): &(&str, &[&str])| -> Vec<(String, String)> {
        statuses.iter().map(|status| ((*id).to_owned(), (*status).to_owned())).collect()
    };
    let possible: BTreeSet<_> = POSSIBLE.iter().flat_map(of).collect();
    let without_story: Vec<_> = possible.difference(&said).collect();
    assert!(without_story.is_empty(), "no story: {without_story:?}");
    let impossible: Vec<_> = said.difference(&possible).collect();
    assert!(impossible.is_empty(), "cannot be: {impossible:?}");
}

#[test]
fn every_story_in_scope_says_a_status_of_all_21() {
    for story in stories::all().iter().filter(|story| story.expected["in_scope"] == true) {
        assert_eq!(story.statuses().count(), 21, "{}", story.name);
    }
}

#[test]
fn every_result_of_the_classification_has_a_story() {
    let stories = stories::all();
    let said: BTreeSet<_> = stories.iter().filter_map(|it| it.expected.get("classification")?.as_str()).collect();
    let all: BTreeSet<_> = ClassificationResult::ALL.iter().map(|it| it.word()).collect();
    assert_eq!(said, all);
}

/// A3 is a figure of the guideline that is used for nobody (§8), so no story may cite it.
#[test]
fn every_ambiguity_that_concerns_patients_is_cited_by_a_story() {
    let stories = stories::all();
    let cited = stories.iter().filter_map(|it| it.expected.get("ambiguities")?.as_object());
    let cited = cited.flat_map(|it| it.values()).flat_map(|it| it.as_array().unwrap());
    let cited: BTreeSet<_> = cited.map(|it| it.as_str().unwrap()).collect();
    let all: BTreeSet<_> = Ambiguity::ALL.iter().filter(|it| **it != Ambiguity::A3).map(|it| it.word()).collect();
    assert_eq!(cited, all);
}

/// The sentence that decides: a recommendation, an ambiguity, a table, a reference, or what is in scope at all.
#[test]
fn every_readme_says_who_it_is_and_what_decides() {
    let decides = |readme: &str| {
        let numbered = |word: &str| {
            let digits = word.trim_start_matches('(').strip_prefix(['R', 'A']);
            digits.is_some_and(|digits| digits.starts_with(|it: char| it.is_ascii_digit()))
        };
        readme.split_whitespace().any(numbered)
            || ["Table 1", "SLiM-CRAB", "reference", "scope"].iter().any(|it| readme.contains(it))
    };
    assert!(!decides("# A rib\nIda, 57, plasmacytoma of a rib.\nShe is well."));
    for Story { name, readme, .. } in &stories::all() {
        let lines = readme.lines().filter(|line| !line.trim().is_empty()).count();
        assert!(readme.starts_with("# ") && (3..=10).contains(&lines), "{name}: {lines} lines");
        assert!(decides(readme), "{name}: the README does not say what decides");
    }
}
