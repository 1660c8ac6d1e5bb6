//! From a server to patients: which patients, which searches, in which batches; each patient whole, or not decided.

mod cohort;
mod export;
mod lists;
mod pages;
mod searches;
mod versions;

pub use cohort::{Cohort, Concerned};
pub use export::{Export, Exported};
pub use lists::Lists;
pub use pages::key;
pub use searches::{Asked, SearchSettings, Searches, TypeSettings};
pub use versions::{Lost, again};

use super::assemble;
use crate::bounds::Bounds;
use crate::fhir::Record;
use crate::server::{Server, ServerError};
use futures_util::future::try_join_all;
use pages::{Found, SPECIMEN, search};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use url::Url;

/// Rounds in which resources that others refer to are fetched: a panel within a panel within a report.
const ROUNDS_OF_REFERENCES: usize = 3;

/// Patients' records from a server.
#[derive(Debug)]
pub struct Pull<'s> {
    server: &'s Server,
    searches: Searches,
    /// How the server takes lists of patients; found out on the way.
    lists: Lists,
    /// Patients asked for alone, in a row, at whom the server failed as if it were not there for anyone.
    failed_in_a_row: AtomicUsize,
    /// Whether the server was seen not to give Specimens.
    no_specimens: AtomicBool,
}

/// So many patients in a row at whom the server fails are not the patients' fault: that ends the run.
pub const PATIENTS_IN_A_ROW: usize = 3;

/// The records of some patients, as the server has them at one time.
#[derive(Debug, Default)]
pub struct Batch {
    /// One Bundle with all resources of the patients whose searches completed.
    text: String,
    /// Those patients.
    complete: Vec<String>,
    /// Patients whom the server does not have (any more).
    pub gone: Vec<String>,
    /// Patients whose record is another's now.
    pub merged: Vec<String>,
    /// Patients whose searches did not complete, and why.
    pub incomplete: Vec<(String, ServerError)>,
    /// Entries of patients who were not asked for; none of them is used.
    pub strangers: u64,
    bounds: Bounds,
}

/// A patient whose record is at hand, or why it is not whole.
pub type Pulled<'b> = (String, Result<Record<'b>, String>);

impl Batch {
    /// The records: `Patient/p1` with all of its resources, or why they cannot be read as a whole.
    pub fn records(&self) -> Vec<Pulled<'_>> {
        let wanted: BTreeSet<String> = self.complete.iter().map(|id| format!("Patient/{id}")).collect();
        let mut records: BTreeMap<String, Record<'_>> = BTreeMap::new();
        let mut failures: BTreeMap<String, String> = BTreeMap::new();
        let (assembled, problems) = assemble::records_and_failures(&self.text, self.bounds);
        for record in assembled {
            records.insert(record.patient().to_owned(), record);
        }
        for failure in problems {
            // What names nobody may be anybody's of this batch.
            let concerned: Vec<&String> = match failure.patients.is_empty() {
                true => wanted.iter().collect(),
                false => failure.patients.iter().collect(),
            };
            for patient in concerned {
                failures.entry(patient.clone()).or_insert_with(|| failure.damage.to_string());
            }
        }
        let whole = |patient: String| {
            let found = match (failures.remove(&patient), records.remove(&patient)) {
                (Some(why), _) => Err(why),
                (None, Some(record)) => Ok(record),
                (None, None) => Err("the server's answer has nothing of this patient".to_owned()),
            };
            (patient, found)
        };
        wanted.into_iter().map(whole).collect()
    }

    fn add(&mut self, other: Batch) {
        self.complete.extend(other.complete);
        self.gone.extend(other.gone);
        self.merged.extend(other.merged);
        self.incomplete.extend(other.incomplete);
        self.strangers += other.strangers;
        self.text = match self.text.is_empty() {
            true => other.text,
            false => joined(&self.text, &other.text),
        };
    }
}

/// Two Bundles of ours in one.
fn joined(one: &str, other: &str) -> String {
    let (Some(one), Some(rest)) = (one.strip_suffix(END), other.strip_prefix(START)) else { return one.to_owned() };
    let comma = if one == START || rest == END { "" } else { "," };
    format!("{one}{comma}{rest}")
}

