//! The invented patients of `sample`: known codes, about 38 resources and 25 KB each, the same for the same seed.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use plasmabridge::guideline::{Status, decide};
use plasmabridge::inputs::Day;
use plasmabridge::map::{Mappings, Reason};
use plasmabridge::sample::{Course, Sample, Shape};
use serde_json::Value;

const COUNT: u64 = 200;
const SHAPES: [Shape; 3] = [Shape::Danish, Shape::International, Shape::Own];

fn as_of() -> Day {
    Day::parse("2026-11-22").unwrap()
}

fn patients(mappings: &Mappings, seed: u64, shape: Shape, course: Course) -> Vec<String> {
    let sample = Sample::new(mappings, seed, shape, course, as_of());
    (1..=COUNT).map(|number| sample.patient(number)).collect()
}

#[test]
fn every_code_and_unit_of_every_shape_is_known_and_every_patient_is_in_scope() {
    let mappings = Mappings::embedded().unwrap();
    for shape in SHAPES {
        for text in patients(&mappings, 7, shape, Course::Mixed) {
            let records = plasmabridge::pull::records(&text).unwrap();
            let (inputs, coverage) = mappings.map(&records[0]);
            let unread: Vec<_> = coverage.reasons().filter(|(_, reason)| !reason.is_a_note()).collect();
            assert_eq!(unread, Vec::<(Option<_>, Reason)>::new(), "{shape:?} {text}");
            assert!(decide(&inputs, as_of()).outcome.is_some());
        }
    }
}

#[test]
fn a_patient_has_about_38_resources_and_25_kilobytes() {
    let mappings = Mappings::embedded().unwrap();
    let texts = patients(&mappings, 1, Shape::Mixed, Course::Mixed);
    let resources: usize =
        texts.iter().map(|text| serde_json::from_str::<Value>(text).unwrap()["entry"].as_array().unwrap().len()).sum();
    let bytes: usize = texts.iter().map(String::len).sum();
    let (resources, bytes) = (resources as u64 / COUNT, bytes as u64 / COUNT);
    assert!(
        (36..=41).contains(&resources) && (22_000..=28_000).contains(&bytes),
        "{resources} resources, {bytes} bytes"
    );
}

#[test]
fn the_same_seed_gives_the_same_patients_and_another_seed_others() {
    let mappings = Mappings::embedded().unwrap();
    let of = |seed| patients(&mappings, seed, Shape::Mixed, Course::Mixed);
    assert!(of(5) == of(5));
    assert!(of(5) != of(6));
}

/// But for myeloma, whose Danish code smouldering disease shares (DC900).
#[test]
fn the_three_shapes_of_a_patient_decide_alike() {
    let mappings = Mappings::embedded().unwrap();
    for course in [Course::Untreated, Course::Treated, Course::Relapsed] {
        let statuses = |shape| -> Vec<Vec<Status>> {
            let of_text = |text: &String| {
                let records = plasmabridge::pull::records(text).unwrap();
                let (inputs, _) = mappings.map(&records[0]);
                decide(&inputs, as_of()).outcome.unwrap().recommendations.iter().map(|it| it.status).collect()
            };
            patients(&mappings, 9, shape, course).iter().map(of_text).collect()
        };
        let danish = statuses(Shape::Danish);
        assert!(danish == statuses(Shape::International), "{course:?}");
        assert!(danish == statuses(Shape::Own), "{course:?}");
    }
}

#[test]
fn every_resource_says_that_it_is_invented() {
    let mappings = Mappings::embedded().unwrap();
    for text in patients(&mappings, 2, Shape::Mixed, Course::Mixed) {
        let bundle: Value = serde_json::from_str(&text).unwrap();
        for entry in bundle["entry"].as_array().unwrap() {
            assert_eq!(entry["resource"]["meta"]["tag"][0]["code"], "invented");
        }
        assert_eq!(bundle["entry"][0]["resource"]["name"][0]["family"], "Opdigtet");
        assert!(bundle["entry"][0]["resource"].get("identifier").is_none());
    }
}
