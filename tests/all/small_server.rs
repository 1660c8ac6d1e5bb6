//! A small FHIR server within the test: versions, searches by list and page, transactions that hold or do nothing; and
//! faults, told one by one. What it lacks a real HAPI server is there for (`hapi`).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod export;
mod faults;
mod smart;
mod store;

pub use export::Exports;
pub use faults::Fault;
pub use smart::Authorization;
pub use store::{Lists, Store};

use axum::body::{Body, Bytes};
use axum::http::{Request, Response};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::oneshot;

/// A call as the server received it.
#[derive(Clone, Debug)]
pub struct Call {
    pub method: String,
    /// Below the server's address, without query.
    pub path: String,
    pub parameters: Vec<(String, String)>,
    pub authorization: Option<String>,
    pub prefer: Option<String>,
    pub body: String,
}

impl Call {
    pub fn is_write(&self) -> bool {
        self.method == "POST" && self.path.is_empty()
    }

    /// Whether it searches a type, its later pages not meant.
    pub fn searches(&self, kind: &str) -> bool {
        self.path == kind || self.path == format!("{kind}/_search")
    }

    pub fn is_later_page(&self) -> bool {
        self.parameter("_getpages").is_some()
    }

    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }
}

#[derive(Default)]
struct Shared {
    store: Store,
    exports: Exports,
    authorization: Option<Authorization>,
    faults: Vec<faults::Planned>,
    calls: Vec<Call>,
}

/// A server that ends with the test.
pub struct SmallServer {
    pub base: String,
    shared: Arc<Mutex<Shared>>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl SmallServer {
    /// Starts one on a free port of this machine.
    pub fn start() -> SmallServer {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let base = format!("http://{}/fhir", listener.local_addr().unwrap());
        let shared: Arc<Mutex<Shared>> = Arc::default();
        let (stop, stopped) = oneshot::channel::<()>();
        let (at, held) = (base.clone(), Arc::clone(&shared));
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let listener = tokio::net::TcpListener::from_std(listener).unwrap();
                let answer = move |request: Request<Body>| answered(at.clone(), Arc::clone(&held), request);
                let router = axum::Router::new().fallback(answer);
                let serve = axum::serve(listener, router).into_future();
                tokio::select! { ended = serve => ended.unwrap(), _ = stopped => {} }
            });
        });
        SmallServer { base, shared, stop: Some(stop), thread: Some(thread) }
    }

    fn shared(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does something with what the server holds.
    pub fn with<T>(&self, work: impl FnOnce(&mut Store) -> T) -> T {
        work(&mut self.shared().store)
    }

    /// Does something with the exports that it makes.
    pub fn with_exports<T>(&self, work: impl FnOnce(&mut Exports) -> T) -> T {
        work(&mut self.shared().exports)
    }

    /// Puts all resources of a story there, as `seed` does it.
    pub fn hold_story(&self, story: &str) {
        self.hold(&format!("fixtures/patients/{story}"));
    }

    /// Puts all resources of a file there, as `seed` does it.
    pub fn hold(&self, path: &str) {
        let mut seed = std::process::Command::new(env!("CARGO_BIN_EXE_plasmabridge"));
        let output = seed.args(["seed", "--server", &self.base, path]).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    /// From now on only calls with a token of this authorization server are answered.
    pub fn guard(&self, authorization: Authorization) {
        self.shared().authorization = Some(authorization);
    }

    /// Does something with the authorization server.
    pub fn with_authorization<T>(&self, work: impl FnOnce(&mut Authorization) -> T) -> T {
        work(self.shared().authorization.as_mut().unwrap())
    }

    /// The next `times` calls that `on` means meet a fault.
    pub fn fault(&self, times: usize, on: impl Fn(&Call) -> bool + Send + 'static, fault: Fault) {
        self.shared().faults.push(faults::Planned { on: Box::new(on), times, fault });
    }

    /// All calls since the last time that this was asked.
    pub fn calls(&self) -> Vec<Call> {
        std::mem::take(&mut self.shared().calls)
    }

    /// How often a fault that was planned has not happened yet.
    pub fn faults_left(&self) -> usize {
        self.shared().faults.iter().map(|planned| planned.times).filter(|times| *times != usize::MAX).sum()
    }

    pub fn no_more_faults(&self) {
        self.shared().faults.clear();
    }
}

impl Drop for SmallServer {
    fn drop(&mut self) {
        self.stop.take().map(|stop| stop.send(()));
        self.thread.take().map(std::thread::JoinHandle::join);
    }
}

async fn answered(base: String, shared: Arc<Mutex<Shared>>, request: Request<Body>) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap_or_else(|_| Bytes::new());
    let body = String::from_utf8(body.to_vec()).unwrap();
    let is_form =
        parts.headers.get("content-type").is_some_and(|it| it.as_bytes().starts_with(b"application/x-www-form"));
    let query = parts.uri.query().unwrap_or_default();
    let mut parameters: Vec<(String, String)> = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    if is_form {
        parameters.extend(url::form_urlencoded::parse(body.as_bytes()).into_owned());
    }
    let text = |name: &str| parts.headers.get(name).map(|it| it.to_str().unwrap().to_owned());
    let call = Call {
        method: parts.method.to_string(),
        path: parts.uri.path().trim_start_matches("/fhir").trim_matches('/').to_owned(),
        parameters,
        authorization: text("authorization"),
        prefer: text("prefer"),
        body,
    };
    let (fault, done) = {
        let mut shared = shared.lock().unwrap_or_else(PoisonError::into_inner);
        shared.calls.push(call.clone());
        let met = shared.faults.iter_mut().find(|planned| planned.times > 0 && (planned.on)(&call));
        let fault = met.map(|planned| {
            planned.times = if planned.times == usize::MAX { usize::MAX } else { planned.times - 1 };
            planned.fault.clone()
        });
        let is_done = fault.as_ref().is_none_or(Fault::is_done_all_the_same);
        let guarded = shared.authorization.as_mut().and_then(|guard| guard.answer(&base, &call));
        let Shared { store, exports, .. } = &mut *shared;
        let mut answer = || exports.answer(&base, &call, store).unwrap_or_else(|| store.answer(&base, &call));
        (fault, is_done.then(|| guarded.unwrap_or_else(&mut answer)))
    };
    match fault {
        None => plain(&done.unwrap()),
        Some(fault) => fault.answer(done).await,
    }
}

/// A status and a body.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    pub body: Value,
    pub headers: Vec<(&'static str, String)>,
    /// A file, in place of the body.
    pub file: Option<Vec<u8>>,
}

impl Answer {
    fn of(status: u16, body: Value) -> Answer {
        Answer { status, body, headers: Vec::new(), file: None }
    }

    fn with(mut self, header: &'static str, value: impl ToString) -> Answer {
        self.headers.push((header, value.to_string()));
        self
    }

    fn bytes(&self) -> Vec<u8> {
        self.file.clone().unwrap_or_else(|| self.body.to_string().into_bytes())
    }

    fn outcome(status: u16, code: &str) -> Answer {
        Answer::of(
            status,
            json!({ "resourceType": "OperationOutcome", "issue": [{ "severity": "error", "code": code }] }),
        )
    }
}

fn plain(answer: &Answer) -> Response<Body> {
    let mut builder = Response::builder().status(answer.status).header("content-type", "application/fhir+json");
    for (name, value) in &answer.headers {
        builder = builder.header(*name, value);
    }
    builder.body(Body::from(answer.bytes())).unwrap()
}
