//! A FHIR server that does what a test wants of it, with three invented patients.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use serde_json::{Value, json};
use std::collections::BTreeMap;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

const ICD10: &str = "http://hl7.org/fhir/sid/icd-10";
const LOINC: &str = "http://loinc.org";
/// A day on which nothing of the patients has changed yet.
const FAR: &str = "ge2999";

/// What becomes of a list of patients.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Lists {
    Honoured,
    /// Only the first of the list is searched for, but in `_id`.
    FirstAlone,
    /// The parameter is thrown away where it is a list: everybody's resources come.
    ThrownAway,
}

/// A server; as it stands by default, it does all that a sync needs.
#[derive(Clone)]
pub struct Scripted {
    pub version: &'static str,
    pub care_plan: Vec<&'static str>,
    pub transaction: bool,
    pub post_search: bool,
    pub lists: Lists,
    pub identifier: bool,
    pub last_updated: bool,
    pub conclusion: bool,
    pub page_size: bool,
    pub seconds_off: i64,
    pub scopes: &'static str,
    pub patients: usize,
    pub export: bool,
}

impl Default for Scripted {
    fn default() -> Scripted {
        Scripted {
            version: "4.0.1",
            care_plan: vec!["read", "search-type", "create", "update"],
            transaction: true,
            post_search: true,
            lists: Lists::Honoured,
            identifier: true,
            last_updated: true,
            conclusion: true,
            page_size: true,
            seconds_off: 0,
            scopes: "",
            patients: 3,
            export: false,
        }
    }
}

fn concept(system: &str, code: &str, display: &str) -> Value {
    json!({ "coding": [{ "system": system, "code": code, "display": display }], "text": "Words of a clinician" })
}

impl Scripted {
    pub async fn start(self) -> MockServer {
        let server = MockServer::start().await;
        let scripted = Running { base: server.uri(), it: self };
        Mock::given(wiremock::matchers::any()).respond_with(scripted).mount(&server).await;
        server
    }

    /// Each patient: a plasmacytoma, a pressure of the blood that no mapping knows, a haemoglobin in an odd unit.
    fn resources(&self) -> Vec<Value> {
        let mut all = Vec::new();
        for number in 1..=self.patients {
            let id = format!("secret-{number}");
            let subject = json!({ "reference": format!("Patient/{id}") });
            let observation = |name: &str, code: Value, unit: &str| {
                json!({ "resourceType": "Observation", "id": format!("{name}-{id}"), "status": "final", "code": code,
                    "subject": subject, "effectiveDateTime": "2026-10-01",
                    "valueQuantity": { "value": 98.765, "unit": unit } })
            };
            all.extend([
                json!({ "resourceType": "Patient", "id": id, "name": [{ "family": "Opfundet" }] }),
                json!({ "resourceType": "Condition", "id": format!("con-{id}"), "subject": subject,
                    "code": concept(ICD10, "C90.3", "Solitary plasmacytoma") }),
                json!({ "resourceType": "Procedure", "id": format!("pro-{id}"), "subject": subject, "status": "completed",
                    "code": concept("urn:odd", "P1", "Done to 010203-0000 by 123456") }),
                json!({ "resourceType": "DiagnosticReport", "id": format!("rep-{id}"), "subject": subject,
                    "status": "final", "code": concept(LOINC, "11502-2", "Laboratory report"),
                    "result": [{ "reference": format!("Observation/hb-{id}") }] }),
                observation("bp", concept(LOINC, "85354-9", "Blood pressure panel"), "mm[Hg]"),
                observation("hb", concept(LOINC, "718-7", "Haemoglobin"), "bananas"),
            ]);
        }
        all
    }

    fn statement(&self) -> Value {
        let of = |kind: &str, interactions: &[&str], parameters: &[&str]| {
            json!({ "type": kind, "versioning": "versioned-update", "conditionalCreate": true,
                "interaction": interactions.iter().map(|code| json!({ "code": code })).collect::<Vec<_>>(),
                "searchParam": parameters.iter().map(|name| json!({ "name": name })).collect::<Vec<_>>() })
        };
        let read = ["read", "search-type"];
        let mut patient = of("Patient", &read, &["_id"]);
        if self.export {
            patient["operation"] = json!([{ "name": "everything" }, { "name": "export" }]);
        }
        let whole = if self.transaction { json!([{ "code": "transaction" }]) } else { json!([{ "code": "batch" }]) };
        json!({
            "resourceType": "CapabilityStatement", "fhirVersion": self.version,
            "software": { "name": "Scripted", "version": "1" },
            "rest": [{ "mode": "server", "interaction": whole, "resource": [
                patient,
                of("Condition", &read, &["patient", "code"]),
                of("Observation", &read, &["patient", "combo-code"]),
                of("DiagnosticReport", &read, &["patient", "code", "conclusion"]),
                of("Procedure", &read, &["patient"]),
                of("CarePlan", &self.care_plan, &["patient", "identifier"]),
                of("RiskAssessment", &["read", "search-type", "create", "update"], &["patient", "identifier"]),
                of("Provenance", &["create"], &[]),
            ] }]
        })
    }
}

