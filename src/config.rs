//! The configuration file of a server: its address, how we show who we are, how gentle we are, how it is searched.

use crate::bounds::{ALL, Bound, Bounds, NoBound};
use crate::pull::server::{SearchSettings, TypeSettings};
use crate::server::{AuthSettings, ExportSettings, Limits, Settings, Smart, SmartAlgorithm};
use secrecy::SecretString;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::num::{NonZeroU32, NonZeroUsize};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The environment variable of a bearer token, where no configuration file says another.
pub const TOKEN_VARIABLE: &str = "PLASMABRIDGE_TOKEN";

/// The scopes that reading and writing need.
const SCOPES: &str = "system/Patient.rs system/Condition.rs system/Observation.rs system/DiagnosticReport.rs \
                      system/Procedure.rs system/BodyStructure.rs system/CarePlan.crus system/RiskAssessment.crus \
                      system/Provenance.c";

/// The further scope that a run for the members of a Group needs.
const SCOPE_OF_GROUPS: &str = " system/Group.rs";

/// A configuration file as it is written.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct File {
    url: Option<String>,
    auth: Option<Auth>,
    tls: Tls,
    limits: LimitsTable,
    search: Search,
    bulk: Bulk,
    runs: Runs,
    /// The hours in which the server may be asked, as `20:00-06:00`; at all hours if not said.
    hours: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
