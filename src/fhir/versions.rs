//! Of the versions of one resource the newest stays, and none that was deleted since.
//!
//! Newer is what was stored later, else what has the higher version number. The same version twice with different
//! contents is not settled by a guess: both stay, so that what they disagree on is a conflict. Versions on two servers
//! are two resources; one that does not say its server may be of any.

use super::record::Stored;
use super::reference::Address;
use jiff::Timestamp;
use std::collections::{HashMap, HashSet};

/// Word that a resource was deleted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deletion {
    kind: String,
    id: String,
    at: Option<Timestamp>,
}

impl Deletion {
    /// The deletion of the resource of an address (`Observation/o1`), at an instant where it is said.
    pub fn of(address: &str, at: Option<&str>) -> Option<Deletion> {
        match Address::of(address) {
            Address::Server { kind, id, .. } => {
                Some(Deletion { kind: kind.to_owned(), id: id.to_owned(), at: at.and_then(|text| text.parse().ok()) })
            }
            _ => None,
        }
    }
}

/// When resources were deleted, by type and id: the last instant, nothing where one of the deletions does not say when.
#[derive(Debug, Default)]
pub struct Deletions(HashMap<String, HashMap<String, Option<Timestamp>>>);

impl Extend<Deletion> for Deletions {
    fn extend<D: IntoIterator<Item = Deletion>>(&mut self, deletions: D) {
        for Deletion { kind, id, at } in deletions {
            let last = self.0.entry(kind).or_default().entry(id).or_insert(at);
            *last = last.zip(at).map(|(one, other)| one.max(other));
        }
    }
}

impl Deletions {
    /// Whether the resource was deleted, and not stored again since.
    pub(super) fn cover(&self, stored: &Stored<'_>) -> bool {
        let id = stored.resource.common().id;
        let last = id.and_then(|id| self.0.get(stored.resource.kind())?.get(id.as_str()));
        last.is_some_and(|last| match (last, stored_at(stored)) {
            (Some(deleted), Some(stored)) => stored <= *deleted,
            _ => true,
        })
    }
}

fn stored_at(stored: &Stored<'_>) -> Option<Timestamp> {
    stored.resource.common().meta?.last_updated.as_deref()?.parse().ok()
}

/// What becomes of a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// It stays.
    Stays,
    /// It stays beside another of the same version with other contents.
    StaysBesideAnother,
    /// A newer one takes its place.
    Replaced,
    /// It is there already.
    ThereAlready,
}

/// What becomes of each of these versions of one resource, in their order.
pub(super) fn fates(versions: &[&Stored<'_>]) -> Vec<Fate> {
    let mut newest: ByServer<'_, Newest> = ByServer::default();
    let stamps: Vec<Stamp<'_>> = versions.iter().map(|stored| Stamp::of(stored)).collect();
    stamps.iter().for_each(|stamp| newest.of_each(stamp, |newest| newest.add(stamp)));
    let mut earlier: ByServer<'_, Earlier> = ByServer::default();
    let mut contents = Contents::default();
    let mut fates = Vec::with_capacity(versions.len());
    for (number, (stored, stamp)) in versions.iter().zip(&stamps).enumerate() {
        let fate = if newest.any(stamp, |newest| newest.is_newer_than(stamp)) {
            Fate::Replaced
        } else if !earlier.any(stamp, |earlier| earlier.has_one_of_no_other_age(stamp)) {
            Fate::Stays
        } else if contents.of_earlier(versions.get(..number).unwrap_or_default()).has(stored) {
            Fate::ThereAlready
        } else {
            Fate::StaysBesideAnother
        };
        earlier.of_each(stamp, |earlier| earlier.add(stamp));
        fates.push(fate);
    }
    fates
}

/// By what one version is compared with another.
struct Stamp<'s> {
    server: Option<&'s str>,
    at: Option<Timestamp>,
    number: Option<u64>,
}

impl<'s> Stamp<'s> {
    fn of(stored: &'s Stored<'_>) -> Stamp<'s> {
        let meta = stored.resource.common().meta;
        let number = meta.and_then(|meta| meta.version_id.as_ref()?.parse().ok());
        Stamp { server: stored.base(), at: stored_at(stored), number }
    }
}

