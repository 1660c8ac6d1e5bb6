//! A FHIR server over HTTP: gentle, patient, and never with a token to anywhere else.

mod answer;
mod auth;
mod error;
mod export;
mod settings;

pub use answer::{Answer, code};
pub use auth::Auth;
pub use error::ServerError;
pub use export::{ExportFile, ExportSettings, Lines};
pub use settings::{AuthSettings, Limits, Settings, SettingsError, Smart, SmartAlgorithm};

use crate::bounds::{Bound, Bounds};
use answer::Attempt;
use backon::{ExponentialBuilder, Retryable};
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use reqwest::header::{ACCEPT, CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use serde::Serialize;
use serde_json::Value;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::Semaphore;
use url::{Origin, Url};

/// FHIR JSON of R4.
const FHIR_JSON: HeaderValue = HeaderValue::from_static("application/fhir+json; fhirVersion=4.0");
const FORM: HeaderValue = HeaderValue::from_static("application/x-www-form-urlencoded");

/// A FHIR server that can be asked.
#[derive(Debug)]
pub struct Server {
    base: Url,
    http: reqwest::Client,
    http_of_files: reqwest::Client,
    file_origins: Vec<Origin>,
    auth: Auth,
    limits: Limits,
    export: ExportSettings,
    bounds: Bounds,
    rate: DefaultDirectRateLimiter,
    in_flight: Semaphore,
    traffic: Traffic,
}

/// What was asked of the server so far.
#[derive(Debug, Default)]
struct Traffic {
    requests: AtomicU64,
    retries: AtomicU64,
    bytes: AtomicU64,
    /// The first time that the server said, in seconds since 1970; 0 before.
    first_time: AtomicI64,
}

/// Requests, retries and bytes received, as a report has them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Requests that were sent, those for tokens and those that were tried again too.
    pub requests: u64,
    /// Those among them that were tried again.
    pub retries: u64,
    /// Bytes received, uncompressed.
    pub bytes: u64,
}

/// What is asked.
#[derive(Clone, Debug)]
enum Asked {
    Get(Url),
    Search(Url, String),
    Write(Url, String),
    /// An export is to be begun.
    Export(Url),
    /// How far an export is.
    Status(Url),
    /// An export is no longer needed.
    End(Url),
}

impl Asked {
    /// As messages and logs name it: method, type and operation; never a query or an id.
    fn shown(&self, base: &Url) -> String {
        let (method, url) = match self {
            Asked::Get(url) | Asked::Export(url) => ("GET", url),
            Asked::Search(url, _) | Asked::Write(url, _) => ("POST", url),
            // Their addresses are the server's own, and may lie anywhere.
            Asked::Status(_) => return "GET status of the export".to_owned(),
            Asked::End(_) => return "DELETE status of the export".to_owned(),
        };
        let path = url.path().strip_prefix(base.path()).unwrap_or_default().trim_start_matches('/');
        let kind = path.split('/').next().unwrap_or_default();
        let operation = path.rsplit('/').next().filter(|last| last.starts_with(['_', '$']) && *last != kind);
        match operation {
            Some(operation) => format!("{method} {kind}/{operation}"),
            None if kind.is_empty() => format!("{method} [base]"),
            None => format!("{method} {kind}"),
        }
    }
}

impl Server {
    /// Prepares to talk to a server; nothing is sent yet.
    ///
    /// # Errors
    /// Settings that cannot be used: an address without `https`, a certificate or key that is none.
    pub fn new(settings: &Settings) -> Result<Server, SettingsError> {
        let base = settings.base()?;
        let http_of_files = settings.http_of_files(&base)?;
        let http = settings.http(&base)?;
        let auth = Auth::new(settings, &base, http.clone())?;
        let limits = settings.limits.clone();
        let per_second = Quota::per_second(limits.requests_per_second);
        Ok(Server {
            base,
            http,
            http_of_files,
            file_origins: settings.file_origins()?,
            auth,
            export: settings.export.clone(),
            rate: RateLimiter::direct(per_second),
            in_flight: Semaphore::new(limits.in_flight.get()),
            limits,
            bounds: settings.bounds,
            traffic: Traffic::default(),
        })
    }

