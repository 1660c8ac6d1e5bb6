//! What has to be known to talk to a server; secrets come from files or the environment, never from the command line.

use super::export::ExportSettings;
use crate::bounds::Bounds;
use reqwest::redirect::Policy;
use reqwest::{Certificate, ClientBuilder, Identity};
use secrecy::SecretString;
use serde::Deserialize;
use std::fmt;
use std::num::{NonZeroU32, NonZeroUsize};
use std::path::{Path, PathBuf};
use std::time::Duration;
use url::{Host, Origin, Url};

/// How to reach a server.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Its address, to which `Patient` can be added.
    pub url: String,
    /// How we show who we are.
    pub auth: AuthSettings,
    /// How gentle and how patient we are.
    pub limits: Limits,
    /// How much is read of what it sends.
    pub bounds: Bounds,
    /// A certificate authority of one's own (PEM), beside those that the program knows.
    pub ca_file: Option<PathBuf>,
    /// A client certificate with its key (PEM), for servers that ask for one.
    pub client_certificate_file: Option<PathBuf>,
    /// Whether plain `http` may be used to another machine.
    pub allow_http: bool,
    /// How patient we are with an export in bulk, and where its files may lie.
    pub export: ExportSettings,
}

/// How we show who we are.
#[derive(Clone, Debug, Default)]
pub enum AuthSettings {
    /// Not at all.
    #[default]
    None,
    /// By name and password.
    Basic(String, SecretString),
    /// By a token that someone else has fetched.
    Bearer(SecretString),
    /// SMART Backend Services.
    Smart(Smart),
}

/// SMART Backend Services: a signed assertion for a token.
#[derive(Clone, Debug)]
pub struct Smart {
    /// The client's id at the authorization server.
    pub client_id: String,
    /// The private key (PEM).
    pub key: SecretString,
    /// The key's id, if the authorization server knows several.
    pub key_id: Option<String>,
    /// How it signs.
    pub algorithm: SmartAlgorithm,
    /// The token endpoint; found by `.well-known/smart-configuration` if not given.
    pub token_url: Option<String>,
    /// The scopes to ask for.
    pub scopes: String,
}

/// The algorithms of SMART Backend Services.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub enum SmartAlgorithm {
    /// ECDSA with P-384.
    #[default]
    ES384,
    /// RSA.
    RS384,
}

/// How gentle and how patient we are.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Requests a second at the most.
    pub requests_per_second: NonZeroU32,
    /// Requests at the same time at the most.
    pub in_flight: NonZeroUsize,
    /// How often a request that may pass is tried again.
    pub retries: usize,
    /// The pause before the first of these; each further one is twice as long, with jitter.
    pub first_pause: Duration,
    /// The longest pause of ours.
    pub longest_pause: Duration,
    /// The longest pause that a server can ask for with `Retry-After`.
    pub longest_retry_after: Duration,
    /// How long a connection may take.
    pub connect_timeout: Duration,
    /// How long an answer may take.
    pub timeout: Duration,
}

impl Default for Limits {
    /// 20 requests a second, 4 at a time; 5 retries from half a second to half a minute; `Retry-After` up to 2 minutes;
    /// 10 s to connect, 60 s to answer.
    fn default() -> Limits {
        Limits {
            requests_per_second: NonZeroU32::MIN.saturating_add(19),
            in_flight: NonZeroUsize::MIN.saturating_add(3),
            retries: 5,
            first_pause: Duration::from_millis(500),
            longest_pause: Duration::from_secs(30),
            longest_retry_after: Duration::from_secs(120),
            connect_timeout: Duration::from_secs(10),
            timeout: Duration::from_secs(60),
        }
    }
}

/// Settings that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// The address is none.
    #[error("`{0}` is not the address of a server (such as https://fhir.example.org/r4)")]
    Address(String),
    /// Plain http to another machine.
    #[error("`{0}` is not https: tokens and records would be readable on the way; if it has to be, say `--allow-http`")]
    PlainHttp(String),
    /// A file that cannot be used.
    #[error("`{}`: {why}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// A key that cannot be used.
    #[error("the private key cannot be used: {0}")]
    Key(String),
    /// The HTTP client cannot be made.
    #[error("the HTTP client cannot be set up: {0}")]
    Http(String),
}