/// Something of each server's versions (under nothing: of those that do not say theirs), and of all together.
#[derive(Default)]
struct ByServer<'s, T> {
    each: HashMap<Option<&'s str>, T>,
    all: T,
}

impl<'s, T: Default> ByServer<'s, T> {
    fn of_each(&mut self, stamp: &Stamp<'s>, mut work: impl FnMut(&mut T)) {
        work(self.each.entry(stamp.server).or_default());
        work(&mut self.all);
    }

    /// Whether it is so of any versions that may be of the same server.
    fn any(&self, stamp: &Stamp<'s>, is_so: impl Fn(&T) -> bool) -> bool {
        match stamp.server {
            None => is_so(&self.all),
            server => [server, None].iter().filter_map(|server| self.each.get(server)).any(is_so),
        }
    }
}

/// The newest of some versions, as far as they can be compared.
#[derive(Default)]
struct Newest {
    at: Option<Timestamp>,
    /// The highest number of those that were stored then.
    number_then: Option<u64>,
    /// The highest number of those that do not say when they were stored.
    number_undated: Option<u64>,
    number: Option<u64>,
}

impl Newest {
    fn add(&mut self, stamp: &Stamp<'_>) {
        self.number = self.number.max(stamp.number);
        match stamp.at {
            None => self.number_undated = self.number_undated.max(stamp.number),
            at if at > self.at => (self.at, self.number_then) = (at, stamp.number),
            at if at == self.at => self.number_then = self.number_then.max(stamp.number),
            _ => {}
        }
    }

    fn is_newer_than(&self, stamp: &Stamp<'_>) -> bool {
        if self.at.zip(stamp.at).is_some_and(|(newest, own)| newest > own) {
            return true;
        }
        let number = match stamp.at {
            None => self.number,
            at => self.number_undated.max(self.number_then.filter(|_| at == self.at)),
        };
        number.zip(stamp.number).is_some_and(|(newest, own)| newest > own)
    }
}

/// What the versions before one were stamped with.
#[derive(Default)]
struct Earlier {
    both: HashSet<(Option<Timestamp>, Option<u64>)>,
    at: HashSet<Option<Timestamp>>,
    number: HashSet<Option<u64>>,
}

impl Earlier {
    fn add(&mut self, stamp: &Stamp<'_>) {
        self.both.insert((stamp.at, stamp.number));
        self.at.insert(stamp.at);
        self.number.insert(stamp.number);
    }

    /// Whether there is one that is neither older nor newer, as far as can be told.
    fn has_one_of_no_other_age(&self, stamp: &Stamp<'_>) -> bool {
        match (stamp.at, stamp.number) {
            (None, None) => !self.both.is_empty(),
            (at, None) => self.at.contains(&at) || self.at.contains(&None),
            (None, number) => self.number.contains(&number) || self.number.contains(&None),
            (at, number) => {
                [(at, number), (at, None), (None, number), (None, None)].iter().any(|stamp| self.both.contains(stamp))
            }
        }
    }
}

/// What earlier versions say, with the servers on which they say it; put into words only when one has to be compared.
#[derive(Default)]
struct Contents<'s> {
    said: usize,
    servers: HashMap<String, HashSet<Option<&'s str>>>,
}

impl<'s> Contents<'s> {
    fn of_earlier(&mut self, earlier: &[&'s Stored<'_>]) -> &Contents<'s> {
        for stored in earlier.iter().skip(self.said) {
            self.servers.entry(contents(stored)).or_default().insert(stored.base());
        }
        self.said = earlier.len();
        self
    }

    fn has(&self, stored: &Stored<'_>) -> bool {
        let servers = self.servers.get(&contents(stored));
        servers.is_some_and(|servers| {
            stored.base().is_none() || servers.contains(&stored.base()) || servers.contains(&None)
        })
    }
}

/// The parsed shape shows every field that is read: what differs elsewhere makes no difference.
fn contents(stored: &Stored<'_>) -> String {
    format!("{:?}", stored.resource)
}
