//! Who we are: a token, a password, or an assertion of SMART Backend Services that is exchanged for a token.

use super::error::ServerError;
use super::settings::{AuthSettings, Settings, SettingsError, Smart, SmartAlgorithm, is_loopback};
use crate::bounds::{Bound, Bounds};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use reqwest::RequestBuilder;
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::Mutex;
use url::Url;

/// A token is fetched anew so long before it runs out.
const BEFORE_EXPIRY: Duration = Duration::from_secs(30);

/// How long a token lasts whose server does not say so (the specification's recommendation: 5 minutes).
const USUAL_LIFETIME: u64 = 300;

/// A token is fetched anew at least once a day, however long it lasts.
const LONGEST_LIFETIME: u64 = 86_400;

/// How long an assertion is good for, in seconds; at most 5 minutes by the specification.
const ASSERTION_LIFETIME: i64 = 240;

/// The credentials of every request.
#[derive(Debug)]
pub enum Auth {
    /// None.
    None,
    /// Name and password.
    Basic(String, SecretString),
    /// A token that stays as it is.
    Bearer(SecretString),
    /// A token that is fetched when it is needed.
    Smart(Box<Tokens>),
}

/// Tokens of SMART Backend Services.
#[derive(Debug)]
pub struct Tokens {
    smart: Smart,
    key: Key,
    base: Url,
    allow_http: bool,
    bounds: Bounds,
    http: reqwest::Client,
    held: Mutex<Option<Token>>,
    /// How many tokens were had so far.
    had: AtomicU64,
    requests: AtomicU64,
}

struct Key(EncodingKey);

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key(..)")
    }
}

#[derive(Debug, Clone)]
struct Token {
    text: SecretString,
    scopes: Option<String>,
    fetch_again: Instant,
}

/// The assertion that is signed.
#[derive(Serialize)]
struct Claims<'c> {
    iss: &'c str,
    sub: &'c str,
    aud: &'c str,
    iat: i64,
    exp: i64,
    jti: String,
}

#[derive(Deserialize)]
struct TokenAnswer {
    access_token: String,
    #[serde(default)]
    expires_in: Option<u64>,
    #[serde(default)]
    scope: Option<String>,
}

#[derive(Deserialize)]
struct WellKnown {
    token_endpoint: String,
}

impl Auth {
    /// Makes ready; nothing is sent yet.
    ///
    /// # Errors
    /// A key that is none.
    pub fn new(settings: &Settings, base: &Url, http: reqwest::Client) -> Result<Auth, SettingsError> {
        Ok(match &settings.auth {
            AuthSettings::None => Auth::None,
            AuthSettings::Basic(name, password) => Auth::Basic(name.clone(), password.clone()),
            AuthSettings::Bearer(token) => Auth::Bearer(token.clone()),
            AuthSettings::Smart(smart) => {
                let pem = smart.key.expose_secret().as_bytes();
                let key = match smart.algorithm {
                    SmartAlgorithm::ES384 => EncodingKey::from_ec_pem(pem),
                    SmartAlgorithm::RS384 => EncodingKey::from_rsa_pem(pem),
                };
                Auth::Smart(Box::new(Tokens {
                    smart: smart.clone(),
                    key: Key(key.map_err(|error| SettingsError::Key(error.to_string()))?),
                    base: base.clone(),
                    allow_http: settings.allow_http,
                    bounds: settings.bounds,
                    http,
                    held: Mutex::new(None),
                    had: AtomicU64::new(0),
                    requests: AtomicU64::new(0),
                }))
            }
        })
    }

    /// How many requests for tokens were sent.
    pub fn requests(&self) -> u64 {
        match self {
            Auth::Smart(tokens) => tokens.requests.load(Ordering::Relaxed),
            Auth::None | Auth::Basic(..) | Auth::Bearer(_) => 0,
        }
    }

    /// Adds the credentials to a request.
    ///
    /// # Errors
    /// Where no token can be had.
    pub async fn sign(&self, request: RequestBuilder) -> Result<RequestBuilder, ServerError> {
        Ok(match self {
            Auth::None => request,
            Auth::Basic(name, password) => request.basic_auth(name, Some(password.expose_secret())),
            Auth::Bearer(token) => request.bearer_auth(token.expose_secret()),
            Auth::Smart(tokens) => request.bearer_auth(tokens.token().await?.text.expose_secret()),
        })
    }

    /// How many tokens were had so far: names the one that a request is about to use.
    pub fn tokens_had(&self) -> u64 {
        match self {
            Auth::Smart(tokens) => tokens.had.load(Ordering::Relaxed),
            Auth::None | Auth::Basic(..) | Auth::Bearer(_) => 0,
        }
    }

