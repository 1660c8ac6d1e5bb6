//! All pages of a search, by the server's own links, and what they brought.

use super::searches::Asked;
use super::{at_other_address, owner, subject};
use crate::bounds::{Bound, Bounds};
use crate::fhir::resource::is_read;
use crate::server::{Answer, Server, ServerError, code};
use serde::Deserialize;
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Value, json};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::hash::{BuildHasher, RandomState};
use url::Url;

/// How often a search is begun anew whose pages have run out on the server.
const RESTARTS: usize = 2;

/// What searches brought, each resource once: its text as it came, since a decimal must stay one, and a look into it.
#[derive(Debug, Default)]
pub struct Found {
    resources: BTreeMap<(String, String), (Box<RawValue>, Value)>,
    /// How large their texts are together.
    size: u64,
    /// Whether of each only that is kept which tells whose it is and its version.
    only_owners: bool,
}

/// Type and id of a resource.
pub fn key(resource: &Value) -> Option<(String, String)> {
    let text = |name: &str| resource.get(name).and_then(Value::as_str).map(str::to_owned);
    text("resourceType").zip(text("id"))
}

/// Its reference with its version (`CarePlan/12/_history/3`), where it says which.
pub fn versioned(resource: &Value) -> Option<String> {
    let (kind, id) = key(resource)?;
    let version = resource.pointer("/meta/versionId").and_then(Value::as_str)?;
    Some(format!("{kind}/{id}/_history/{version}"))
}

/// What a search brought by itself, against what the server said that there is.
#[derive(Default)]
struct Came {
    total: u64,
    keys: HashSet<(String, String)>,
}

/// Does a search with all of its pages, and begins anew where a page has run out, or where fewer resources came than the
/// server says that there are: one may have been deleted meanwhile.
pub async fn search(server: &Server, asked: &Asked, found: &mut Found) -> Result<(), ServerError> {
    for _ in 0..RESTARTS {
        match pages(server, asked, found).await {
            Err(error) if error.status() == Some(410) || matches!(error, ServerError::Fewer { .. }) => {
                tracing::warn!(search = asked.kind, %error, "the search begins anew");
            }
            other => return other,
        }
    }
    pages(server, asked, found).await
}

async fn pages(server: &Server, asked: &Asked, found: &mut Found) -> Result<(), ServerError> {
    let mut answer = first(server, asked).await?;
    let (mut seen, hashes) = (HashSet::new(), RandomState::new());
    let mut came = Came::default();
    for _ in 0..server.bounds().most(Bound::Pages) {
        let Some(next) = found.add_page(&answer, &mut came)? else {
            let number = came.keys.len() as u64;
            return match came.total > number && !asked.any_total {
                true => Err(ServerError::Fewer { what: answer.what, total: came.total, came: number }),
                false => Ok(()),
            };
        };
        found.hold(server.bounds(), &answer.what)?;
        if !seen.insert(hashes.hash_one(&next)) {
            return Err(ServerError::Circle(answer.what));
        }
        answer = server.follow(&next).await?;
    }
    Err(ServerError::Beyond { what: answer.what, exceeded: server.bounds().exceeded(Bound::Pages) })
}

/// What the first page of a search has, whatever else there is.
pub async fn first_page(server: &Server, asked: &Asked) -> Result<Found, ServerError> {
    let mut found = Found::default();
    found.add_page(&first(server, asked).await?, &mut Came::default())?;
    Ok(found)
}

/// The first page: by POST, or by GET where the configuration says so.
async fn first(server: &Server, asked: &Asked) -> Result<Answer, ServerError> {
    if asked.by_get {
        return server.search_by_get(&asked.kind, &asked.parameters).await;
    }
    server.search(&asked.kind, &asked.parameters).await
}

impl Found {
    /// Of whom something is in which version, and nothing else of what is found.
    pub fn of_owners() -> Found {
        Found { only_owners: true, ..Found::default() }
    }