    /// The server's address, with a slash at its end.
    pub const fn base(&self) -> &Url {
        &self.base
    }

    /// How much is read of what it sends.
    pub const fn bounds(&self) -> &Bounds {
        &self.bounds
    }

    /// Requests, retries and bytes so far.
    pub fn counts(&self) -> Counts {
        Counts {
            requests: self.traffic.requests.load(Ordering::Relaxed) + self.auth.requests(),
            retries: self.traffic.retries.load(Ordering::Relaxed),
            bytes: self.traffic.bytes.load(Ordering::Relaxed),
        }
    }

    /// The first time that the server said since [`Server::forget_time`], in seconds since 1970.
    pub fn first_time(&self) -> Option<i64> {
        Some(self.traffic.first_time.load(Ordering::Relaxed)).filter(|time| *time != 0)
    }

    /// Waits for the server to say anew what time it is.
    pub fn forget_time(&self) {
        self.traffic.first_time.store(0, Ordering::Relaxed);
    }

    /// The scopes that the token was given, where it is one of SMART Backend Services; asks for the token if needed.
    ///
    /// # Errors
    /// Where no token can be had.
    pub async fn scopes(&self) -> Result<Option<String>, ServerError> {
        self.auth.scopes().await
    }

    /// Reads something of the server by its path below the address (`metadata`, `Patient/p1`).
    ///
    /// # Errors
    /// Where the server cannot be reached, or answers with anything but a success.
    pub async fn get(&self, path: &str) -> Result<Answer, ServerError> {
        let url = self.base.join(path).map_err(|_| ServerError::Address(path.to_owned()))?;
        self.read(Asked::Get(url)).await
    }

    /// Follows the server's own link to a next page, relative or not.
    ///
    /// # Errors
    /// As [`Server::get`], and where the link leads to another origin: then nothing is sent there.
    pub async fn follow(&self, link: &str) -> Result<Answer, ServerError> {
        self.read(Asked::Get(self.own(link)?)).await
    }

    /// The address that a link of the server leads to, relative or not; never one of another origin.
    fn own(&self, link: &str) -> Result<Url, ServerError> {
        let url = self.base.join(link).map_err(|_| ServerError::Address("a link that is no address".to_owned()))?;
        if url.origin() != self.base.origin() {
            return Err(ServerError::OtherOrigin(url.host_str().unwrap_or_default().to_owned()));
        }
        Ok(url)
    }

    /// Searches a type by POST, so that no identifier stands in an address that somebody logs.
    ///
    /// # Errors
    /// As [`Server::get`].
    pub async fn search(&self, kind: &str, parameters: &[(String, String)]) -> Result<Answer, ServerError> {
        let url = self.base.join(&format!("{kind}/_search")).map_err(|_| ServerError::Address(kind.to_owned()))?;
        self.read(Asked::Search(url, encoded(parameters))).await
    }

    /// Searches a type by GET, for servers that do not take a search by POST.
    ///
    /// # Errors
    /// As [`Server::get`].
    pub async fn search_by_get(&self, kind: &str, parameters: &[(String, String)]) -> Result<Answer, ServerError> {
        let mut url = self.base.join(kind).map_err(|_| ServerError::Address(kind.to_owned()))?;
        url.set_query(Some(&encoded(parameters)));
        self.read(Asked::Get(url)).await
    }

    /// Sends a transaction or batch. It is sent once: where the answer is lost, the caller has to look what stands. Only
    /// what was refused before anything was done (429) is sent again, after the pause that the server asks for.
    ///
    /// # Errors
    /// As [`Server::get`]; [`ServerError::is_uncertain`] where it may have been done all the same.
    pub async fn send(&self, bundle: &Value) -> Result<Answer, ServerError> {
        let asked = Asked::Write(self.base.clone(), bundle.to_string());
        let what = asked.shown(&self.base);
        self.patiently(&what, |error| error.status() == Some(429), || self.attempt(&asked, &what)).await
    }