    /// Throws the token away that a server did not accept; whether there is another. Where a request beside has had a new
    /// one since `tokens_had`, it is that.
    ///
    /// # Errors
    /// Where no other token can be had.
    pub async fn renew(&self, tokens_had: u64) -> Result<bool, ServerError> {
        match self {
            Auth::Smart(tokens) => {
                let mut held = tokens.held.lock().await;
                // The first token of all may have been had by the request itself.
                if tokens.had.load(Ordering::Relaxed) <= tokens_had.max(1) {
                    held.take();
                }
                drop(held);
                tokens.token().await.map(|_| true)
            }
            Auth::None | Auth::Basic(..) | Auth::Bearer(_) => Ok(false),
        }
    }

    /// The scopes that were granted, where the server says so.
    ///
    /// # Errors
    /// Where no token can be had.
    pub async fn scopes(&self) -> Result<Option<String>, ServerError> {
        match self {
            Auth::Smart(tokens) => tokens.token().await.map(|token| token.scopes),
            Auth::None | Auth::Basic(..) | Auth::Bearer(_) => Ok(None),
        }
    }
}

impl Tokens {
    async fn token(&self) -> Result<Token, ServerError> {
        let mut held = self.held.lock().await;
        if let Some(token) = held.as_ref().filter(|token| Instant::now() < token.fetch_again) {
            return Ok(token.clone());
        }
        let token = self.fetch().await?;
        *held = Some(token.clone());
        self.had.fetch_add(1, Ordering::Relaxed);
        Ok(token)
    }

    async fn fetch(&self) -> Result<Token, ServerError> {
        let endpoint = self.endpoint().await?;
        let now = jiff::Timestamp::now().as_second();
        let claims = Claims {
            iss: &self.smart.client_id,
            sub: &self.smart.client_id,
            aud: endpoint.as_str(),
            iat: now,
            exp: now + ASSERTION_LIFETIME,
            jti: uuid::Uuid::new_v4().to_string(),
        };
        let mut header = Header::new(match self.smart.algorithm {
            SmartAlgorithm::ES384 => Algorithm::ES384,
            SmartAlgorithm::RS384 => Algorithm::RS384,
        });
        header.kid = self.smart.key_id.clone();
        let assertion = jsonwebtoken::encode(&header, &claims, &self.key.0)
            .map_err(|error| ServerError::Token(format!("the assertion cannot be signed: {error}")))?;
        let form = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("grant_type", "client_credentials")
            .append_pair("scope", &self.smart.scopes)
            .append_pair("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
            .append_pair("client_assertion", &assertion)
            .finish();
        let request = self.http.post(endpoint).header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(form);
        let answer: TokenAnswer = self.json(request, "the token endpoint").await?;
        let lifetime = Duration::from_secs(answer.expires_in.unwrap_or(USUAL_LIFETIME).min(LONGEST_LIFETIME));
        let before = BEFORE_EXPIRY.min(lifetime / 4);
        if answer.access_token.is_empty() || HeaderValue::from_str(&answer.access_token).is_err() {
            return Err(ServerError::Token("the token endpoint gave one that no request can carry".to_owned()));
        }
        Ok(Token {
            text: SecretString::from(answer.access_token),
            scopes: answer.scope,
            fetch_again: Instant::now() + lifetime - before,
        })
    }

    /// The token endpoint, as configured or as the server's `.well-known/smart-configuration` says.
    async fn endpoint(&self) -> Result<Url, ServerError> {
        let text = match &self.smart.token_url {
            Some(url) => url.clone(),
            None => {
                let url = self
                    .base
                    .join(".well-known/smart-configuration")
                    .map_err(|_| ServerError::Address(".well-known/smart-configuration".to_owned()))?;
                let request = self.http.get(url).header(ACCEPT, "application/json");
                let found: WellKnown = self.json(request, "`.well-known/smart-configuration`").await?;
                found.token_endpoint
            }
        };
        let url = Url::parse(&text).map_err(|_| ServerError::Token("the token endpoint is no address".to_owned()))?;
        // Plain http only where the server itself is asked so, and then to this machine, unless more is allowed.
        let may_be_plain = self.base.scheme() == "http" && (self.allow_http || is_loopback(&url));
        match url.scheme() {
            "https" => Ok(url),
            "http" if may_be_plain => Ok(url),
            _ => Err(ServerError::Token("the token endpoint is not https".to_owned())),
        }
    }

    async fn json<T: for<'d> Deserialize<'d>>(&self, request: RequestBuilder, what: &str) -> Result<T, ServerError> {
        self.requests.fetch_add(1, Ordering::Relaxed);
        let answer = super::answer::receive(request, what, Bound::TokenAnswer, &self.bounds).await.map_err(
            |error| match error {
                // The body of a refusal may hold what was sent; its status does not.
                ServerError::Status { status, .. } if !error.may_pass() => {
                    ServerError::Token(format!("{what} answered {status}; check client id, key and scopes"))
                }
                other => other,
            },
        )?;
        serde_json::from_str(&answer.body)
            .map_err(|_| ServerError::Token(format!("{what} did not answer as SMART Backend Services does")))
    }
}
