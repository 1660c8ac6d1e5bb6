//! Patients a second on one core: parse, map, decide, the whole line from the text of a record to its decision, and the
//! decision printed as JSON.
//!
//! `cargo bench --bench line`; over 1,000 invented patients (`plasmabridge sample 1000 --seed 1`).
#![allow(clippy::unwrap_used, reason = "a benchmark that cannot begin has nothing to measure")]

use divan::counter::{BytesCount, ItemsCount};
use divan::{Bencher, black_box};
use plasmabridge::guideline::decide;
use plasmabridge::inputs::{Day, Inputs};
use plasmabridge::map::Mappings;
use plasmabridge::pull::records;
use plasmabridge::sample::{Course, Sample, Shape};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const PATIENTS: u64 = 1_000;

fn main() {
    divan::main();
}

fn as_of() -> Day {
    Day::parse("2026-11-22").unwrap()
}

fn texts(mappings: &Mappings) -> Vec<String> {
    let sample = Sample::new(mappings, 1, Shape::Mixed, Course::Mixed, as_of());
    (1..=PATIENTS).map(|number| sample.patient(number)).collect()
}

fn inputs(mappings: &Mappings, texts: &[String]) -> Vec<Inputs> {
    texts.iter().flat_map(|text| records(text).unwrap()).map(|record| mappings.map(&record).0).collect()
}

fn bytes(texts: &[String]) -> usize {
    texts.iter().map(String::len).sum()
}

#[divan::bench]
fn parse(bencher: Bencher) {
    let texts = texts(&Mappings::embedded().unwrap());
    bencher.counter(ItemsCount::new(texts.len())).counter(BytesCount::new(bytes(&texts))).bench_local(|| {
        for text in &texts {
            black_box(records(text).unwrap());
        }
    });
}

#[divan::bench]
fn map(bencher: Bencher) {
    let mappings = Mappings::embedded().unwrap();
    let texts = texts(&mappings);
    let records: Vec<_> = texts.iter().flat_map(|text| records(text).unwrap()).collect();
    bencher.counter(ItemsCount::new(texts.len())).counter(BytesCount::new(bytes(&texts))).bench_local(|| {
        for record in &records {
            black_box(mappings.map(record));
        }
    });
}

#[divan::bench]
fn decide_alone(bencher: Bencher) {
    let mappings = Mappings::embedded().unwrap();
    let texts = texts(&mappings);
    let inputs = inputs(&mappings, &texts);
    bencher.counter(ItemsCount::new(texts.len())).counter(BytesCount::new(bytes(&texts))).bench_local(|| {
        for inputs in &inputs {
            black_box(decide(inputs, as_of()));
        }
    });
}

#[divan::bench]
fn whole(bencher: Bencher) {
    let mappings = Mappings::embedded().unwrap();
    let texts = texts(&mappings);
    bencher.counter(ItemsCount::new(texts.len())).counter(BytesCount::new(bytes(&texts))).bench_local(|| {
        for text in &texts {
            for record in records(text).unwrap() {
                black_box(decide(&mappings.map(&record).0, as_of()));
            }
        }
    });
}

#[divan::bench]
fn print(bencher: Bencher) {
    let mappings = Mappings::embedded().unwrap();
    let texts = texts(&mappings);
    let inputs = inputs(&mappings, &texts);
    let decisions: Vec<_> = inputs.iter().map(|inputs| decide(inputs, as_of())).collect();
    let printed = || decisions.iter().map(|decision| serde_json::to_vec(decision).unwrap());
    let bytes: usize = printed().map(|text| text.len()).sum();
    bencher.counter(ItemsCount::new(texts.len())).counter(BytesCount::new(bytes)).bench_local(|| {
        printed().for_each(|text| drop(black_box(text)));
    });
}
