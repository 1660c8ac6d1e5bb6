//! Which patients a run is about.

use super::pages::{Found, search, versioned};
use super::{Pull, owner, patient_id};
use crate::plan::ResourceKind;
use crate::plan::codes::IDENTIFIER;
use crate::server::ServerError;
use serde_json::Value;
use std::collections::{BTreeSet, HashSet};

/// For more lists of patients than so many, everyone's changes are asked for.
const LISTS_OF_CHANGES: usize = 2;

/// Which patients a run is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cohort {
    /// Those with a diagnosis that the guideline speaks of, and those for whom something of ours stands.
    Diagnosed,
    /// These, by their ids.
    Named(Vec<String>),
    /// The members of a Group, and those for whom something of ours stands.
    Group(String),
}

/// The patients whom a run is about, by their ids.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Concerned {
    /// All of them.
    pub ids: BTreeSet<String>,
    /// Those for whom something of ours stands, where that was asked.
    pub with_plans: Option<BTreeSet<String>>,
}

impl Pull<'_> {
    /// The cohort's patients.
    ///
    /// # Errors
    /// Where a search does not complete: then it is not known who belongs to it.
    pub async fn cohort(&self, cohort: &Cohort) -> Result<Concerned, ServerError> {
        let mut ids = match cohort {
            Cohort::Named(ids) => return Ok(Concerned { ids: ids.iter().cloned().collect(), with_plans: None }),
            Cohort::Diagnosed => self.diagnosed(None).await?,
            Cohort::Group(group) => self.members(group).await?,
        };
        let with_plans = self.with_plans().await?;
        ids.extend(with_plans.iter().cloned());
        Ok(Concerned { ids, with_plans: Some(with_plans) })
    }

    /// Patients with a Condition whose code is a diagnosis; `since` an instant, only where it changed.
    ///
    /// # Errors
    /// Where a search does not complete.
    pub async fn diagnosed(&self, since: Option<&str>) -> Result<BTreeSet<String>, ServerError> {
        let mut found = Found::of_owners();
        for asked in self.searches.of_cohort(since) {
            search(self.server, &asked, &mut found).await?;
        }
        Ok(found.resources().filter_map(|it| owner(self.server.base(), it)).map(str::to_owned).collect())
    }

    /// Patients for whom a resource of ours stands.
    ///
    /// # Errors
    /// Where a search does not complete.
    pub async fn with_plans(&self) -> Result<BTreeSet<String>, ServerError> {
        let mut found = Found::of_owners();
        for kind in ResourceKind::ALL {
            let mut asked = self.searches.of_identifiers(kind.name(), &[format!("{IDENTIFIER}|")]);
            asked.parameters.push(("_elements".to_owned(), "subject,meta".to_owned()));
            search(self.server, &asked, &mut found).await?;
        }
        Ok(found.resources().filter_map(|it| owner(self.server.base(), it)).map(str::to_owned).collect())
    }

    /// Which of these patients have had something read of them changed since an instant, or are no longer there. For
    /// many patients, or where the server was not seen to take lists, everyone's changes are asked for: a few searches
    /// instead of some for each list.
    ///
    /// # Errors
    /// Where a search does not complete.
    pub async fn changed(&self, ids: &BTreeSet<String>, since: &str) -> Result<BTreeSet<String>, ServerError> {
        let mut found = Found::of_owners();
        let mut there = Found::of_owners();
        let ids_in_order: Vec<String> = ids.iter().cloned().collect();
        let a_list = self.searches.settings().patients.max(1);
        let of_everyone = ids.len() > LISTS_OF_CHANGES * a_list || (ids.len() > 1 && !self.lists.are_taken());
        if of_everyone {
            for asked in self.searches.of_changes(None, since) {
                search(self.server, &asked, &mut found).await?;
            }
        } else {
            for some in ids_in_order.chunks(a_list) {
                for asked in self.searches.of_changes(Some(some), since) {
                    search(self.server, &asked, &mut found).await?;
                }
            }
        }
        for some in ids_in_order.chunks(self.searches.ids_at_once()) {
            search(self.server, &self.searches.of_presence(some), &mut there).await?;
        }
        let owners = found.resources().filter_map(|it| owner(self.server.base(), it)).filter(|id| ids.contains(*id));
        let gone = ids.iter().filter(|id| !there.has("Patient", id));
        Ok(owners.map(str::to_owned).chain(gone.cloned()).collect())
    }

    /// Patients for whom a resource of ours was changed since an instant by another hand: those that stand as they were
    /// written last (`CarePlan/12/_history/3`) are not looked at.
    ///
    /// # Errors
    /// Where a search does not complete.
    pub async fn plans_changed(
        &self,
        since: &str,
        as_written: &HashSet<String>,
    ) -> Result<BTreeSet<String>, ServerError> {
        let mut found = Found::of_owners();
        for kind in ResourceKind::ALL {
            let mut asked = self.searches.of_identifiers(kind.name(), &[format!("{IDENTIFIER}|")]);
            asked.parameters.push(("_elements".to_owned(), "subject,meta".to_owned()));
            asked.parameters.push(("_lastUpdated".to_owned(), format!("ge{since}")));
            search(self.server, &asked, &mut found).await?;
        }
        let is_ours = |it: &&Value| versioned(it).is_some_and(|reference| as_written.contains(&reference));
        let changed = found.resources().filter(|it| !is_ours(it));
        Ok(changed.filter_map(|it| owner(self.server.base(), it)).map(str::to_owned).collect())
    }

    async fn members(&self, group: &str) -> Result<BTreeSet<String>, ServerError> {
        let id = group.strip_prefix("Group/").unwrap_or(group);
        let group = self.server.get(&format!("Group/{id}")).await?.json()?;
        let members = group.get("member").and_then(Value::as_array).into_iter().flatten();
        let is_active = |member: &&Value| member.get("inactive").and_then(Value::as_bool) != Some(true);
        let reference = |member: &Value| {
            member
                .pointer("/entity/reference")?
                .as_str()
                .and_then(|it| patient_id(self.server.base(), it))
                .map(str::to_owned)
        };
        Ok(members.filter(is_active).filter_map(reference).collect())
    }
}