    /// Whether all of it may be held at once; an error names what was asked.
    pub fn hold(&self, bounds: &Bounds, what: &str) -> Result<(), ServerError> {
        let beyond = |exceeded| ServerError::Beyond { what: what.to_owned(), exceeded };
        bounds.hold(Bound::Record, self.size).map_err(beyond)
    }

    /// Adds the resources of a page; its link to the next one.
    fn add_page(&mut self, answer: &Answer, came: &mut Came) -> Result<Option<String>, ServerError> {
        let page: Page<'_> = serde_json::from_str(&answer.body).map_err(|error| answer.not_fhir(&error))?;
        if (page.resource_type.as_deref(), page.kind.as_deref()) != (Some("Bundle"), Some("searchset")) {
            let what = match (page.resource_type.as_deref(), page.kind.as_deref()) {
                (Some("Bundle"), Some(kind)) => match code(&Value::from(kind)) {
                    Some(kind) => format!("a Bundle of type `{kind}`"),
                    None => "a Bundle of a type that FHIR does not know".to_owned(),
                },
                (Some("Bundle"), None) => "a Bundle without a type".to_owned(),
                (Some(_), _) => "a resource that is no Bundle".to_owned(),
                (None, _) => "JSON that is no FHIR".to_owned(),
            };
            return Err(ServerError::NotFhir { what: answer.what.clone(), why: what });
        }
        came.total = came.total.max(page.total.unwrap_or(0));
        for (text, mode) in page.entry.into_iter().filter_map(|entry| Some((entry.resource?, entry.search.mode))) {
            let resource: Value = serde_json::from_str(text.get()).map_err(|error| answer.not_fhir(&error))?;
            if resource.get("resourceType").and_then(Value::as_str) == Some("OperationOutcome") {
                refused(&resource, answer)?;
                continue;
            }
            // What came along with a match is not among the total.
            came.keys.extend(key(&resource).filter(|_| mode.is_none_or(|mode| mode == "match")));
            if !self.add(text.to_owned(), resource) {
                return Err(nameless(answer));
            }
        }
        let mut next = page.link.into_iter().filter(|link| link.relation.as_deref() == Some("next"));
        Ok(next.find_map(|link| link.url).map(Cow::into_owned))
    }

    /// Adds the one resource that an answer is.
    pub fn add_one(&mut self, answer: &Answer) -> Result<(), ServerError> {
        let text: &RawValue = serde_json::from_str(&answer.body).map_err(|error| answer.not_fhir(&error))?;
        if self.add(text.to_owned(), answer.json()?) { Ok(()) } else { Err(nameless(answer)) }
    }

    /// Adds a resource as an export has it.
    ///
    /// # Errors
    /// Where it is no JSON.
    pub fn add_text(&mut self, text: String, resource: Value) -> Result<(), serde_json::Error> {
        RawValue::from_string(text).map(|raw| {
            // Nothing without type and id was kept of the export.
            self.add(raw, resource);
        })
    }

    /// Moves those of these resources (`Observation/o1`) here that another finding has; the references of the others.
    pub fn take(&mut self, other: &mut Found, references: BTreeSet<String>) -> BTreeSet<String> {
        let is_left = |reference: &String| {
            let Some((kind, id)) = reference.split_once('/') else { return true };
            let taken = other.resources.remove_entry(&(kind.to_owned(), id.to_owned()));
            let is_left = taken.is_none();
            self.resources.extend(taken);
            is_left
        };
        references.into_iter().filter(is_left).collect()
    }

    /// Adds what another search brought.
    pub fn merge(&mut self, other: Found) {
        for (key, (raw, resource)) in other.resources {
            self.insert(key, raw, resource);
        }
    }