enum Auth {
    None,
    Basic {
        name: String,
        password_file: Option<PathBuf>,
        password_env: Option<String>,
    },
    Bearer {
        token_file: Option<PathBuf>,
        token_env: Option<String>,
    },
    Smart {
        client_id: String,
        key_file: Option<PathBuf>,
        key_env: Option<String>,
        key_id: Option<String>,
        #[serde(default)]
        algorithm: SmartAlgorithm,
        token_url: Option<String>,
        scopes: Option<String>,
    },
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Tls {
    ca_file: Option<PathBuf>,
    client_certificate_file: Option<PathBuf>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct LimitsTable {
    requests_per_second: Option<NonZeroU32>,
    in_flight: Option<NonZeroUsize>,
    retries: Option<usize>,
    first_pause_milliseconds: Option<u64>,
    longest_pause_seconds: Option<u64>,
    longest_retry_after_seconds: Option<u64>,
    connect_timeout_seconds: Option<u64>,
    timeout_seconds: Option<u64>,
    largest_answer_mb: Option<u64>,
    largest_token_answer_mb: Option<u64>,
    most_pages: Option<u64>,
    largest_document_mb: Option<u64>,
    most_values: Option<u64>,
    deepest_nesting: Option<u64>,
    most_times_compressed: Option<u64>,
    largest_record_mb: Option<u64>,
    most_resources: Option<u64>,
    largest_mappings_mb: Option<u64>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Search {
    patients: Option<usize>,
    page: Option<usize>,
    by_get: bool,
    any_total: bool,
    types: BTreeMap<String, TypeSettings>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Bulk {
    deadline_seconds: Option<u64>,
    largest_mb: Option<u64>,
    file_origins: Vec<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Runs {
    keep_days: Option<NonZeroU32>,
}

/// How long the record of a run is kept where nothing else is said, in days.
pub const KEEP_DAYS: NonZeroU32 = NonZeroU32::new(90).unwrap();

/// A configuration that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("the configuration `{}` cannot be read: {why}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// The file is not what a configuration is.
    #[error("the configuration `{}` has a mistake: {why}", path.display())]
    Mistake {
        /// The file.
        path: PathBuf,
        /// What, with a picture of the line.
        why: String,
    },
    /// A secret is nowhere.
    #[error("the {what} is missing: say `{file}` or `{variable}` in the configuration")]
    NoSecret {
        /// Which secret.
        what: &'static str,
        /// The key for a file.
        file: &'static str,
        /// The key for a variable.
        variable: &'static str,
    },
    /// A secret cannot be read.
    #[error("the {what} cannot be read from `{place}`: {why}")]
    SecretUnreadable {
        /// Which secret.
        what: &'static str,
        /// The file or variable.
        place: String,
        /// Why.
        why: String,
    },
    /// No server is said.
    #[error("which server? say `--server URL`, or `url = …` in the configuration")]
    NoServer,
    /// A limit that cannot be one.
    #[error("the configuration's {0}")]
    Limit(#[from] NoBound),
    /// Hours that are none.
    #[error("`{0}` are no hours (such as 20:00-06:00)")]
    Hours(String),
}

/// A server with all that is said of it.
#[derive(Clone, Debug)]
pub struct Config {
    /// How to reach it.
    pub settings: Settings,
    /// How it is searched.
    pub search: SearchSettings,
    /// From which minute of the day to which it may be asked; at all hours if nothing is said.
    pub hours: Option<(u16, u16)>,
    /// How long the record of a run is kept, in days.
    pub keep_days: NonZeroU32,
}

impl Config {
    /// Of a configuration file and an address from the command line, which goes before that of the file.
    ///
    /// # Errors
    /// A file that cannot be used, a secret that is nowhere, no address at all.
    pub fn new(path: Option<&Path>, url: Option<&str>, allow_http: bool) -> Result<Config, ConfigError> {
        let file = match path {
            None => File::default(),
            Some(path) => {
                let text = std::fs::read_to_string(path)
                    .map_err(|error| ConfigError::Unreadable { path: path.to_owned(), why: error.to_string() })?;
                toml::from_str(&text)
                    .map_err(|error| ConfigError::Mistake { path: path.to_owned(), why: error.to_string() })?
            }
        };
        let url = url.map(str::to_owned).or(file.url).ok_or(ConfigError::NoServer)?;
        let settings = Settings {
            auth: file.auth.map_or_else(|| Ok(from_environment()), auth)?,
            limits: limits(&file.limits),
            bounds: bounds(&file.limits)?,
            ca_file: file.tls.ca_file,
            client_certificate_file: file.tls.client_certificate_file,
            allow_http,
            export: export(file.bulk),
            ..Settings::of(url)
        };
        let usual = SearchSettings::default();
        let search = SearchSettings {
            patients: file.search.patients.unwrap_or(usual.patients).max(1),
            page: file.search.page.unwrap_or(usual.page).max(1),
            by_get: file.search.by_get,
            any_total: file.search.any_total,
            types: file.search.types,
        };
        let hours = file.hours.map(|text| hours(&text).ok_or(ConfigError::Hours(text))).transpose()?;
        let keep_days = file.runs.keep_days.unwrap_or(KEEP_DAYS);
        Ok(Config { settings, search, hours, keep_days })
    }

    /// Asks for the scope that reading Groups needs too, unless the site says which scopes are asked for.
    pub fn read_groups(&mut self) {
        if let AuthSettings::Smart(smart) = &mut self.settings.auth
            && smart.scopes == SCOPES
        {
            smart.scopes.push_str(SCOPE_OF_GROUPS);
        }
    }

    /// Whether the server may be asked at this minute of the day.
    pub fn is_open_at(&self, minute: u16) -> bool {
        self.hours.is_none_or(|(from, to)| match from <= to {
            true => (from..to).contains(&minute),
            false => minute >= from || minute < to,
        })
    }
}

/// Without a configuration file: the token of the environment, or nothing.
fn from_environment() -> AuthSettings {
    match std::env::var(TOKEN_VARIABLE) {
        Ok(token) if !token.trim().is_empty() => AuthSettings::Bearer(SecretString::from(token.trim())),
        _ => AuthSettings::None,
    }
}

fn auth(auth: Auth) -> Result<AuthSettings, ConfigError> {
    Ok(match auth {
        Auth::None => AuthSettings::None,
        Auth::Basic { name, password_file, password_env } => {
            let names = ("password", "password_file", "password_env");
            AuthSettings::Basic(name, secret(names, password_file, password_env)?)
        }
        Auth::Bearer { token_file, token_env } => {
            AuthSettings::Bearer(secret(("token", "token_file", "token_env"), token_file, token_env)?)
        }
        Auth::Smart { client_id, key_file, key_env, key_id, algorithm, token_url, scopes } => {
            AuthSettings::Smart(Smart {
                client_id,
                key: secret(("private key", "key_file", "key_env"), key_file, key_env)?,
                key_id,
                algorithm,
                token_url,
                scopes: scopes.unwrap_or_else(|| SCOPES.to_owned()),
            })
        }
    })
}

/// A secret from its file or its environment variable.
fn secret(
    (what, file_key, variable_key): (&'static str, &'static str, &'static str),
    file: Option<PathBuf>,
    variable: Option<String>,
) -> Result<SecretString, ConfigError> {
    let unreadable = |place: String, why: String| ConfigError::SecretUnreadable { what, place, why };
    let text = match (file, variable) {
        (Some(path), _) => {
            std::fs::read_to_string(&path).map_err(|error| unreadable(path.display().to_string(), error.to_string()))?
        }
        (None, Some(name)) => {
            std::env::var(&name).map_err(|_| unreadable(name.clone(), "the variable is not set".to_owned()))?
        }
        (None, None) => return Err(ConfigError::NoSecret { what, file: file_key, variable: variable_key }),
    };
    Ok(SecretString::from(text.trim()))
}

fn limits(table: &LimitsTable) -> Limits {
    let usual = Limits::default();
    Limits {
        requests_per_second: table.requests_per_second.unwrap_or(usual.requests_per_second),
        in_flight: table.in_flight.unwrap_or(usual.in_flight),
        retries: table.retries.unwrap_or(usual.retries),
        first_pause: table.first_pause_milliseconds.map_or(usual.first_pause, Duration::from_millis),
        longest_pause: table.longest_pause_seconds.map_or(usual.longest_pause, Duration::from_secs),
        longest_retry_after: table.longest_retry_after_seconds.map_or(usual.longest_retry_after, Duration::from_secs),
        connect_timeout: table.connect_timeout_seconds.map_or(usual.connect_timeout, Duration::from_secs),
        timeout: table.timeout_seconds.map_or(usual.timeout, Duration::from_secs),
    }
}

fn export(table: Bulk) -> ExportSettings {
    let usual = ExportSettings::default();
    ExportSettings {
        deadline: table.deadline_seconds.map_or(usual.deadline, Duration::from_secs),
        largest: table.largest_mb.map_or(usual.largest, |mb| mb << 20),
        file_origins: table.file_origins,
    }
}

fn bounds(table: &LimitsTable) -> Result<Bounds, NoBound> {
    let said = |bound: Bound| match bound {
        Bound::Answer => table.largest_answer_mb,
        Bound::TokenAnswer => table.largest_token_answer_mb,
        Bound::Pages => table.most_pages,
        Bound::Document => table.largest_document_mb,
        Bound::Values => table.most_values,
        Bound::Nesting => table.deepest_nesting,
        Bound::Expansion => table.most_times_compressed,
        Bound::Record => table.largest_record_mb,
        Bound::Resources => table.most_resources,
        Bound::Mappings => table.largest_mappings_mb,
    };
    let all = ALL.iter().filter_map(|entry| Some((entry.bound, said(entry.bound)?)));
    all.into_iter().try_fold(Bounds::default(), |bounds, (bound, number)| bounds.with(bound, number))
}

/// `20:00-06:00` as minutes of the day.
fn hours(text: &str) -> Option<(u16, u16)> {
    let minute = |time: &str| {
        let (hour, minute) = time.trim().split_once(':')?;
        let (hour, minute): (u16, u16) = (hour.parse().ok()?, minute.parse().ok()?);
        (hour < 24 && minute < 60).then_some(hour * 60 + minute)
    };
    let (from, to) = text.split_once('-')?;
    Some((minute(from)?, minute(to)?))
}
