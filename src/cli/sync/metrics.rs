//! What a service tells of itself over HTTP: that it lives, whether its runs succeed, and its numbers for Prometheus.
//! Counts only: nothing of a patient, no address.

use super::once::Ran;
use crate::error::Exit;
use crate::guideline::{GUIDELINE_ID, GUIDELINE_VERSION};
use crate::server::Counts;
use crate::sync;
use crate::sync::health::Health;
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::map_response;
use axum::response::Response;
use axum::routing::get;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};
use serde_json::json;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::net::TcpListener;

/// The bounds of the histogram of durations, in seconds: from a run in which nothing has changed to one that reads
/// everyone.
const DURATIONS: [f64; 10] = [0.5, 1.0, 2.0, 5.0, 15.0, 30.0, 60.0, 300.0, 900.0, 3600.0];

/// The outcomes that a run of a service can have: it does no dry run and no replay.
const OUTCOMES: [&str; 7] = [
    outcome(Exit::Done),
    outcome(Exit::SomeNotDecided),
    outcome(Exit::Server),
    outcome(Exit::Configuration),
    outcome(Exit::Arguments),
    outcome(Exit::OurFault),
    OUTSIDE_HOURS,
];

const OUTSIDE_HOURS: &str = "outside_hours";

/// How a run of the service has ended.
pub(super) enum Ended {
    /// It came to its end.
    Ran(Exit, Box<Ran>),
    /// The server may not be asked at this hour.
    OutsideHours,
    /// It did not come to its end, and had asked so much.
    Failed(Exit, Counts),
}

impl Ended {
    fn outcome(&self) -> &'static str {
        match self {
            Ended::Ran(exit, _) | Ended::Failed(exit, _) => outcome(*exit),
            Ended::OutsideHours => OUTSIDE_HOURS,
        }
    }

    /// Whether it went through: that a patient cannot be decided is no failure of the service.
    const fn is_success(&self) -> bool {
        matches!(self, Ended::Ran(Exit::Done | Exit::SomeNotDecided, _))
    }
}

