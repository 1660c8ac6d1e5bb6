//! What the server holds, every version of it.

use super::{Answer, Call};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// What becomes of a list of patients.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Lists {
    #[default]
    Honoured,
    /// `patient=a,b` is answered for `a`; `_id=a,b` for both.
    FirstAlone,
    /// As [`Lists::FirstAlone`], but for this type only.
    FirstAloneFor(&'static str),
}

/// The versions of a resource, the oldest first.
type Versions = Vec<Value>;

/// What the server holds.
#[derive(Clone, Default)]
pub struct Store {
    resources: BTreeMap<(String, String), Versions>,
    /// Versions that the server has thrown away: type, id, version.
    pub thrown_away: BTreeSet<(String, String, usize)>,
    pages: Vec<Vec<Value>>,
    made: usize,
    /// The largest page, whatever is asked for; as many as are asked for at 0.
    pub page: usize,
    pub lists: Lists,
    /// Whether links to next pages are relative.
    pub relative_links: bool,
}

impl Store {
    /// A new version of a resource that says its id.
    pub fn put(&mut self, mut resource: Value) {
        let (kind, id) = (text(&resource, "resourceType").to_owned(), text(&resource, "id").to_owned());
        let versions = self.resources.entry((kind, id)).or_default();
        let meta = resource.as_object_mut().unwrap().entry("meta").or_insert_with(|| json!({}));
        meta["versionId"] = json!((versions.len() + 1).to_string());
        meta["lastUpdated"] = json!(Timestamp::now().to_string());
        versions.push(resource);
    }

    pub fn change(&mut self, kind: &str, id: &str, change: impl FnOnce(&mut Value)) {
        let mut resource = self.get(kind, id).unwrap();
        change(&mut resource);
        self.put(resource);
    }

    /// Lets all resources as they stand be of an hour ago.
    pub fn age(&mut self) {
        let then = (Timestamp::now() - SignedDuration::from_hours(1)).to_string();
        let newest = self.resources.values_mut().filter_map(|versions| versions.last_mut());
        newest.for_each(|resource| resource["meta"]["lastUpdated"] = json!(then));
    }

    /// Deletes a resource with all of its versions.
    pub fn delete(&mut self, kind: &str, id: &str) {
        self.resources.remove(&(kind.to_owned(), id.to_owned())).unwrap();
    }

    pub fn get(&self, kind: &str, id: &str) -> Option<Value> {
        self.resources.get(&(kind.to_owned(), id.to_owned()))?.last().cloned()
    }

    /// All resources of a type as they stand.
    pub fn all(&self, kind: &str) -> Vec<Value> {
        let of_kind = self.resources.iter().filter(|((other, _), _)| other == kind);
        of_kind.filter_map(|(_, versions)| versions.last().cloned()).collect()
    }

    /// The same without these types, as if there had never been any.
    pub fn without(&self, kinds: &[&str]) -> Store {
        let mut store = self.clone();
        store.resources.retain(|(kind, _), _| !kinds.contains(&kind.as_str()));
        store
    }

    /// How many versions all resources of a type have together: what was ever written.
    pub fn versions(&self, kind: &str) -> usize {
        self.resources.iter().filter(|((other, _), _)| other == kind).map(|(_, versions)| versions.len()).sum()
    }

    /// Answers a call.
    pub fn answer(&mut self, base: &str, call: &Call) -> Answer {
        let parts: Vec<&str> = call.path.split('/').filter(|part| !part.is_empty()).collect();
        match (call.method.as_str(), parts.as_slice()) {
            ("GET", ["metadata"]) => Answer::of(200, json!({ "resourceType": "CapabilityStatement" })),
            ("GET", []) if call.is_later_page() => self.later_page(base, call),
            ("POST", []) => self.transaction(&call.body),
            ("GET", [kind]) | ("POST", [kind, "_search"]) => self.search(base, kind, call),
            ("GET", [kind, id]) => self.version(kind, id, None),
            ("GET", [kind, id, "_history", version]) => self.version(kind, id, version.parse().ok()),
            other => panic!("the server of the test does not know {other:?}"),
        }
    }