    /// Adds a resource; whether it has the type and id without which it cannot be.
    fn add(&mut self, raw: Box<RawValue>, resource: Value) -> bool {
        let Some(key) = key(&resource) else { return false };
        if !self.only_owners {
            self.insert(key, raw, resource);
            return true;
        }
        let owners = ["resourceType", "id", "subject", "patient"].into_iter();
        let fields = owners.filter_map(|name| Some((name.to_owned(), resource.get(name)?.clone())));
        let mut kept: serde_json::Map<String, Value> = fields.collect();
        if let Some(version) = resource.pointer("/meta/versionId") {
            kept.insert("meta".to_owned(), json!({ "versionId": version }));
        }
        let resource = Value::Object(kept);
        if let Ok(raw) = to_raw_value(&resource) {
            self.insert(key, raw, resource);
        }
        true
    }

    /// Looks for a resource whose subject is damaged: a search has brought it for somebody, and whose it is is lost.
    pub fn check_subjects(&self) -> Result<(), ServerError> {
        let damaged = self.resources.iter().find(|(_, (_, resource))| has_damaged_subject(resource));
        match damaged {
            None => Ok(()),
            Some(((kind, _), _)) => {
                let why = "a resource whose subject is no reference".to_owned();
                Err(ServerError::NotFhir { what: kind.clone(), why })
            }
        }
    }

    fn insert(&mut self, key: (String, String), raw: Box<RawValue>, resource: Value) {
        self.size += raw.get().len() as u64;
        if let Some((before, _)) = self.resources.insert(key, (raw, resource)) {
            self.size -= before.get().len() as u64;
        }
    }

    /// Whether a resource is there.
    pub fn has(&self, kind: &str, id: &str) -> bool {
        self.resources.contains_key(&(kind.to_owned(), id.to_owned()))
    }

    /// Whether something is here that another finding lacks.
    pub fn has_more_than(&self, other: &Found) -> bool {
        self.resources.keys().any(|key| !other.resources.contains_key(key))
    }

    /// The ids of the patients whose resources of a type are here.
    pub fn owners(&self, base: &Url, kind: &str) -> BTreeSet<String> {
        let of_kind = self.resources.iter().filter(|((other, _), _)| other == kind);
        of_kind.filter_map(|(_, (_, resource))| owner(base, resource)).map(str::to_owned).collect()
    }

    /// All resources.
    pub fn resources(&self) -> impl Iterator<Item = &Value> {
        self.resources.values().map(|(_, resource)| resource)
    }

    /// Takes out what is of patients who were not asked for; how many.
    pub fn remove_strangers(&mut self, base: &Url, wanted: &BTreeSet<&str>) -> u64 {
        let before = self.resources.len();
        let size = &mut self.size;
        self.resources.retain(|(kind, _), (raw, resource)| {
            let is_kept = match (owner(base, resource), subject(resource)) {
                (Some(id), _) => wanted.contains(id),
                // A site may not say whose it is; what it is referred to by does.
                (None, None) => kind == "BodyStructure",
                (None, Some(_)) => false,
            };
            *size -= if is_kept { 0 } else { raw.get().len() as u64 };
            is_kept
        });
        (before - self.resources.len()) as u64
    }

    /// The wanted patients of whom something names the subject at another address, and that address's host: whether it
    /// is the same server cannot be known.
    pub fn at_other_addresses(&self, base: &Url, wanted: &BTreeSet<&str>) -> BTreeMap<String, String> {
        let elsewhere = self.resources().filter_map(|resource| at_other_address(base, resource));
        elsewhere.filter(|(id, _)| wanted.contains(id.as_str())).collect()
    }

    /// The ids of patients whose record another has replaced.
    pub fn merged(&self) -> Vec<String> {
        let replaced = |patient: &&Value| {
            let links = patient.get("link").and_then(Value::as_array).into_iter().flatten();
            links.filter_map(|link| link.get("type")?.as_str()).any(|kind| kind == "replaced-by")
        };
        let is_patient = |resource: &&Value| resource.get("resourceType").and_then(Value::as_str) == Some("Patient");
        let patients = self.resources().filter(is_patient);
        patients.filter(replaced).filter_map(|patient| patient.get("id")?.as_str()).map(str::to_owned).collect()
    }