/// The exit code that the run would have alone, as a word.
const fn outcome(exit: Exit) -> &'static str {
    match exit {
        Exit::Done => "done",
        Exit::OurFault => "our_fault",
        Exit::Arguments => "arguments",
        Exit::Configuration => "configuration",
        Exit::Server => "server",
        Exit::SomeNotDecided => "some_not_decided",
        Exit::WouldChange => "would_change",
        Exit::OtherDecision => "other_decision",
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Outcome {
    outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct What {
    what: &'static str,
}

/// What is known of the runs so far.
pub(super) struct Watched {
    registry: Registry,
    numbers: Numbers,
    runs: Mutex<Runs>,
}

#[derive(Default)]
struct Numbers {
    runs: Family<Outcome, Counter>,
    seconds: Option<Histogram>,
    last_success: Gauge,
    patients: Counter,
    not_evaluated: Counter,
    quarantined: Gauge,
    resources: Family<What, Counter>,
    requests: Counter,
    retries: Counter,
    bytes: Counter,
}

struct Runs {
    health: Health,
    is_running: bool,
    last: Option<&'static str>,
    succeeded: Option<Instant>,
    next: Option<Instant>,
}

impl Watched {
    /// Nothing has run yet; a run begins every `interval` at the latest.
    pub(super) fn new(interval: Duration, mappings: &str) -> Watched {
        let seconds = Histogram::new(DURATIONS);
        let numbers = Numbers { seconds: Some(seconds.clone()), ..Numbers::default() };
        // All are there from the start: what appears with its first failure is not seen to rise by it.
        OUTCOMES.into_iter().for_each(|outcome| drop(numbers.runs.get_or_create(&Outcome { outcome })));
        sync::What::ALL.iter().for_each(|what| drop(numbers.resources.get_or_create(&What { what: what.word() })));
        let mut registry = Registry::with_prefix("plasmabridge");
        let build = Info::new(vec![
            ("version", env!("CARGO_PKG_VERSION").to_owned()),
            ("guideline", format!("{GUIDELINE_ID}|{GUIDELINE_VERSION}")),
            ("mappings", mappings.to_owned()),
        ]);
        registry.register("build", "Version, guideline, and digest of the mapping files at the start", build);
        registry.register("runs", "Runs that have ended, by how", numbers.runs.clone());
        registry.register_with_unit("run_duration", "How long runs lasted", Unit::Seconds, seconds);
        let help = "When a run last succeeded, in seconds since 1970";
        registry.register_with_unit("last_success_timestamp", help, Unit::Seconds, numbers.last_success.clone());
        registry.register("patients_decided", "Patients who were decided", numbers.patients.clone());
        let help = "Patients who could not be decided, anew in each run";
        registry.register("patients_not_evaluated", help, numbers.not_evaluated.clone());
        registry.register("patients_quarantined", "Patients in quarantine", numbers.quarantined.clone());
        registry.register("resources", "CarePlans and RiskAssessments, by what was done", numbers.resources.clone());
        registry.register("requests", "Requests to the server", numbers.requests.clone());
        registry.register("retries", "Requests that were made again", numbers.retries.clone());
        registry.register_with_unit("received", "What the server has sent", Unit::Bytes, numbers.bytes.clone());
        let runs = Runs { health: Health::new(interval), is_running: false, last: None, succeeded: None, next: None };
        Watched { registry, numbers, runs: Mutex::new(runs) }
    }

    fn runs(&self) -> MutexGuard<'_, Runs> {
        self.runs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A run begins.
    pub(super) fn begin(&self) {
        let mut runs = self.runs();
        runs.is_running = true;
        runs.next = None;
    }

    /// The run at work has done some patients.
    pub(super) fn progressed(&self) {
        self.runs().health.progressed(Instant::now());
    }

    /// It has ended.
    pub(super) fn end(&self, ended: &Ended, took: Duration) {
        let numbers = &self.numbers;
        numbers.runs.get_or_create(&Outcome { outcome: ended.outcome() }).inc();
        if let Some(seconds) = numbers.seconds.as_ref().filter(|_| !matches!(ended, Ended::OutsideHours)) {
            seconds.observe(took.as_secs_f64());
        }
        match ended {
            Ended::Ran(_, ran) => self.count(ran),
            Ended::Failed(_, traffic) => self.count_traffic(*traffic),
            Ended::OutsideHours => {}
        }
        let mut runs = self.runs();
        runs.is_running = false;
        runs.last = Some(ended.outcome());
        let now = Instant::now();
        match ended {
            Ended::OutsideHours => runs.health.rests(now),
            _ if ended.is_success() => {
                runs.health.went_through(now);
                runs.succeeded = Some(now);
                numbers.last_success.set(jiff::Timestamp::now().as_second());
            }
            Ended::Ran(..) | Ended::Failed(..) => runs.health.failed(),
        }
    }

    fn count(&self, ran: &Ran) {
        let (numbers, summary) = (&self.numbers, &ran.report.summary);
        numbers.patients.inc_by(summary.patients);
        numbers.not_evaluated.inc_by(summary.not_evaluated);
        numbers.quarantined.set(ran.quarantined.and_then(|number| i64::try_from(number).ok()).unwrap_or_default());
        let resources = [
            ("created", summary.created),
            ("updated", summary.updated),
            ("unchanged", summary.unchanged),
            ("revoked", summary.revoked),
            ("left_to_other_hand", summary.left_to_other_hand),
        ];
        for (what, number) in resources {
            numbers.resources.get_or_create(&What { what }).inc_by(number);
        }
        self.count_traffic(ran.report.traffic);
    }

    fn count_traffic(&self, traffic: Counts) {
        self.numbers.requests.inc_by(traffic.requests);
        self.numbers.retries.inc_by(traffic.retries);
        self.numbers.bytes.inc_by(traffic.bytes);
    }

    /// The next run begins after so long.
    pub(super) fn next_in(&self, pause: Duration) {
        self.runs().next = Instant::now().checked_add(pause);
    }

    /// Whether all is well, and what is known of the last and the next one.
    fn readiness(&self) -> (StatusCode, String) {
        let runs = self.runs();
        let is_ready = runs.health.is_ready(Instant::now());
        let seconds = |at: Instant| at.saturating_duration_since(Instant::now()).as_secs();
        let said = json!({
            "ready": is_ready,
            "running": runs.is_running,
            "last_outcome": runs.last,
            "seconds_since_success": runs.succeeded.map(|at| at.elapsed().as_secs()),
            "seconds_to_next_run": runs.next.map(seconds),
        });
        (if is_ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE }, format!("{said}\n"))
    }

    /// The numbers as OpenMetrics text.
    fn numbers(&self) -> Result<String, StatusCode> {
        let mut text = String::new();
        encode(&mut text, &self.registry).map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
        Ok(text)
    }
}

/// Answers until the process ends.
pub(super) async fn serve(listener: TcpListener, watched: Arc<Watched>) {
    const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    let ready = |State(watched): State<Arc<Watched>>| async move {
        let (status, said) = watched.readiness();
        (status, [(header::CONTENT_TYPE, "application/json")], said)
    };
    let metrics = |State(watched): State<Arc<Watched>>| async move {
        watched.numbers().map(|text| ([(header::CONTENT_TYPE, OPEN_METRICS)], text))
    };
    let router = Router::new()
        .route("/healthz", get(|| async { "alive\n" }))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
        .with_state(watched)
        .layer(map_response(one_a_connection));
    if let Err(error) = axum::serve(listener, router).await {
        tracing::error!(%error, "health and metrics are not told any more");
    }
}

/// One answer a connection: those that clients forget to close would otherwise add up over the years.
async fn one_a_connection(mut answer: Response) -> Response {
    answer.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    answer
}
