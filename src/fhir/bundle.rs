//! A JSON text taken apart: a Bundle's entries (of Bundles within it too), or the one resource that it is.

use super::clinical::Unread;
use super::resource::{Resource, Unreadable, problem};
use super::text::{List, Presence, Text};
use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, Error, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::fmt;

/// Bundles within Bundles that are opened; a batch of searches has one.
const DEEPEST: usize = 4;

/// What is said of a Bundle that is not opened.
pub const TOO_DEEP: &str = "it is nested too deeply";

/// Whether a Bundle at this entry (`3.1.1.1.1`) is one within too many others.
pub fn is_too_deep(entry: &str) -> bool {
    entry.matches('.').count() >= DEEPEST
}

/// A resource of a text, or why it cannot be read.
#[derive(Debug)]
pub struct Part<'a> {
    /// Its address in the Bundle.
    pub full_url: Option<Text<'a>>,
    /// The resource.
    pub content: Content<'a>,
}

/// What stands in a part.
#[derive(Debug)]
pub enum Content<'a> {
    /// A resource.
    Resource(Resource<'a>),
    /// A resource that cannot be read.
    Unreadable {
        /// The entry that it came in, counted from 1 (`3`, in a Bundle within a Bundle `3.1`); none for a bare resource.
        entry: Option<String>,
        /// Its JSON text.
        text: &'a str,
        /// Why.
        why: Unreadable,
    },
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Bundle<'a> {
    #[serde(borrow)]
    link: List<Link<'a>>,
    #[serde(borrow)]
    entry: List<Entry<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Link<'a> {
    #[serde(borrow)]
    relation: Option<Text<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Entry<'a> {
    #[serde(borrow)]
    full_url: Option<Text<'a>>,
    #[serde(borrow)]
    resource: Option<Resource<'a>>,
    request: Presence,
    response: Presence,
}

impl Bundle<'_> {
    /// Whether it is nothing but resources: no page of several, no word of what was asked for and what came of it.
    fn is_plain(&self) -> bool {
        let is_own = |link: &Link<'_>| link.relation.as_deref() == Some("self");
        let only_holds = |entry: &Entry<'_>| entry.request == Presence::Absent && entry.response == Presence::Absent;
        self.link.iter().all(is_own) && self.entry.iter().all(only_holds)
    }
}

enum BundleOrResource<'a> {
    Bundle(Bundle<'a>),
    Resource(Resource<'a>),
}

impl<'de: 'a, 'a> Deserialize<'de> for BundleOrResource<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TypeFirst;
        impl<'de> Visitor<'de> for TypeFirst {
            type Value = BundleOrResource<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a Bundle or a resource")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                match map.next_key::<Text<'de>>()? {
                    Some(key) if key == "resourceType" => {}
                    _ => return Err(A::Error::custom("`resourceType` does not stand first")),
                }
                let kind: Text<'de> = map.next_value()?;
                let rest = MapAccessDeserializer::new(map);
                match kind.as_str() {
                    "Bundle" => Bundle::deserialize(rest).map(BundleOrResource::Bundle),
                    _ => Resource::of_type(&kind, rest).map(BundleOrResource::Resource),
                }
            }
        }
        deserializer.deserialize_map(TypeFirst)
    }
}

/// Takes a text apart. A part that cannot be read does not take the others with it.
///
/// # Errors
/// Where the text is no JSON object, or a Bundle without readable entries.
pub fn parts(text: &str) -> Result<Vec<Part<'_>>, Unreadable> {
    if let Some((parts, _)) = parts_at_once(text) {
        return Ok(parts);
    }
    let mut parts = Vec::new();
    one_by_one(text, None, None, &mut parts)?;
    Ok(parts)
}

/// The parts of a text that is nothing but resources, each as it should be; nothing where anything needs a closer look.
pub fn plain_parts(text: &str) -> Option<Vec<Part<'_>>> {
    let of_search = |part: &Part<'_>| matches!(&part.content, Content::Resource(it) if it.kind() == "OperationOutcome");
    parts_at_once(text).filter(|(parts, is_plain)| *is_plain && !parts.iter().any(of_search)).map(|(parts, _)| parts)
}

/// The way of nearly all texts, which are read in one go, and whether there is nothing but resources; nothing where a
/// part needs a closer look.
fn parts_at_once(text: &str) -> Option<(Vec<Part<'_>>, bool)> {
    let fine = |resource: &Resource<'_>| resource.other_version().is_none() && resource.kind() != "Bundle";
    match serde_json::from_str(text).ok()? {
        BundleOrResource::Resource(resource) => {
            let part = |resource| Part { full_url: None, content: Content::Resource(resource) };
            fine(&resource).then(|| (vec![part(resource)], true))
        }
        BundleOrResource::Bundle(bundle) => {
            let is_plain = bundle.is_plain();
            let parts = bundle.entry.into_iter().filter_map(|entry| {
                let resource = entry.resource?;
                let full_url = entry.full_url;
                Some(fine(&resource).then_some(Part { full_url, content: Content::Resource(resource) }))
            });
            Some((parts.collect::<Option<_>>()?, is_plain))
        }
    }
}

fn one_by_one<'a>(
    text: &'a str,
    entry: Option<String>,
    full_url: Option<Text<'a>>,
    parts: &mut Vec<Part<'a>>,
) -> Result<(), Unreadable> {
    #[derive(Deserialize)]
    struct RawBundle<'a> {
        #[serde(borrow, default)]
        entry: List<&'a RawValue>,
    }
    #[derive(Default, Deserialize)]
    #[serde(default, rename_all = "camelCase")]
    struct RawEntry<'a> {
        #[serde(borrow)]
        full_url: Option<Text<'a>>,
        #[serde(borrow)]
        resource: Option<&'a RawValue>,
    }
    let is_bundle = serde_json::from_str::<Unread<'a>>(text)
        .is_ok_and(|head| head.resource_type.is_some_and(|kind| kind == "Bundle"));
    if !is_bundle {
        let content = match Resource::read(text) {
            Ok(resource) => Content::Resource(resource),
            Err(why) => Content::Unreadable { entry, text, why },
        };
        parts.push(Part { full_url, content });
        return Ok(());
    }
    if entry.as_ref().is_some_and(|entry| is_too_deep(entry)) {
        return Err(Unreadable::Field { field: "entry".to_owned(), problem: TOO_DEEP });
    }
    let bundle: RawBundle<'a> = serde_json::from_str(text).map_err(|error| problem(text, &error))?;
    for (place, raw) in bundle.entry.into_iter().enumerate() {
        let entry = match &entry {
            Some(outer) => format!("{outer}.{}", place + 1),
            None => (place + 1).to_string(),
        };
        match serde_json::from_str::<RawEntry<'a>>(raw.get()) {
            Ok(RawEntry { resource: None, .. }) => {}
            Ok(RawEntry { full_url, resource: Some(resource) }) => {
                if let Err(why) = one_by_one(resource.get(), Some(entry.clone()), full_url, parts) {
                    let content = Content::Unreadable { entry: Some(entry), text: resource.get(), why };
                    parts.push(Part { full_url: None, content });
                }
            }
            Err(error) => {
                let why = problem(raw.get(), &error);
                let content = Content::Unreadable { entry: Some(entry), text: raw.get(), why };
                parts.push(Part { full_url: None, content });
            }
        }
    }
    Ok(())
}
