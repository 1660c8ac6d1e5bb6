//! Whether a service that runs again and again does what it is there for. Pure: whoever asks says what time it is.

use std::time::{Duration, Instant};

/// So many intervals without anything that went well are too many; one failed run is no alarm, the next makes it good.
const INTERVALS: u32 = 3;

/// When something went well last, and what that may be.
#[derive(Clone, Copy, Debug)]
pub struct Health {
    patience: Duration,
    well: Option<Instant>,
    last: LastRun,
}

/// How the last run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum LastRun {
    /// There was none.
    None,
    /// It came to its end.
    WentThrough,
    /// It did not.
    Failed,
}

impl Health {
    /// Nothing has run yet; a run begins every `interval` at the latest.
    pub fn new(interval: Duration) -> Health {
        Health { patience: interval.saturating_mul(INTERVALS), well: None, last: LastRun::None }
    }

    /// A run came to its end.
    pub const fn went_through(&mut self, now: Instant) {
        self.well = Some(now);
        self.last = LastRun::WentThrough;
    }

    /// A run did not come to its end.
    pub const fn failed(&mut self) {
        self.last = LastRun::Failed;
    }

    /// The run at work has done some patients. A long run is well as long as it goes on, but only after one that went
    /// through: runs that all begin and all break off are not well.
    pub fn progressed(&mut self, now: Instant) {
        if self.last == LastRun::WentThrough {
            self.stays_as_it_is(now);
        }
    }

    /// The server may not be asked at this hour: what was well stays well, and what was not does not become so.
    pub fn rests(&mut self, now: Instant) {
        match self.last {
            LastRun::None => self.well = Some(now),
            LastRun::WentThrough | LastRun::Failed => self.stays_as_it_is(now),
        }
    }

    fn stays_as_it_is(&mut self, now: Instant) {
        if self.is_ready(now) {
            self.well = Some(now);
        }
    }

    /// Whether something has gone well within three intervals.
    pub fn is_ready(&self, now: Instant) -> bool {
        self.well.is_some_and(|well| now.saturating_duration_since(well) <= self.patience)
    }
}