    /// References to results, panels' members and sites that are not there.
    pub fn dangling(&self) -> BTreeSet<String> {
        let mut references = BTreeSet::new();
        self.resources().for_each(|resource| gather(resource, &mut references));
        let is_there = |reference: &String| reference.split_once('/').is_some_and(|(kind, id)| self.has(kind, id));
        references.retain(|reference| !is_there(reference));
        references
    }

    /// All resources as one Bundle.
    pub fn bundle(&self) -> String {
        super::bundle(self.resources.values().map(|(raw, _)| raw.get()))
    }
}

#[derive(Deserialize)]
struct Page<'a> {
    #[serde(borrow, default, rename = "resourceType")]
    resource_type: Option<Cow<'a, str>>,
    #[serde(borrow, default, rename = "type")]
    kind: Option<Cow<'a, str>>,
    #[serde(default)]
    total: Option<u64>,
    #[serde(borrow, default)]
    link: Vec<Link<'a>>,
    #[serde(borrow, default)]
    entry: Vec<Entry<'a>>,
}

#[derive(Deserialize)]
struct Link<'a> {
    #[serde(borrow, default)]
    relation: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    url: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
struct Entry<'a> {
    #[serde(borrow, default)]
    resource: Option<&'a RawValue>,
    #[serde(borrow, default)]
    search: Search<'a>,
}

#[derive(Default, Deserialize)]
struct Search<'a> {
    #[serde(borrow, default)]
    mode: Option<Cow<'a, str>>,
}

/// An outcome within a page: an error means that the page is not all that there is.
fn refused(outcome: &Value, answer: &Answer) -> Result<(), ServerError> {
    let issues = outcome.get("issue").and_then(Value::as_array).into_iter().flatten();
    let severe = |issue: &&Value| matches!(issue.get("severity").and_then(Value::as_str), Some("error" | "fatal"));
    let mut severe = issues.filter(severe).peekable();
    if severe.peek().is_none() {
        return Ok(());
    }
    let codes = severe.filter_map(|issue| code(issue.get("code")?)).take(5).collect();
    Err(ServerError::Status { what: answer.what.clone(), status: answer.status, issues: codes, retry_after: None })
}

/// Whether what says whose a resource of a type that is read is holds anything but a reference by address or identifier.
pub fn has_damaged_subject(resource: &Value) -> bool {
    let kind = resource.get("resourceType").and_then(Value::as_str).unwrap_or_default();
    let subject = resource.get("subject").or_else(|| resource.get("patient")).filter(|it| !it.is_null());
    kind != "Patient"
        && is_read(kind)
        && subject.is_some_and(|subject| match subject {
            Value::Object(fields) => {
                let not = |name: &str, is: fn(&Value) -> bool| fields.get(name).is_some_and(|value| !is(value));
                not("reference", Value::is_string) || not("identifier", Value::is_object)
            }
            _ => true,
        })
}

fn nameless(answer: &Answer) -> ServerError {
    ServerError::NotFhir { what: answer.what.clone(), why: "a resource without type or id".to_owned() }
}

/// The types that are fetched by reference.
const REFERENCED: [&str; 3] = ["Observation", "BodyStructure", SPECIMEN];

/// A type of which nothing is read: a record is whole without it.
pub const SPECIMEN: &str = "Specimen";

fn gather(value: &Value, references: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            if let Some(text) = fields.get("reference").and_then(Value::as_str) {
                let parts: Vec<&str> = text.split('/').collect();
                let place = parts.iter().position(|part| REFERENCED.contains(part));
                if let Some((kind, id)) = place.and_then(|place| Some((parts.get(place)?, parts.get(place + 1)?))) {
                    references.insert(format!("{kind}/{id}"));
                }
            }
            fields.values().for_each(|field| gather(field, references));
        }
        Value::Array(items) => items.iter().for_each(|item| gather(item, references)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