/// The texts of resources as one Bundle of ours.
fn bundle<'t>(resources: impl Iterator<Item = &'t str>) -> String {
    let mut text = START.to_owned();
    for (place, resource) in resources.enumerate() {
        if place > 0 {
            text.push(',');
        }
        text.push_str(r#"{"resource":"#);
        text.push_str(resource);
        text.push('}');
    }
    text.push_str(END);
    text
}

const START: &str = r#"{"resourceType":"Bundle","type":"collection","entry":["#;
const END: &str = "]}";

impl<'s> Pull<'s> {
    /// From a server, by these searches; it is not known yet how it takes lists of patients.
    pub fn new(server: &'s Server, searches: Searches) -> Pull<'s> {
        Pull {
            server,
            searches,
            lists: Lists::default(),
            failed_in_a_row: AtomicUsize::new(0),
            no_specimens: AtomicBool::new(false),
        }
    }

    /// How the server takes lists of patients, as far as it was seen.
    pub const fn lists(&self) -> &Lists {
        &self.lists
    }

    /// The searches.
    pub const fn searches(&self) -> &Searches {
        &self.searches
    }

    /// The server.
    pub const fn server(&self) -> &'s Server {
        self.server
    }

    /// The records of these patients (ids), all searches together where the server takes lists, else one by one.
    ///
    /// # Errors
    /// Where the server as a whole cannot be worked with. What concerns a patient stands in the batch.
    pub async fn batch(&self, ids: &[String]) -> Result<Batch, ServerError> {
        if ids.len() > 1 && !self.lists.are_refused() {
            match self.together(ids).await {
                Ok(Some(batch)) => return Ok(batch),
                Ok(None) => {
                    tracing::warn!("the server does not take lists of patients; each is asked for alone");
                    self.lists.refuse();
                }
                Err(error) if error.is_fatal() && !error.may_be_one_patients() => return Err(error),
                Err(error) => tracing::warn!(%error, "a search for several patients failed; each is asked for alone"),
            }
        }
        let mut batch = Batch { bounds: *self.server.bounds(), ..Batch::default() };
        for id in ids {
            let one = self.together(std::slice::from_ref(id)).await;
            match &one {
                Err(error) if error.is_fatal() => {
                    let in_a_row = self.failed_in_a_row.fetch_add(1, Ordering::Relaxed) + 1;
                    if !error.may_be_one_patients() || in_a_row >= PATIENTS_IN_A_ROW {
                        return Err(error.clone());
                    }
                }
                _ => self.failed_in_a_row.store(0, Ordering::Relaxed),
            }
            match one {
                Ok(Some(one)) => batch.add(one),
                Ok(None) => batch.incomplete.push((id.clone(), ServerError::Address("the patient's id".to_owned()))),
                Err(error) => batch.incomplete.push((id.clone(), error)),
            }
        }
        Ok(batch)
    }

    /// The records of these patients by one search a type, all at once as far as the limits allow; nothing where the
    /// server seems not to take lists.
    async fn together(&self, ids: &[String]) -> Result<Option<Batch>, ServerError> {
        let searches = self.searches.of_patients(ids);
        let each = searches.iter().map(|asked| async move {
            let mut found = Found::default();
            search(self.server, asked, &mut found).await.map(|()| found)
        });
        let mut found = Found::default();
        for brought in try_join_all(each).await? {
            found.merge(brought);
            found.hold(self.server.bounds(), "the searches of a patient")?;
        }
        found.check_subjects()?;
        let wanted: BTreeSet<&str> = ids.iter().map(String::as_str).collect();
        let elsewhere = found.at_other_addresses(self.server.base(), &wanted);
        let strangers = found.remove_strangers(self.server.base(), &wanted);
        let missing: Vec<&String> = ids.iter().filter(|id| !found.has("Patient", id)).collect();
        if ids.len() > 1
            && (strangers > elsewhere.len() as u64 || (missing.len() == ids.len() && self.is_there(&missing).await?))
        {
            return Ok(None);
        }
        if ids.len() > 1 && !self.is_whole(ids, &searches, &found).await? {
            return Ok(None);
        }
        let mut batch = Batch { strangers, bounds: *self.server.bounds(), ..Batch::default() };
        for id in &missing {
            match self.server.get(&format!("Patient/{id}")).await {
                // The list did not have it, and yet it is there: an index that lags behind, or lists that are cut.
                Ok(answer) => found.add_one(&answer)?,
                Err(error) if matches!(error.status(), Some(404 | 410)) => batch.gone.push((*id).clone()),
                Err(error) => return Err(error),
            }
        }
        self.whole(batch, ids, found, Found::default(), elsewhere).await.map(Some)
    }

    /// A batch of patients of whom all was found but for what it refers to: that comes from what was put `aside`, or
    /// else from the server.
    async fn whole(
        &self,
        mut batch: Batch,
        ids: &[String],
        mut found: Found,
        aside: Found,
        elsewhere: BTreeMap<String, String>,
    ) -> Result<Batch, ServerError> {
        self.referenced(&mut found, aside, &ids.iter().map(String::as_str).collect()).await?;
        batch.merged = found.merged();
        for (id, host) in elsewhere {
            batch.incomplete.push((id, ServerError::OtherAddress(host)));
        }
        let is_open = |id: &String| batch.incomplete.iter().any(|(open, _)| open == id);
        let is_left = |id: &&String| !batch.gone.contains(id) && !batch.merged.contains(id) && !is_open(id);
        batch.complete = ids.iter().filter(is_left).cloned().collect();
        batch.text = found.bundle();
        Ok(batch)
    }

    /// Whether any of these patients is there when asked for alone.
    async fn is_there(&self, ids: &[&String]) -> Result<bool, ServerError> {
        let Some(first) = ids.first() else { return Ok(false) };
        match self.server.get(&format!("Patient/{first}")).await {
            Ok(_) => Ok(true),
            Err(error) if matches!(error.status(), Some(404 | 410)) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Takes from what was put aside, or fetches, what the resources refer to and the searches did not bring: results of
    /// reports, members of panels, sites.
    async fn referenced(
        &self,
        found: &mut Found,
        mut aside: Found,
        wanted: &BTreeSet<&str>,
    ) -> Result<(), ServerError> {
        let mut asked_for: BTreeSet<String> = BTreeSet::new();
        for _ in 0..ROUNDS_OF_REFERENCES {
            let missing: BTreeSet<String> =
                found.dangling().into_iter().filter(|reference| !asked_for.contains(reference)).collect();
            if missing.is_empty() {
                return Ok(());
            }
            asked_for.extend(missing.iter().cloned());
            for asked in self.searches.of_references(&found.take(&mut aside, missing)) {
                if asked.kind != SPECIMEN {
                    search(self.server, &asked, found).await?;
                } else if !self.no_specimens.load(Ordering::Relaxed)
                    && let Err(error) = search(self.server, &asked, found).await
                {
                    tracing::warn!(%error, "no Specimen is asked for any more: a record is whole without");
                    self.no_specimens.store(true, Ordering::Relaxed);
                }
            }
            found.remove_strangers(self.server.base(), wanted);
        }
        Ok(())
    }
}

/// All resources that a search brings.
///
/// # Errors
/// Where it does not complete.
pub async fn resources(server: &Server, asked: &searches::Asked) -> Result<Vec<Value>, ServerError> {
    let mut found = Found::default();
    search(server, asked, &mut found).await?;
    Ok(found.resources().cloned().collect())
}

/// The id of the patient that a reference leads to, relative or at this server, with a version or without.
pub fn patient_id<'r>(base: &Url, reference: &'r str) -> Option<&'r str> {
    let relative = match reference.strip_prefix(base.as_str()) {
        Some(relative) => relative,
        None if reference.contains("://") => return None,
        None => reference.trim_start_matches('/'),
    };
    let mut parts = relative.split('/');
    parts.next().filter(|kind| *kind == "Patient").and_then(|_| parts.next()).filter(|id| !id.is_empty())
}

/// The id of the patient whose a resource is.
fn owner<'r>(base: &Url, resource: &'r Value) -> Option<&'r str> {
    if resource.get("resourceType").and_then(Value::as_str) == Some("Patient") {
        return resource.get("id").and_then(Value::as_str);
    }
    subject(resource).and_then(|reference| patient_id(base, reference))
}

/// The id of the patient whom a resource names at another address than the server's, and that address's host.
fn at_other_address(base: &Url, resource: &Value) -> Option<(String, String)> {
    if owner(base, resource).is_some() {
        return None;
    }
    let url = Url::parse(subject(resource)?).ok()?;
    let id = url.path().rsplit_once("/Patient/")?.1.split('/').next()?.to_owned();
    Some((id, url.host_str()?.to_owned()))
}

fn subject(resource: &Value) -> Option<&str> {
    resource.get("subject").or_else(|| resource.get("patient"))?.get("reference")?.as_str()
}
