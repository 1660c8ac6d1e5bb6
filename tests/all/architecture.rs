//! The arrows between the modules never turn round: each module uses what its line allows, and nothing else.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// What each module may use; a module that is not here may not exist.
const ALLOWED: &[(&str, &[&str])] = &[
    ("inputs", &[]),
    ("guideline", &["inputs"]),
    ("fhir", &[]),
    ("digest", &[]),
    ("bounds", &[]),
    ("map", &["bounds", "digest", "fhir", "inputs"]),
    ("plan", &["digest", "fhir", "guideline", "inputs"]),
    ("server", &["bounds"]),
    ("pull", &["bounds", "fhir", "inputs", "map", "plan", "server"]),
    ("write", &["bounds", "error", "fhir", "guideline", "inputs", "plan", "pull", "server"]),
    ("sync", &["digest", "error", "fhir", "guideline", "inputs", "map", "plan", "pull", "server", "write"]),
    ("error", &["map", "server"]),
    ("config", &["bounds", "pull", "server"]),
    ("sample", &["inputs", "map"]),
    ("doctor", &["config", "error", "fhir", "guideline", "inputs", "map", "plan", "pull", "server"]),
    ("seed", &["bounds", "error", "fhir", "plan", "pull", "sample", "server"]),
    (
        "cli",
        &[
            "bounds",
            "config",
            "digest",
            "doctor",
            "error",
            "fhir",
            "guideline",
            "inputs",
            "map",
            "plan",
            "pull",
            "sample",
            "seed",
            "server",
            "sync",
            "write",
        ],
    ),
    ("main", &["cli", "error"]),
    ("lib", &[]),
];

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for path in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// The first part of every path of the crate that a source text names, comments apart.
fn used(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
    for line in code {
        for root in ["crate::", "plasmabridge::"] {
            for (place, _) in line.match_indices(root) {
                let rest = &line[place + root.len()..];
                if let Some(list) = rest.strip_prefix('{') {
                    let names = list.split([',', '}']).map(|name| name.trim().split("::").next().unwrap());
                    found.extend(names.filter(|name| !name.is_empty()).map(str::to_owned));
                    continue;
                }
                let name: String = rest.chars().take_while(|c| c.is_ascii_lowercase() || *c == '_').collect();
                found.insert(name);
            }
        }
    }
    found.remove("");
    found
}

#[test]
fn every_module_uses_only_what_its_line_allows() {
    let allowed: BTreeMap<&str, BTreeSet<&str>> =
        ALLOWED.iter().map(|(module, uses)| (*module, uses.iter().copied().collect())).collect();
    let mut files = Vec::new();
    sources(Path::new("src"), &mut files);
    assert!(files.len() > 80, "{} files", files.len());
    let mut wrong = Vec::new();
    for file in files {
        let inner = file.strip_prefix("src").unwrap();
        let first = inner.components().next().unwrap().as_os_str().to_str().unwrap();
        let module = first.strip_suffix(".rs").unwrap_or(first);
        let Some(may) = allowed.get(module) else {
            wrong.push(format!("{}: the module `{module}` has no line here", file.display()));
            continue;
        };
        for name in used(&std::fs::read_to_string(&file).unwrap()) {
            if name != module && !may.contains(name.as_str()) {
                wrong.push(format!("{} uses `{name}`", file.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The decision is pure: no clock, no file, no network, no thread.
#[test]
fn the_decision_and_its_inputs_touch_nothing_outside() {
    let mut files = Vec::new();
    for module in ["src/inputs", "src/guideline"] {
        sources(Path::new(module), &mut files);
    }
    let outside =
        ["std::fs", "std::io", "std::net", "std::env", "std::thread", "std::time", "::now()", "reqwest", "tokio"];
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        for word in outside {
            assert!(!text.contains(word), "{} names `{word}`", file.display());
        }
    }
}
