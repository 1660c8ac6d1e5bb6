//! Work on all cores whose results come out in the order in which the work went in.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Results that may wait for an earlier one, for each thread: so memory does not grow with the input.
const WAITING_PER_THREAD: usize = 16;

struct Results<T> {
    next: usize,
    waiting: BTreeMap<usize, T>,
    ended_at: Option<usize>,
    stopped: bool,
}

/// Takes jobs from `next`, does `work` on them in `threads` threads, and hands each result to `consume` on this
/// thread, in the order of the jobs. Ends with the jobs, or when `consume` breaks.
pub fn in_order<J: Send, T: Send>(
    threads: usize,
    next: impl FnMut() -> Option<J> + Send,
    work: impl Fn(J) -> T + Sync,
    mut consume: impl FnMut(T) -> ControlFlow<()>,
) {
    let threads = threads.max(1);
    let jobs = Mutex::new((next, 0usize));
    let results = Mutex::new(Results { next: 0, waiting: BTreeMap::new(), ended_at: None, stopped: false });
    let changed = Condvar::new();
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                let _stopping = StopOnPanic { results: &results, changed: &changed };
                while let Some((place, job)) = take(&jobs) {
                    let result = work(job);
                    let mut held = lock(&results);
                    while place >= held.next + threads * WAITING_PER_THREAD && !held.stopped {
                        held = changed.wait(held).unwrap_or_else(PoisonError::into_inner);
                    }
                    if held.stopped {
                        return;
                    }
                    held.waiting.insert(place, result);
                    drop(held);
                    changed.notify_all();
                }
                let count = lock(&jobs).1;
                lock(&results).ended_at = Some(count);
                changed.notify_all();
            });
        }
        let mut held = lock(&results);
        loop {
            let place = held.next;
            if let Some(result) = held.waiting.remove(&place) {
                drop(held);
                let flow = consume(result);
                held = lock(&results);
                held.next += 1;
                held.stopped |= flow.is_break();
                changed.notify_all();
            } else if held.stopped || held.ended_at.is_some_and(|end| place >= end) {
                break;
            } else {
                held = changed.wait(held).unwrap_or_else(PoisonError::into_inner);
            }
            if held.stopped {
                break;
            }
        }
    });
}

/// Lets the others end where a thread ends by a fault of ours: the scope then hands the fault on.
struct StopOnPanic<'s, T> {
    results: &'s Mutex<Results<T>>,
    changed: &'s Condvar,
}

impl<T> Drop for StopOnPanic<'_, T> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            lock(self.results).stopped = true;
            self.changed.notify_all();
        }
    }
}

fn take<J, N: FnMut() -> Option<J>>(jobs: &Mutex<(N, usize)>) -> Option<(usize, J)> {
    let mut held = lock(jobs);
    let job = (held.0)()?;
    let place = held.1;
    held.1 += 1;
    Some((place, job))
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