impl Settings {
    /// A server that asks for nothing, with the usual limits.
    pub fn of(url: impl Into<String>) -> Settings {
        Settings {
            url: url.into(),
            auth: AuthSettings::None,
            limits: Limits::default(),
            bounds: Bounds::default(),
            ca_file: None,
            client_certificate_file: None,
            allow_http: false,
            export: ExportSettings::default(),
        }
    }

    /// An address that may be asked: https, or plain http where that is allowed.
    fn address(&self, text: &str) -> Result<Url, SettingsError> {
        let url = Url::parse(text).map_err(|_| SettingsError::Address(text.to_owned()))?;
        if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
            return Err(SettingsError::Address(text.to_owned()));
        }
        if url.scheme() == "http" && !self.allow_http && !is_loopback(&url) {
            return Err(SettingsError::PlainHttp(text.to_owned()));
        }
        Ok(url)
    }

    /// The origins besides the server's own at which the files of an export may lie.
    pub(super) fn file_origins(&self) -> Result<Vec<Origin>, SettingsError> {
        self.export.file_origins.iter().map(|text| Ok(self.address(text)?.origin())).collect()
    }

    /// The address with a slash at its end.
    pub(super) fn base(&self) -> Result<Url, SettingsError> {
        let mut url = self.address(&self.url)?;
        url.set_query(None);
        url.set_fragment(None);
        if !url.path().ends_with('/') {
            let path = format!("{}/", url.path());
            url.set_path(&path);
        }
        Ok(url)
    }

    /// The HTTP client for all that is answered at once.
    pub(super) fn http(&self, base: &Url) -> Result<reqwest::Client, SettingsError> {
        self.client(base, |builder| builder.timeout(self.limits.timeout))
    }

    /// The HTTP client for files of any size: no pause in them may be too long. Their compression is left alone, since
    /// without it the length that the server says would be lost.
    pub(super) fn http_of_files(&self, base: &Url) -> Result<reqwest::Client, SettingsError> {
        self.client(base, |builder| builder.read_timeout(self.limits.timeout).no_gzip())
    }

    /// A client that follows no redirect: a token must not go where the answer of a server sends it.
    fn client(
        &self,
        base: &Url,
        patient: impl Fn(ClientBuilder) -> ClientBuilder,
    ) -> Result<reqwest::Client, SettingsError> {
        let builder = reqwest::Client::builder()
            .user_agent(concat!("plasmabridge/", env!("CARGO_PKG_VERSION")))
            .redirect(Policy::none())
            .connect_timeout(self.limits.connect_timeout);
        let mut builder = patient(builder);
        // What goes to this machine in plain text does not go by a proxy of the environment.
        if base.scheme() == "http" && is_loopback(base) {
            builder = builder.no_proxy();
        }
        if let Some(path) = &self.ca_file {
            let pem = read(path)?;
            let certificates = Certificate::from_pem_bundle(&pem).map_err(|error| unusable(path, &error))?;
            if certificates.is_empty() {
                return Err(unusable(path, &"it holds no certificate in PEM"));
            }
            builder = builder.tls_certs_merge(certificates);
        }
        if let Some(path) = &self.client_certificate_file {
            let identity = Identity::from_pem(&read(path)?).map_err(|error| unusable(path, &error))?;
            builder = builder.identity(identity);
        }
        builder.build().map_err(|error| SettingsError::Http(super::answer::why(&error)))
    }
}

/// Whether an address is on this machine.
pub(super) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

fn read(path: &Path) -> Result<Vec<u8>, SettingsError> {
    std::fs::read(path).map_err(|error| unusable(path, &error))
}

fn unusable(path: &Path, why: &impl fmt::Display) -> SettingsError {
    SettingsError::File { path: path.to_owned(), why: why.to_string() }
}