    fn version(&self, kind: &str, id: &str, version: Option<usize>) -> Answer {
        let Some(versions) = self.resources.get(&(kind.to_owned(), id.to_owned())) else {
            return Answer::outcome(404, "not-found");
        };
        let is_thrown_away = |version| self.thrown_away.contains(&(kind.to_owned(), id.to_owned(), version));
        if version.is_some_and(is_thrown_away) {
            return Answer::outcome(410, "deleted");
        }
        match version.map_or_else(|| versions.last(), |version| versions.get(version - 1)) {
            Some(resource) => Answer::of(200, resource.clone()),
            None => Answer::outcome(404, "not-found"),
        }
    }

    fn search(&mut self, base: &str, kind: &str, call: &Call) -> Answer {
        let cut = match self.lists {
            Lists::Honoured => false,
            Lists::FirstAlone => true,
            Lists::FirstAloneFor(concerned) => kind == concerned,
        };
        let found = self.all(kind).into_iter().filter(|resource| {
            call.parameters.iter().all(|(name, value)| {
                let value = if cut && name == "patient" { value.split(',').next().unwrap() } else { value };
                is_meant(resource, name, value)
            })
        });
        let found: Vec<Value> = found.collect();
        let asked: usize = call.parameter("_count").map_or(20, |count| count.parse().unwrap());
        let page = if self.page == 0 { asked } else { asked.min(self.page) };
        if found.len() <= page {
            return Answer::of(200, searchset(&found, None));
        }
        self.pages.push(found);
        self.page_from(base, self.pages.len() - 1, 0, page)
    }

    fn later_page(&self, base: &str, call: &Call) -> Answer {
        let number = |name: &str| call.parameter(name).unwrap().parse::<usize>().unwrap();
        self.page_from(base, number("_getpages"), number("_getpagesoffset"), number("_count"))
    }

    fn page_from(&self, base: &str, search: usize, from: usize, count: usize) -> Answer {
        let found = &self.pages[search];
        let until = (from + count).min(found.len());
        let origin = if self.relative_links { "" } else { base };
        let next = format!("{origin}?_getpages={search}&_getpagesoffset={until}&_count={count}");
        Answer::of(200, searchset(&found[from..until], (until < found.len()).then_some(next)))
    }

    /// Where an entry's resource goes, and with what status: 201 where it is new, 200 where it stands.
    fn place(&mut self, entry: &Value) -> (u16, String) {
        if entry["request"]["method"] == "PUT" {
            return (200, text(&entry["request"], "url").to_owned());
        }
        let kind = text(&entry["resource"], "resourceType");
        let stands = entry["request"]["ifNoneExist"].as_str().and_then(|criteria| {
            let (name, value) = criteria.split_once('=').unwrap();
            self.all(kind).into_iter().find(|other| is_meant(other, name, value))
        });
        if let Some(other) = stands {
            return (200, format!("{kind}/{}", text(&other, "id")));
        }
        self.made += 1;
        (201, format!("{kind}/made-{}", self.made))
    }

