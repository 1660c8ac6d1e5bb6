//! The configuration file that is shipped is one that the program takes, and the defaults that it names are the program's.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use plasmabridge::bounds::{self, Bounds};
use plasmabridge::config::{Config, KEEP_DAYS};
use plasmabridge::pull::server::SearchSettings;
use plasmabridge::server::{AuthSettings, ExportSettings, Limits};
use std::path::Path;

const SHIPPED: &str = include_str!("../../packaging/plasmabridge.toml");

/// The shipped file with the defaults behind `#` taken out of their comments, and a key that is there.
fn uncommented(folder: &Path) -> String {
    let key = folder.join("key.pem");
    std::fs::write(&key, "a key").unwrap();
    let is_key = |line: &str| {
        line.split_once(" = ").is_some_and(|(name, _)| name.chars().all(|c| c.is_ascii_lowercase() || c == '_'))
    };
    let mut text = String::new();
    for line in SHIPPED.lines() {
        let bare = line.strip_prefix("# ").unwrap_or(line);
        let taken = if is_key(bare) || bare.starts_with('[') { bare } else { line };
        text.push_str(&taken.replace("/etc/plasmabridge/key.pem", key.to_str().unwrap()));
        text.push('\n');
    }
    text
}

fn config(text: &str) -> Config {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("plasmabridge.toml");
    std::fs::write(&path, text).unwrap();
    Config::new(Some(&path), None, false).unwrap()
}

#[test]
fn every_key_of_the_shipped_file_is_taken_and_its_defaults_are_the_programs() {
    let folder = tempfile::tempdir().unwrap();
    let text = uncommented(folder.path());
    assert!(text.lines().filter(|line| !line.starts_with('#') && line.contains(" = ")).count() >= 20, "{text}");
    let all = config(&text);
    let usual = Limits::default();
    assert_eq!(all.settings.limits.requests_per_second, usual.requests_per_second);
    assert_eq!(all.settings.limits.in_flight, usual.in_flight);
    assert_eq!(all.settings.limits.retries, usual.retries);
    assert_eq!(all.settings.limits.first_pause, usual.first_pause);
    assert_eq!(all.settings.limits.longest_pause, usual.longest_pause);
    assert_eq!(all.settings.limits.connect_timeout, usual.connect_timeout);
    assert_eq!(all.settings.limits.longest_retry_after, usual.longest_retry_after);
    assert_eq!(all.settings.limits.timeout, usual.timeout);
    assert_eq!(all.keep_days, KEEP_DAYS);
    assert_eq!(all.settings.bounds, Bounds::default());
    let search = SearchSettings::default();
    assert_eq!(
        (all.search.patients, all.search.page, all.search.by_get),
        (search.patients, search.page, search.by_get)
    );
    assert_eq!(all.settings.export, ExportSettings::default());
    assert!(matches!(all.settings.auth, AuthSettings::Smart(_)));
    assert!(all.is_open_at(23 * 60) && all.is_open_at(5 * 60) && !all.is_open_at(12 * 60));
}

#[test]
fn every_limit_is_a_key_of_the_configuration_and_stands_in_the_shipped_file() {
    for entry in &bounds::ALL {
        assert!(SHIPPED.contains(&format!("\n# {} = {}", entry.key, entry.usual)), "{}", entry.key);
        let said = config(&format!("url = \"https://fhir.example.org\"\n[limits]\n{} = 7\n", entry.key));
        assert_eq!(said.settings.bounds, Bounds::default().with(entry.bound, 7).unwrap());
    }
}

#[test]
fn an_unknown_key_is_an_error_that_names_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("plasmabridge.toml");
    std::fs::write(&path, "url = \"https://fhir.example.org\"\n[limits]\nrequests_a_second = 5\n").unwrap();
    let error = Config::new(Some(&path), None, false).unwrap_err().to_string();
    assert!(error.contains("requests_a_second") && error.contains("line 3"), "{error}");
}

#[test]
fn plain_http_is_for_this_machine_alone_unless_it_is_allowed() {
    use plasmabridge::server::{Server, Settings};
    let refused = |url: &str, allow_http: bool| Server::new(&Settings { allow_http, ..Settings::of(url) }).is_err();
    assert!(refused("http://fhir.example.org/r4", false));
    assert!(!refused("http://fhir.example.org/r4", true));
    assert!(!refused("http://127.0.0.1:8080/fhir", false));
    assert!(!refused("http://localhost:8080/fhir", false));
    assert!(!refused("https://fhir.example.org/r4", false));
    assert!(refused("ftp://fhir.example.org", true));
}

#[test]
fn a_secret_that_is_nowhere_is_named_and_no_secret_is_shown() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("plasmabridge.toml");
    std::fs::write(&path, "url = \"https://fhir.example.org\"\n[auth]\nkind = \"bearer\"\n").unwrap();
    let error = Config::new(Some(&path), None, false).unwrap_err().to_string();
    assert!(error.contains("token_file") && error.contains("token_env"), "{error}");
    let token = folder.path().join("token");
    std::fs::write(&token, "s3cret-t0ken\n").unwrap();
    let auth = format!("url = \"https://fhir.example.org\"\n[auth]\nkind = \"bearer\"\ntoken_file = {token:?}\n");
    let read = config(&auth);
    assert!(matches!(read.settings.auth, AuthSettings::Bearer(_)));
    assert!(!format!("{read:?}").contains("s3cret"), "{read:?}");
}
