//! Exports in bulk (`$export`): begun, made while it is asked how far they are, given as files, ended.

use super::{Answer, Call, Store};
use flate2::Compression;
use flate2::write::GzEncoder;
use jiff::Timestamp;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::Write;

/// How the server makes exports, and those that it has made.
pub struct Exports {
    /// How often it answers that an export is not made yet.
    pub waits: usize,
    /// Types that it leaves out in silence.
    pub without_types: Vec<&'static str>,
    /// Patients whom it leaves out.
    pub without_patients: Vec<&'static str>,
    /// Issues that it tells beside the files: severity and code.
    pub issues: Vec<(&'static str, &'static str)>,
    /// Where its files lie, if not at the server.
    pub files_at: Option<String>,
    /// Whether they are given for the token alone.
    pub requires_token: bool,
    /// Whether they are compressed.
    pub gzip: bool,
    /// Whether the list of files says how many resources each has, and how many too many.
    pub count: Option<u64>,
    /// What it exports, and of when; if nothing, what it holds now.
    pub of: Option<(Store, Timestamp)>,
    /// The exports, in the order in which they were begun.
    pub made: Vec<Made>,
}

/// An export.
#[derive(Clone, Debug, Default)]
pub struct Made {
    /// The path by which it was begun.
    pub path: String,
    pub types: Vec<String>,
    asked: usize,
    /// Whether the server was told that it is no longer needed.
    pub is_ended: bool,
    time: String,
    files: Vec<(String, Vec<Value>)>,
}

impl Default for Exports {
    fn default() -> Exports {
        Exports {
            waits: 2,
            without_types: Vec::new(),
            without_patients: Vec::new(),
            issues: Vec::new(),
            files_at: None,
            requires_token: true,
            gzip: false,
            count: None,
            of: None,
            made: Vec::new(),
        }
    }
}

/// The id of the patient whose a resource is.
fn owner(resource: &Value) -> &str {
    if resource["resourceType"] == "Patient" {
        return resource["id"].as_str().unwrap();
    }
    let subject = resource.get("subject").or_else(|| resource.get("patient"));
    subject.and_then(|it| it["reference"].as_str()?.strip_prefix("Patient/")).unwrap_or_default()
}

impl Exports {
    /// The answer to a call that is about an export.
    pub fn answer(&mut self, base: &str, call: &Call, store: &Store) -> Option<Answer> {
        let parts: Vec<&str> = call.path.split('/').collect();
        match (call.method.as_str(), parts.as_slice()) {
            ("GET", ["Patient", "$export"]) => Some(self.begin(base, call, store, None)),
            ("GET", ["Group", group, "$export"]) => Some(match store.get("Group", group) {
                Some(group) => self.begin(base, call, store, Some(&group)),
                None => Answer::outcome(404, "not-found"),
            }),
            ("GET", ["export", number]) => Some(self.status(base, number.parse().unwrap())),
            ("DELETE", ["export", number]) => {
                self.made[number.parse::<usize>().unwrap()].is_ended = true;
                Some(Answer::of(202, json!({})))
            }
            ("GET", ["export", number, file]) => Some(self.file(number.parse().unwrap(), file)),
            _ => None,
        }
    }

    fn begin(&mut self, base: &str, call: &Call, store: &Store, group: Option<&Value>) -> Answer {
        if call.prefer.as_deref() != Some("respond-async") {
            return Answer::outcome(400, "required");
        }
        assert_eq!(call.parameter("_outputFormat"), Some("application/fhir+ndjson"));
        let types: Vec<String> = call.parameter("_type").unwrap().split(',').map(str::to_owned).collect();
        let (store, time) = self.of.as_ref().map_or_else(|| (store, Timestamp::now()), |(store, at)| (store, *at));
        let members = group.map(|group| group["member"].to_string());
        let is_in = |resource: &Value| {
            let id = owner(resource);
            let is_member = members.as_ref().is_none_or(|members| members.contains(&format!("\"Patient/{id}\"")));
            !id.is_empty() && is_member && !self.without_patients.contains(&id)
        };
        let mut files: BTreeMap<(&str, usize), Vec<Value>> = BTreeMap::new();
        for kind in types.iter().filter(|kind| !self.without_types.contains(&kind.as_str())) {
            // Two files a type, so that hardly any patient is in one alone.
            for (place, resource) in store.all(kind).into_iter().filter(is_in).enumerate() {
                files.entry((kind, place % 2)).or_default().push(resource);
            }
        }
        let files = files.into_iter().map(|((kind, _), resources)| (kind.to_owned(), resources)).collect();
        let path = call.path.clone();
        self.made.push(Made { path, types: types.clone(), asked: 0, is_ended: false, time: time.to_string(), files });
        Answer::of(202, json!({})).with("content-location", format!("{base}/export/{}", self.made.len() - 1))
    }

    fn status(&mut self, base: &str, number: usize) -> Answer {
        let made = &mut self.made[number];
        if made.is_ended {
            return Answer::outcome(404, "not-found");
        }
        made.asked += 1;
        if made.asked <= self.waits {
            return Answer::of(202, json!({})).with("retry-after", 0).with("x-progress", "in progress");
        }
        let at = self.files_at.as_deref().unwrap_or(base);
        let file = |kind: &str, name: String, resources: usize| {
            let mut file = json!({ "type": kind, "url": format!("{at}/export/{number}/{name}") });
            if let Some(too_many) = self.count {
                file["count"] = json!(resources as u64 + too_many);
            }
            file
        };
        let files = made.files.iter().enumerate();
        let output: Vec<Value> =
            files.map(|(place, (kind, resources))| file(kind, place.to_string(), resources.len())).collect();
        let errors: Vec<Value> = (!self.issues.is_empty())
            .then(|| file("OperationOutcome", "errors".to_owned(), self.issues.len()))
            .into_iter()
            .collect();
        let body = json!({ "transactionTime": made.time, "request": format!("{base}/{}", made.path),
            "requiresAccessToken": self.requires_token, "output": output, "deleted": [], "error": errors });
        Answer::of(200, body)
    }

    fn file(&self, number: usize, name: &str) -> Answer {
        let made = &self.made[number];
        if made.is_ended {
            return Answer::outcome(404, "not-found");
        }
        let outcome = |(severity, code): &(&str, &str)| json!({ "resourceType": "OperationOutcome", "issue": [{ "severity": severity, "code": code }] });
        let resources: Vec<Value> = match name {
            "errors" => self.issues.iter().map(outcome).collect(),
            place => made.files[place.parse::<usize>().unwrap()].1.clone(),
        };
        let text: String = resources.iter().map(|resource| format!("{resource}\n")).collect();
        let answer = Answer::of(200, Value::Null);
        if !self.gzip {
            return Answer { file: Some(text.into_bytes()), ..answer };
        }
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(text.as_bytes()).unwrap();
        Answer { file: Some(encoder.finish().unwrap()), ..answer }.with("content-encoding", "gzip")
    }
}