    /// Asks for something that may be asked again.
    async fn read(&self, asked: Asked) -> Result<Answer, ServerError> {
        let what = asked.shown(&self.base);
        self.patiently(&what, ServerError::may_pass, || self.attempt(&asked, &what)).await
    }

    /// Does something again, with growing pauses, where it fails in a way that allows it; at once where a token has run
    /// out, since that was refused before anything was done.
    async fn patiently<T, F: Future<Output = Result<T, ServerError>>>(
        &self,
        what: &str,
        may_be_done_again: impl Fn(&ServerError) -> bool,
        once: impl Fn() -> F,
    ) -> Result<T, ServerError> {
        let pauses = ExponentialBuilder::default()
            .with_min_delay(self.limits.first_pause)
            .with_max_delay(self.limits.longest_pause)
            .with_max_times(self.limits.retries)
            .with_jitter();
        let patiently = || async {
            (&once)
                .retry(&pauses)
                .when(&may_be_done_again)
                .adjust(|error: &ServerError, pause| pause.map(|pause| self.pause(error.retry_after(), pause)))
                .notify(|error: &ServerError, pause: Duration| {
                    self.traffic.retries.fetch_add(1, Ordering::Relaxed);
                    tracing::warn!(request = %what, %error, pause_ms = pause.as_millis() as u64, "tried again");
                })
                .await
        };
        let tokens_had = self.auth.tokens_had();
        match patiently().await {
            Err(error) if error.status() == Some(401) && self.auth.renew(tokens_had).await? => patiently().await,
            other => other,
        }
    }

    /// The pause before the next try: what the server asks for, up to a limit, or ours.
    fn pause(&self, asked: Option<Duration>, ours: Duration) -> Duration {
        match asked {
            Some(asked) => asked.min(self.limits.longest_retry_after).max(ours),
            None => ours,
        }
    }

    async fn attempt(&self, asked: &Asked, what: &str) -> Attempt {
        let _permit = self.in_flight.acquire().await.map_err(|_| ServerError::Closed)?;
        self.rate.until_ready().await;
        let request = match asked {
            Asked::Get(url) => self.http.get(url.clone()),
            Asked::Search(url, form) => self.http.post(url.clone()).header(CONTENT_TYPE, FORM).body(form.clone()),
            Asked::Write(url, body) => self.http.post(url.clone()).header(CONTENT_TYPE, FHIR_JSON).body(body.clone()),
            Asked::Export(url) => self.http.get(url.clone()).header(export::PREFER, export::RESPOND_ASYNC),
            Asked::Status(url) => self.http.get(url.clone()),
            Asked::End(url) => self.http.delete(url.clone()),
        };
        let accepted = if matches!(asked, Asked::Status(_)) { export::JSON } else { FHIR_JSON };
        let request = request.header(ACCEPT, accepted).header(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        let request = self.auth.sign(request).await?;
        let start = Instant::now();
        self.traffic.requests.fetch_add(1, Ordering::Relaxed);
        let answer = answer::receive(request, what, Bound::Answer, &self.bounds).await;
        let ms = start.elapsed().as_millis() as u64;
        match &answer {
            Ok(answer) => {
                self.traffic.bytes.fetch_add(answer.body.len() as u64, Ordering::Relaxed);
                if let Some(time) = answer.server_time {
                    let first = &self.traffic.first_time;
                    first.compare_exchange(0, time, Ordering::Relaxed, Ordering::Relaxed).ok();
                }
                tracing::debug!(request = %what, status = answer.status, ms, bytes = answer.body.len(), "answered");
            }
            Err(error) => tracing::debug!(request = %what, %error, ms, "not answered"),
        }
        answer
    }
}

fn encoded(parameters: &[(String, String)]) -> String {
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish()
}
