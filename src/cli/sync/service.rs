//! `sync --every`: run after run until the process is told to end. Each run is as one that is started alone: it reads
//! configuration and mapping files anew and holds the state file only while it lasts.

use super::metrics::{self, Ended, Watched};
use super::once::{run_until, told_to_end};
use super::{Arguments, said};
use crate::cli::{self, tell};
use crate::error::{Exit, Failed};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::net::TcpListener;
use tokio::sync::watch;

/// Runs until told to end. What fails in a run is told and counted, and the next one tries again.
///
/// # Errors
/// Before the first run: a configuration or mapping files that cannot be used, an address that cannot be listened at.
pub(super) fn run(arguments: &Arguments, every: Duration) -> Result<Exit, Failed> {
    if every.is_zero() {
        return Err(Failed::Arguments("`--every` has to be longer than no time".to_owned()));
    }
    arguments.common.config(&arguments.server)?;
    let mappings = arguments.common.mappings()?.digest();
    let watched = Arc::new(Watched::new(every + arguments.jitter, &mappings));
    cli::runtime()?.block_on(async {
        if let Some(address) = arguments.listen {
            let listener = TcpListener::bind(address).await;
            let listener = listener.map_err(|error| Failed::Arguments(format!("listening at {address}: {error}")))?;
            let at = listener.local_addr().unwrap_or(address);
            tell(&format!("listening at http://{at}: /healthz, /readyz, /metrics"));
            tokio::spawn(metrics::serve(listener, Arc::clone(&watched)));
        }
        let (tell_to_end, stop) = watch::channel(false);
        tokio::spawn(told_to_end(tell_to_end));
        runs(arguments, every, &watched, stop).await
    })
}

async fn runs(
    arguments: &Arguments,
    every: Duration,
    watched: &Watched,
    mut stop: watch::Receiver<bool>,
) -> Result<Exit, Failed> {
    loop {
        let start = Instant::now();
        watched.begin();
        let ended = once(arguments, start, stop.clone()).await?;
        watched.end(&ended, start.elapsed());
        let pause = pause(every, arguments.jitter, start.elapsed());
        watched.next_in(pause);
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            _ = stop.wait_for(|told| *told) => return Ok(Exit::Done),
        }
    }
}

/// One run, and what is said of it.
async fn once(arguments: &Arguments, start: Instant, stop: watch::Receiver<bool>) -> Result<Ended, Failed> {
    Ok(match run_until(arguments, stop).await {
        Ok(Some(ran)) => {
            let exit = said::all(arguments, &ran, start.elapsed())?;
            Ended::Ran(exit, Box::new(ran))
        }
        Ok(None) => {
            said::outside_hours()?;
            Ended::OutsideHours
        }
        Err(failed) => {
            tell(&format!("error: {failed}"));
            said::failed(failed.exit())?;
            Ended::Failed(failed.exit())
        }
    })
}

/// How long to wait: until so long after the start of the last run, and a random time more. Runs never overlap; after
/// one that has lasted longer the next begins at once.
fn pause(every: Duration, jitter: Duration, took: Duration) -> Duration {
    if took > every {
        tracing::warn!(seconds = took.as_secs(), every = every.as_secs(), "a run has lasted longer than `--every`");
        return Duration::ZERO;
    }
    every - took + jitter.mul_f64(fastrand::f64())
}