struct Running {
    base: String,
    it: Scripted,
}

impl Respond for Running {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let at = jiff::Timestamp::now().as_second() + self.it.seconds_off;
        let at = jiff::Timestamp::from_second(at).unwrap().to_zoned_datetime(jiff::tz::TimeZone::UTC);
        let date = jiff::fmt::rfc2822::to_string(&at).unwrap();
        let (status, body) = self.answer(request);
        ResponseTemplate::new(status).insert_header("Date", date.as_str()).set_body_json(body)
    }
}

fn refused() -> (u16, Value) {
    let issue = json!([{ "severity": "error", "code": "not-supported", "diagnostics": "Patient/secret-1" }]);
    (405, json!({ "resourceType": "OperationOutcome", "issue": issue }))
}

impl Running {
    fn answer(&self, request: &Request) -> (u16, Value) {
        let path = request.url.path().trim_start_matches('/').to_owned();
        let is_post = request.method.as_str() == "POST";
        if path == "metadata" {
            return (200, self.it.statement());
        }
        if path == ".well-known/smart-configuration" {
            return (200, json!({ "token_endpoint": format!("{}/token", self.base) }));
        }
        if path == "token" {
            return (200, json!({ "access_token": "a-token-to-hide", "scope": self.it.scopes, "expires_in": 300 }));
        }
        if is_post && !self.it.post_search {
            return refused();
        }
        let body = String::from_utf8(request.body.clone()).unwrap();
        let query = if is_post { body } else { request.url.query().unwrap_or_default().to_owned() };
        let parameters: BTreeMap<String, String> = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        match path.strip_suffix("/_search").or_else(|| (!is_post && !path.contains('/')).then_some(path.as_str())) {
            Some(kind)
                if kind == "DiagnosticReport" && parameters.contains_key("conclusion") && !self.it.conclusion =>
            {
                refused()
            }
            Some(kind) => (200, self.found(kind, &parameters)),
            None => match self.it.resources().into_iter().find(|it| path == reference(it)) {
                Some(resource) => (200, resource),
                None => (404, json!({ "resourceType": "OperationOutcome", "issue": [] })),
            },
        }
    }

    fn found(&self, kind: &str, parameters: &BTreeMap<String, String>) -> Value {
        let wanted = |name: &str| parameters.get(name).map(|value| value.split(',').collect::<Vec<_>>());
        let of_patient = wanted("patient").and_then(|ids| match self.it.lists {
            Lists::ThrownAway if ids.len() > 1 => None,
            Lists::FirstAlone => Some(ids[..1].to_vec()),
            _ => Some(ids),
        });
        let is_wanted = |resource: &Value| {
            let subject = resource["subject"]["reference"].as_str().unwrap_or_default().trim_start_matches("Patient/");
            let coding = &resource["code"]["coding"][0];
            let token =
                format!("{}|{}", coding["system"].as_str().unwrap_or(""), coding["code"].as_str().unwrap_or(""));
            let is_late = parameters.get("_lastUpdated").is_some_and(|since| since.starts_with(FAR));
            resource["resourceType"] == kind
                && of_patient.as_ref().is_none_or(|ids| ids.contains(&subject))
                && wanted("_id").is_none_or(|ids| ids.contains(&resource["id"].as_str().unwrap()))
                && wanted("code").or(wanted("combo-code")).is_none_or(|codes| codes.contains(&token.as_str()))
                && !(self.it.last_updated && is_late)
                && (!self.it.identifier || !parameters.contains_key("identifier"))
                && !parameters.contains_key("conclusion")
        };
        let mut all = self.it.resources();
        if !self.it.identifier {
            all.push(json!({ "resourceType": "CarePlan", "id": "somebody-elses" }));
        }
        let mut found: Vec<Value> = all.into_iter().filter(is_wanted).collect();
        let count: usize = parameters.get("_count").map_or(100, |count| count.parse().unwrap());
        let skipped: usize = parameters.get("skip").map_or(0, |skip| skip.parse().unwrap());
        found.drain(..skipped.min(found.len()));
        let mut link = Vec::new();
        if self.it.page_size && found.len() > count {
            found.truncate(count);
            let mut query = url::form_urlencoded::Serializer::new(String::new());
            let skip = (skipped + count).to_string();
            query.extend_pairs(parameters.iter().filter(|(name, _)| *name != "skip")).append_pair("skip", &skip);
            link.push(json!({ "relation": "next", "url": format!("{}/{kind}?{}", self.base, query.finish()) }));
        }
        if parameters.contains_key("_elements") {
            for resource in &mut found {
                resource
                    .as_object_mut()
                    .unwrap()
                    .retain(|name, _| matches!(name.as_str(), "resourceType" | "id" | "subject"));
            }
        }
        let entries: Vec<Value> = found.into_iter().map(|resource| json!({ "resource": resource })).collect();
        json!({ "resourceType": "Bundle", "type": "searchset", "link": link, "entry": entries })
    }
}

fn reference(resource: &Value) -> String {
    format!("{}/{}", resource["resourceType"].as_str().unwrap(), resource["id"].as_str().unwrap())
}
