//! Whether the server answers a list of patients (`patient=a,b`) for all of them: found out, never believed. One that
//! answers for the first alone would leave the others without a diagnosis, and their plans would be revoked.

use super::Pull;
use super::owner;
use super::pages::{Found, first_page, search};
use super::searches::Asked;
use crate::server::ServerError;
use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What every patient of a cohort has: one without any is asked for alone, whatever the server has shown before.
const EVERYONE_HAS: &str = "Condition";

/// What is known of how a server takes lists of patients.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
enum Known {
    /// No search has shown it to take them wrongly; these types were seen to be answered for several patients.
    Taken(BTreeSet<String>),
    /// It does not take them; each patient is asked for alone.
    Refused,
    #[default]
    Nothing,
}

/// How a server takes lists of patients, as far as it was seen.
#[derive(Debug, Default)]
pub struct Lists {
    known: Mutex<Known>,
    /// Types that were compared with single searches and said the same, though too few have any to show it.
    compared: Mutex<BTreeSet<String>>,
}

impl Lists {
    /// Begins with what an earlier run saw ([`Lists::remembered`]); with nothing, all is to be found out anew.
    pub fn recall(&self, remembered: Option<&str>) {
        *self.known() = match remembered {
            None => Known::Nothing,
            Some("") => Known::Refused,
            Some(kinds) => Known::Taken(kinds.split(' ').map(str::to_owned).collect()),
        };
    }

    /// What a later run is to know: the types that lists were seen to work for; empty where they do not.
    pub fn remembered(&self) -> Option<String> {
        match &*self.known() {
            Known::Nothing => None,
            Known::Refused => Some(String::new()),
            Known::Taken(kinds) => Some(kinds.iter().cloned().collect::<Vec<_>>().join(" ")),
        }
    }

    /// Whether it was seen that the server does not take lists.
    pub fn are_refused(&self) -> bool {
        *self.known() == Known::Refused
    }

    /// Whether it was seen that the server takes lists.
    pub fn are_taken(&self) -> bool {
        matches!(&*self.known(), Known::Taken(_))
    }

    /// Lists are not used any more.
    pub fn refuse(&self) {
        *self.known() = Known::Refused;
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_seen(&self, kind: &str) -> bool {
        match &*self.known() {
            Known::Taken(kinds) => kinds.contains(kind),
            Known::Nothing | Known::Refused => false,
        }
    }

    /// An answer had this type of several patients of a list.
    pub fn see(&self, kind: &str) {
        match &mut *self.known() {
            Known::Taken(kinds) => drop(kinds.insert(kind.to_owned())),
            known @ Known::Nothing => *known = Known::Taken(BTreeSet::from([kind.to_owned()])),
            Known::Refused => {}
        }
    }

    /// Whether the type was compared before.
    fn is_compared(&self, kind: &str) -> bool {
        self.compared().contains(kind)
    }

    fn compare(&self, kind: &str) {
        self.compared().insert(kind.to_owned());
    }

    fn compared(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.compared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pull<'_> {
    /// Whether what a list of patients brought is all that each of them alone would bring, as far as that is in doubt:
    /// a type is beyond doubt once an answer had it of two patients; until then it is compared with searches for each.
    pub(super) async fn is_whole(
        &self,
        ids: &[String],
        searches: &[Asked],
        found: &Found,
    ) -> Result<bool, ServerError> {
        let kinds: BTreeSet<&str> = searches.iter().map(|asked| asked.kind.as_str()).collect();
        for kind in kinds.into_iter().filter(|kind| *kind != "Patient") {
            let owners = found.owners(self.server.base(), kind);
            if owners.len() > 1 {
                self.lists.see(kind);
            }
            let in_doubt: Vec<&String> = match kind == EVERYONE_HAS || !self.lists.is_seen(kind) {
                true => ids.iter().filter(|id| !owners.contains(id.as_str())).collect(),
                false => Vec::new(),
            };
            if in_doubt.is_empty() || (kind != EVERYONE_HAS && self.lists.is_compared(kind)) {
                continue;
            }
            if kind != EVERYONE_HAS && self.lists.are_taken() {
                match self.is_shown(kind, &in_doubt).await {
                    Some(true) => continue,
                    Some(false) => return Ok(false),
                    None => {}
                }
            }
            self.lists.compare(kind);
            if self.have_more_alone(kind, &in_doubt, found).await? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Whether lists work for a type of which these patients of a list have none, as two searches show: somebody who has
    /// some is put into the middle of such a list; where nobody has any, none can be lost. Nothing where that does not
    /// show it.
    async fn is_shown(&self, kind: &str, without_any: &[&String]) -> Option<bool> {
        let (first, last) = (without_any.first()?, without_any.last()?);
        let base = self.server.base();
        let whose = |found: &Found| found.resources().find_map(|it| owner(base, it)).map(str::to_owned);
        let anyone = first_page(self.server, &self.searches.of_anyone(kind, None)).await.ok()?;
        if anyone.resources().next().is_none() {
            return Some(true);
        }
        let somebody = whose(&anyone)?;
        let list = [first.as_str(), somebody.as_str(), last.as_str()];
        let listed = first_page(self.server, &self.searches.of_anyone(kind, Some(&list))).await.ok()?;
        let works = whose(&listed).as_ref() == Some(&somebody);
        if works {
            self.lists.see(kind);
        }
        Some(works)
    }

    /// Whether any of these patients, asked for alone, has something of the type that was not found.
    async fn have_more_alone(&self, kind: &str, ids: &[&String], found: &Found) -> Result<bool, ServerError> {
        for id in ids {
            let mut alone = Found::default();
            for asked in self.searches.of_patients(std::slice::from_ref(*id)).iter().filter(|it| it.kind == kind) {
                search(self.server, asked, &mut alone).await?;
            }
            alone.remove_strangers(self.server.base(), &BTreeSet::from([id.as_str()]));
            if alone.has_more_than(found) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
