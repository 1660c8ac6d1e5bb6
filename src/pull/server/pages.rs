//! All pages of a search, by the server's own links, and what they brought.

use super::searches::Asked;
use super::{owner, subject};
use crate::fhir::resource::is_read;
use crate::server::{Answer, Server, ServerError};
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use url::Url;

/// How often a search is begun anew whose pages have run out on the server.
const RESTARTS: usize = 2;

/// The most pages of one search: a server that never ends must not be followed for ever.
const MOST_PAGES: usize = 10_000;

/// What searches brought, each resource once: its text as it came, since a decimal must stay one, and a look into it.
#[derive(Debug, Default)]
pub struct Found {
    resources: BTreeMap<(String, String), (Box<RawValue>, Value)>,
}

/// Type and id of a resource.
pub fn key(resource: &Value) -> Option<(String, String)> {
    let text = |name: &str| resource.get(name).and_then(Value::as_str).map(str::to_owned);
    text("resourceType").zip(text("id"))
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
    let mut seen: HashSet<String> = HashSet::new();
    let mut came = Came::default();
    for _ in 0..MOST_PAGES {
        let Some(next) = found.add_page(&answer, &mut came)? else {
            let number = came.keys.len() as u64;
            return match came.total > number && !asked.any_total {
                true => Err(ServerError::Fewer { what: answer.what, total: came.total, came: number }),
                false => Ok(()),
            };
        };
        if !seen.insert(next.clone()) {
            return Err(ServerError::Circle(answer.what));
        }
        answer = server.follow(&next).await?;
    }
    Err(ServerError::Circle(answer.what))
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
    /// Adds the resources of a page; its link to the next one.
    fn add_page(&mut self, answer: &Answer, came: &mut Came) -> Result<Option<String>, ServerError> {
        let page: Page<'_> = serde_json::from_str(&answer.body).map_err(|error| answer.not_fhir(&error))?;
        if (page.resource_type.as_deref(), page.kind.as_deref()) != (Some("Bundle"), Some("searchset")) {
            let what = match (page.resource_type.as_deref(), page.kind.as_deref()) {
                (Some("Bundle"), kind) => format!("a Bundle of type `{}`", kind.unwrap_or("none")),
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
            self.add(text.to_owned(), resource, answer)?;
        }
        let mut next = page.link.into_iter().filter(|link| link.relation.as_deref() == Some("next"));
        Ok(next.find_map(|link| link.url).map(Cow::into_owned))
    }

    /// Adds the one resource that an answer is.
    pub fn add_one(&mut self, answer: &Answer) -> Result<(), ServerError> {
        let text: &RawValue = serde_json::from_str(&answer.body).map_err(|error| answer.not_fhir(&error))?;
        self.add(text.to_owned(), answer.json()?, answer)
    }

    /// Adds what another search brought.
    pub fn merge(&mut self, other: Found) {
        self.resources.extend(other.resources);
    }

    fn add(&mut self, raw: Box<RawValue>, resource: Value, answer: &Answer) -> Result<(), ServerError> {
        let Some(key) = key(&resource) else {
            let why = "a resource without type or id".to_owned();
            return Err(ServerError::NotFhir { what: answer.what.clone(), why });
        };
        self.resources.insert(key, (raw, resource));
        Ok(())
    }

    /// Looks for a resource whose subject is damaged: a search has brought it for somebody, and whose it is is lost.
    pub fn check_subjects(&self) -> Result<(), ServerError> {
        let damaged = self
            .resources
            .iter()
            .find(|((kind, _), (_, resource))| is_read(kind) && kind != "Patient" && has_damaged_subject(resource));
        match damaged {
            None => Ok(()),
            Some(((kind, _), _)) => {
                let why = "a resource whose subject is no reference".to_owned();
                Err(ServerError::NotFhir { what: kind.clone(), why })
            }
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
        self.resources.retain(|(kind, _), (_, resource)| match (owner(base, resource), subject(resource)) {
            (Some(id), _) => wanted.contains(id),
            // A site may not say whose it is; what it is referred to by does.
            (None, None) => kind == "BodyStructure",
            (None, Some(_)) => false,
        });
        (before - self.resources.len()) as u64
    }

    /// The wanted patients of whom something names the subject at another address, and that address's host: whether it
    /// is the same server cannot be known.
    pub fn at_other_addresses(&self, base: &Url, wanted: &BTreeSet<&str>) -> BTreeMap<String, String> {
        let elsewhere = |resource: &Value| {
            let url = Url::parse(subject(resource)?).ok()?;
            let id = url.path().rsplit_once("/Patient/")?.1.split('/').next()?.to_owned();
            let host = url.host_str()?.to_owned();
            (owner(base, resource).is_none() && wanted.contains(id.as_str())).then_some((id, host))
        };
        self.resources().filter_map(elsewhere).collect()
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
    let codes: Vec<String> =
        issues.filter(severe).filter_map(|issue| issue.get("code")?.as_str()).map(str::to_owned).collect();
    if codes.is_empty() {
        return Ok(());
    }
    Err(ServerError::Status { what: answer.what.clone(), status: answer.status, issues: codes, retry_after: None })
}

/// Whether what says whose a resource is holds anything but a reference by address or identifier.
fn has_damaged_subject(resource: &Value) -> bool {
    let subject = resource.get("subject").or_else(|| resource.get("patient"));
    subject.is_some_and(|subject| match subject {
        Value::Null => false,
        Value::Object(fields) => {
            let not = |name: &str, is: fn(&Value) -> bool| fields.get(name).is_some_and(|value| !is(value));
            not("reference", Value::is_string) || not("identifier", Value::is_object)
        }
        _ => true,
    })
}

/// The types that are fetched by reference.
const REFERENCED: [&str; 2] = ["Observation", "BodyStructure"];

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
