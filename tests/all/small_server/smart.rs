//! An authorization server of SMART Backend Services, as its specification wants it.

use super::{Answer, Call};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde::Deserialize;
use serde_json::json;

/// A signed assertion as it came.
#[derive(Clone, Debug, Deserialize)]
pub struct Signed {
    pub iss: String,
    pub sub: String,
    pub iat: i64,
    pub exp: i64,
    pub jti: String,
}

/// Gives tokens for signed assertions, and lets only their bearers ask.
pub struct Authorization {
    key: DecodingKey,
    algorithm: Algorithm,
    /// How long a token lasts, in seconds.
    pub lifetime: u64,
    /// The assertions, in their order.
    pub signed: Vec<Signed>,
    /// The scopes that were asked for.
    pub scopes: Vec<String>,
    token: Option<String>,
}

impl Authorization {
    pub fn new(key: DecodingKey, algorithm: Algorithm) -> Authorization {
        Authorization { key, algorithm, lifetime: 300, signed: Vec::new(), scopes: Vec::new(), token: None }
    }

    /// The answer that is not the FHIR server's: a configuration, a token, or a refusal.
    pub fn answer(&mut self, base: &str, call: &Call) -> Option<Answer> {
        match (call.method.as_str(), call.path.as_str()) {
            ("GET", ".well-known/smart-configuration") => {
                Some(Answer::of(200, json!({ "token_endpoint": format!("{base}/token") })))
            }
            ("POST", "token") => Some(self.token(base, call)),
            _ => {
                let wanted = self.token.as_ref().map(|token| format!("Bearer {token}"));
                (wanted.is_none() || call.authorization != wanted).then(|| Answer::outcome(401, "login"))
            }
        }
    }

    fn token(&mut self, base: &str, call: &Call) -> Answer {
        let said = |name: &str| call.parameter(name).unwrap_or_default().to_owned();
        assert_eq!(said("grant_type"), "client_credentials");
        assert_eq!(said("client_assertion_type"), "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
        let mut validation = Validation::new(self.algorithm);
        validation.set_audience(&[format!("{base}/token")]);
        let Ok(read) = jsonwebtoken::decode::<Signed>(said("client_assertion"), &self.key, &validation) else {
            return Answer::of(400, json!({ "error": "invalid_client" }));
        };
        self.signed.push(read.claims);
        self.scopes.push(said("scope"));
        let token = format!("token-{}", self.signed.len());
        self.token = Some(token.clone());
        Answer::of(200, json!({ "access_token": token, "token_type": "bearer", "expires_in": self.lifetime }))
    }
}
