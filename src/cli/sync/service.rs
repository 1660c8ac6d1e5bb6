//! `sync --every`: run after run until the process is told to end. Each run is as one that is started alone: it reads
//! configuration and mapping files anew and holds the state file only while it lasts.

use super::metrics::{self, Ended, Watched};
use super::once::{Broken, Ready, run_until, told_to_end};
use super::{Arguments, said};
use crate::cli::{self, tell};
use crate::error::{Exit, Failed};
use crate::sync::state::StateError;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::net::TcpListener;
use tokio::sync::watch;

/// Runs until told to end. What fails in a run is told and counted, and the next one tries again.
///
/// # Errors
/// Before the first run: what no run could use, and an address that cannot be listened at.
pub(super) fn run(arguments: &Arguments, every: Duration) -> Result<Exit, Failed> {
    if every.is_zero() {
        return Err(Failed::Arguments("`--every` has to be longer than no time".to_owned()));
    }
    let ready = usable(arguments)?;
    let watched = Arc::new(Watched::new(every + arguments.jitter, &ready.mappings().digest()));
    drop(ready);
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
        runs(arguments, every, &watched, stop).await;
        Ok(Exit::Done)
    })
}

/// Whether a run could begin: configuration, keys and certificates, mapping files, state.
fn usable(arguments: &Arguments) -> Result<Ready, Failed> {
    let ready = Ready::new(arguments, arguments.common.config(&arguments.server)?)?;
    match arguments.state.as_ref().map(|path| ready.state(path)) {
        // Somebody looks at the runs just now; the first run will tell if it is still so.
        None | Some(Ok(_) | Err(StateError::InUse(_))) => Ok(ready),
        Some(Err(error)) => Err(error.into()),
    }
}

async fn runs(arguments: &Arguments, every: Duration, watched: &Watched, mut stop: watch::Receiver<bool>) {
    loop {
        let start = Instant::now();
        watched.begin();
        let ended = once(arguments, start, watched, stop.clone()).await;
        if *stop.borrow() {
            return;
        }
        watched.end(&ended, start.elapsed());
        let pause = pause(every, arguments.jitter, start.elapsed());
        watched.next_in(pause);
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            _ = stop.wait_for(|told| *told) => return,
        }
    }
}

/// One run, and what is said of it.
async fn once(arguments: &Arguments, start: Instant, watched: &Watched, stop: watch::Receiver<bool>) -> Ended {
    let progress = |_: usize, _: usize| watched.progressed();
    let (ended, said) = match run_until(arguments, stop, &progress).await {
        Ok(Some(ran)) => {
            let said = said::all(arguments, &ran, start.elapsed());
            (Ended::Ran(said::exit(&ran.report), Box::new(ran)), said)
        }
        Ok(None) => (Ended::OutsideHours, said::outside_hours()),
        Err(Broken { why, traffic }) => {
            tell(&format!("error: {why}"));
            (Ended::Failed(why.exit(), traffic), said::failed(why.exit()))
        }
    };
    // What a run has done is done, even if it cannot be said: a full disk behind standard output ends no service.
    if let Err(error) = said {
        tell(&format!("error: {error}"));
    }
    ended
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
