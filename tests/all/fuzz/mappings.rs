//! Mapping files: each is taken, or its mistakes are named with their places.

use super::super::mutate::{changes, of_bytes};
use super::super::properties::RECORDS;
use super::{all_of, cases};
use plasmabridge::map::{Mappings, SourceFile, picture};
use proptest::prelude::*;
use std::sync::LazyLock;

/// The shipped mapping files.
static FILES: LazyLock<Vec<SourceFile>> = LazyLock::new(|| {
    let paths = std::fs::read_dir("mappings").unwrap().map(|entry| entry.unwrap().path());
    let mut paths: Vec<_> = paths.filter(|path| path.extension().is_some_and(|it| it == "toml")).collect();
    paths.sort();
    let file =
        |path: &std::path::PathBuf| SourceFile::new(path.display().to_string(), std::fs::read_to_string(path).unwrap());
    paths.iter().map(file).collect()
});

proptest! {
    #![proptest_config(cases(6))]

    #[test]
    fn a_mapping_file_of_any_bytes_is_taken_or_its_mistakes_are_shown(number in any::<usize>(), changes in changes()) {
        let mut files = FILES.clone();
        let place = number % files.len();
        let bytes = of_bytes(files[place].text.as_bytes(), &changes);
        files[place] = SourceFile::new(files[place].name.clone(), String::from_utf8_lossy(&bytes).into_owned());
        match Mappings::of_files(&files) {
            Ok(mappings) => {
                assert!(!mappings.listing().to_string().is_empty());
                let text = RECORDS[number % RECORDS.len()].to_string();
                for record in plasmabridge::pull::records(&text).unwrap() {
                    let (inputs, coverage) = mappings.map(&record);
                    assert!(!coverage.report(&mappings, &record).to_string().is_empty());
                    all_of(&inputs, "2026-11-22");
                }
            }
            Err(problems) => {
                assert!(!problems.is_empty());
                assert!(!picture(&problems).is_empty());
            }
        }
    }
}