    /// All entries or none.
    fn transaction(&mut self, body: &str) -> Answer {
        let bundle: Value = serde_json::from_str(body).unwrap();
        let entries = bundle["entry"].as_array().unwrap();
        for entry in entries.iter().filter(|entry| entry["request"]["method"] == "PUT") {
            let (kind, id) = entry["request"]["url"].as_str().unwrap().split_once('/').unwrap();
            let current = self.resources.get(&(kind.to_owned(), id.to_owned())).map_or(0, Vec::len);
            if entry["request"]["ifMatch"].as_str().is_some_and(|tag| tag != format!("W/\"{current}\"")) {
                return Answer::outcome(412, "conflict");
            }
        }
        let places: Vec<(u16, String)> = entries.iter().map(|entry| self.place(entry)).collect();
        let mut text = bundle.to_string();
        for (entry, (_, place)) in entries.iter().zip(&places).filter(|(entry, _)| entry["fullUrl"].is_string()) {
            let quoted = |text: &str| format!("\"{text}\"");
            text = text.replace(&quoted(super::store::text(entry, "fullUrl")), &quoted(place));
        }
        let bundle: Value = serde_json::from_str(&text).unwrap();
        for (entry, (status, place)) in bundle["entry"].as_array().unwrap().iter().zip(&places) {
            let mut resource = entry["resource"].clone();
            if entry["request"]["method"] == "PUT" || *status == 201 {
                resource["id"] = json!(place.split_once('/').unwrap().1);
                self.put(resource);
            }
        }
        // As FHIR lets servers choose, the version of what is new stands in its address, and of what stood in its tag.
        let response = |(status, place): &(u16, String)| {
            let (kind, id) = place.split_once('/').unwrap();
            let version = self.resources.get(&(kind.to_owned(), id.to_owned())).map_or(0, Vec::len);
            match status {
                201 => json!({ "status": "201", "location": format!("{place}/_history/{version}") }),
                _ => json!({ "status": status.to_string(), "etag": format!("W/\"{version}\"") }),
            }
        };
        let entries: Vec<Value> = places.iter().map(|place| json!({ "response": response(place) })).collect();
        Answer::of(200, json!({ "resourceType": "Bundle", "type": "transaction-response", "entry": entries }))
    }
}

fn searchset(resources: &[Value], next: Option<String>) -> Value {
    let entries: Vec<Value> =
        resources.iter().map(|it| json!({ "resource": it, "search": { "mode": "match" } })).collect();
    let links: Vec<Value> = next.into_iter().map(|url| json!({ "relation": "next", "url": url })).collect();
    json!({ "resourceType": "Bundle", "type": "searchset", "link": links, "entry": entries })
}

fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value[name].as_str().unwrap()
}

/// Whether a resource is meant by one parameter of a search.
fn is_meant(resource: &Value, name: &str, value: &str) -> bool {
    let any = |is: &dyn Fn(&str) -> bool| value.split(',').any(is);
    let tokens = |concept: &Value, token: &str| {
        let codings = concept["coding"].as_array().into_iter().flatten();
        codings.clone().any(|it| format!("{}|{}", text(it, "system"), it["code"].as_str().unwrap_or_default()) == token)
    };
    match name {
        "_id" => any(&|id| resource["id"] == id),
        "patient" => any(&|id| {
            let subject = resource.get("subject").or_else(|| resource.get("patient"));
            subject.is_some_and(|it| it["reference"] == format!("Patient/{id}"))
        }),
        "code" => any(&|token| tokens(&resource["code"], token)),
        "combo-code" => any(&|token| {
            let components = resource["component"].as_array().into_iter().flatten();
            tokens(&resource["code"], token) || components.clone().any(|it| tokens(&it["code"], token))
        }),
        "conclusion" => {
            any(&|token| resource["conclusionCode"].as_array().into_iter().flatten().any(|it| tokens(it, token)))
        }
        "identifier" => any(&|token| {
            let (system, of_system) = token.split_once('|').unwrap();
            let identifiers = resource["identifier"].as_array().into_iter().flatten();
            identifiers.clone().any(|it| it["system"] == system && (of_system.is_empty() || it["value"] == of_system))
        }),
        "target" => resource["target"].as_array().into_iter().flatten().any(|it| it["reference"] == value),
        "_lastUpdated" => {
            let since: Timestamp = value.strip_prefix("ge").unwrap().parse().unwrap();
            let at: Timestamp = resource["meta"]["lastUpdated"].as_str().unwrap().parse().unwrap();
            at >= since
        }
        "_count" | "_elements" | "_sort" => true,
        other => panic!("the server of the test does not know the search parameter {other}"),
    }
}
