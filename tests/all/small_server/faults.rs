//! What can go wrong between us and a server.

use super::{Answer, Call, plain};
use axum::body::{Body, Bytes};
use axum::http::Response;
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;
use tokio_stream::StreamExt as _;

/// What goes wrong.
#[derive(Clone)]
pub enum Fault {
    /// This status with an OperationOutcome; nothing was done.
    Status(u16),
    /// This status with an OperationOutcome of these issues; nothing was done.
    Refusal(u16, Value),
    /// This status and a header.
    With(u16, &'static str, String),
    /// The connection ends amid the body; what was asked is done.
    Reset,
    /// The body comes a byte at a time, with this pause between; what was asked is done.
    Slow(Duration),
    /// Nothing comes for so long; what was asked is done.
    Late(Duration),
    /// This body with status 200, whatever was asked; nothing was done.
    Body(Vec<u8>),
    /// The body that the server would send, cut in half.
    Truncated,
    /// The body that the server would send, changed.
    Changed(Arc<dyn Fn(&mut Value) + Send + Sync>),
}

impl Fault {
    pub fn changed(change: impl Fn(&mut Value) + Send + Sync + 'static) -> Fault {
        Fault::Changed(Arc::new(change))
    }

    /// Whether the server does what was asked although the answer goes wrong.
    pub fn is_done_all_the_same(&self) -> bool {
        match self {
            Fault::Status(_) | Fault::Refusal(..) | Fault::With(..) | Fault::Body(_) => false,
            Fault::Reset | Fault::Slow(_) | Fault::Late(_) | Fault::Truncated | Fault::Changed(_) => true,
        }
    }

    pub async fn answer(self, done: Option<Answer>) -> Response<Body> {
        let bytes = done.as_ref().map(Answer::bytes).unwrap_or_default();
        let half = bytes[..bytes.len() / 2].to_vec();
        match self {
            Fault::Status(status) => plain(&Answer::outcome(status, "processing")),
            Fault::Refusal(status, issues) => {
                plain(&Answer::of(status, serde_json::json!({ "resourceType": "OperationOutcome", "issue": issues })))
            }
            Fault::With(status, name, value) => {
                let mut answer = plain(&Answer::outcome(status, "throttled"));
                answer.headers_mut().insert(name, value.parse().unwrap());
                answer
            }
            Fault::Reset => {
                let cut = [Ok(Bytes::from(half)), Err(std::io::Error::other("the connection ends here"))];
                Response::new(Body::from_stream(tokio_stream::iter(cut)))
            }
            Fault::Slow(pause) => {
                let bytes = tokio_stream::iter(bytes).throttle(pause);
                Response::new(Body::from_stream(bytes.map(|byte| Ok::<_, std::io::Error>(Bytes::from(vec![byte])))))
            }
            Fault::Late(pause) => {
                tokio::time::sleep(pause).await;
                plain(&done.unwrap())
            }
            Fault::Body(bytes) => Response::new(Body::from(bytes)),
            Fault::Truncated => {
                let cut = Answer { file: Some(half), ..done.unwrap() };
                plain(&cut)
            }
            Fault::Changed(change) => {
                let mut done = done.unwrap();
                change(&mut done.body);
                plain(&done)
            }
        }
    }
}

/// A fault that is to happen so often to calls of a kind.
pub struct Planned {
    pub on: Box<dyn Fn(&Call) -> bool + Send>,
    pub times: usize,
    pub fault: Fault,
}
