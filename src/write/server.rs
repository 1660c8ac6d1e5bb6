//! Writing to a server: patients' changes in transactions, and every entry of the answer looked at.

use super::reconcile::Change;
use super::standing::{identifier, reference};
use crate::fhir::reference::Address;
use crate::plan::codes::IDENTIFIER;
use crate::plan::provenance::Provenance;
use crate::plan::{ResourceKind, codes, ranges};
use crate::pull::server::{Pull, patient_id};
use crate::server::{Server, ServerError};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use url::Url;

/// What is to be written for a patient.
#[derive(Clone, Debug)]
pub struct PatientWrites {
    /// The patient (`Patient/p1`).
    pub patient: String,
    /// The changes, each with the kind of its resource and what stood.
    pub changes: Vec<(ResourceKind, Change)>,
    /// The resources that they were made from.
    pub sources: Vec<String>,
}

/// What stands of ours for some patients: by patient and kind.
pub type StandingByPatient = BTreeMap<(String, ResourceKind), Vec<Value>>;

/// All that stands of ours for these patients (`Patient/p1`): asked for together where the server is seen to take lists.
///
/// # Errors
/// Where a search does not complete.
pub async fn standing(pull: &Pull<'_>, patients: &[String]) -> Result<StandingByPatient, ServerError> {
    let ids: Vec<&str> = patients.iter().filter_map(|it| it.strip_prefix("Patient/")).collect();
    let mut standing = StandingByPatient::new();
    for kind in ResourceKind::ALL {
        if ids.len() > 1 && !pull.lists().are_refused() {
            match standing_of(pull, kind, &ids).await {
                Ok(together) => {
                    if together.len() > 1 {
                        pull.lists().see(kind.name());
                    }
                    if pull.lists().are_taken() {
                        standing.extend(together);
                        continue;
                    }
                }
                Err(error) if error.is_fatal() || pull.lists().are_taken() => return Err(error),
                Err(_) => pull.lists().refuse(),
            }
        }
        for id in &ids {
            standing.extend(standing_of(pull, kind, &[id]).await?);
        }
    }
    Ok(standing)
}

/// What stands of one kind for these patients (ids), by one search.
async fn standing_of(pull: &Pull<'_>, kind: ResourceKind, ids: &[&str]) -> Result<StandingByPatient, ServerError> {
    let mut standing = StandingByPatient::new();
    let mut asked = pull.searches().of_identifiers(kind.name(), &[format!("{IDENTIFIER}|")]);
    asked.parameters.push(("patient".to_owned(), ids.join(",")));
    for resource in crate::pull::server::resources(pull.server(), &asked).await? {
        let subject = resource.pointer("/subject/reference").and_then(Value::as_str);
        let Some(id) = subject.and_then(|it| patient_id(pull.server().base(), it)) else { continue };
        let patient = format!("Patient/{id}");
        if identifier(&resource).is_some_and(|it| it.starts_with(&codes::identifier(kind, &patient))) {
            standing.entry((patient, kind)).or_default().push(resource);
        }
    }
    Ok(standing)
}

/// Whether these changes write anything.
pub fn has_writes(writes: &PatientWrites) -> bool {
    writes.changes.iter().any(|(_, change)| change.resource().is_some())
}

/// Whether a range of probabilities is to be written in `probabilityRange`.
pub fn has_ranges(writes: &PatientWrites) -> bool {
    writes.changes.iter().filter_map(|(_, change)| change.resource()).any(ranges::has_element)
}

/// The transaction that writes what some patients' changes come to; nothing where they come to nothing. A server that
/// does not store ranges of probabilities gets them in extensions.
pub fn transaction<'w>(
    base: &Url,
    writes: impl Iterator<Item = &'w PatientWrites>,
    provenance: &Provenance,
    ranges_in_extensions: bool,
) -> Option<Value> {
    let mut entries = Vec::new();
    for patient in writes {
        for (kind, change) in &patient.changes {
            let Some(resource) = change.resource() else { continue };
            let mut resource = resource.clone();
            if ranges_in_extensions {
                ranges::into_extensions(&mut resource);
            }
            let is_update = !matches!(change, Change::Create(_));
            entries.extend(of_resource(base, *kind, resource, is_update, &patient.sources, provenance));
        }
    }
    (!entries.is_empty()).then(|| json!({ "resourceType": "Bundle", "type": "transaction", "entry": entries }))
}

/// The resource and its Provenance.
fn of_resource(
    base: &Url,
    kind: ResourceKind,
    mut resource: Value,
    is_update: bool,
    sources: &[String],
    provenance: &Provenance,
) -> [Value; 2] {
    let full_url = format!("urn:uuid:{}", uuid::Uuid::new_v4());
    let (request, target, address) = match reference(kind, &resource).filter(|_| is_update) {
        Some(reference) => {
            let version = resource.pointer("/meta/versionId").and_then(Value::as_str);
            let mut request = json!({ "method": "PUT", "url": reference });
            if let (Some(fields), Some(version)) = (request.as_object_mut(), version) {
                fields.insert("ifMatch".to_owned(), json!(format!("W/\"{version}\"")));
            }
            (request, reference.clone(), format!("{base}{reference}"))
        }
        None => {
            let value = identifier(&resource).unwrap_or_default();
            let criteria = format!("identifier={IDENTIFIER}|{value}");
            let request = json!({ "method": "POST", "url": kind.name(), "ifNoneExist": criteria });
            (request, full_url.clone(), full_url.clone())
        }
    };
    if let Some(fields) = resource.as_object_mut() {
        if !is_update {
            fields.remove("id");
        }
        if let Some(meta) = fields.get_mut("meta").and_then(Value::as_object_mut) {
            meta.remove("versionId");
            meta.remove("lastUpdated");
        }
    }
    let provenance = provenance.of(&target, sources, is_update);
    let of_provenance = format!("urn:uuid:{}", uuid::Uuid::new_v4());
    [
        json!({ "fullUrl": address, "resource": resource, "request": request }),
        json!({
            "fullUrl": of_provenance,
            "resource": provenance,
            "request": { "method": "POST", "url": "Provenance" },
        }),
    ]
}

/// How a write ended.
#[derive(Debug)]
pub enum Written {
    /// All of it is done; the versions that were written (`CarePlan/12/_history/3`), as far as the server says them.
    Done(Vec<String>),
    /// The server has refused it as a whole, so nothing of it was done.
    Refused(ServerError),
    /// It was not done, or not all of it, or that is not known: look again, decide again, write again.
    LookAgain(ServerError),
}

/// Sends a transaction and looks at every entry of the answer.
///
/// # Errors
/// Where the server as a whole cannot be worked with and nothing was written.
pub async fn send(server: &Server, transaction: &Value) -> Result<Written, ServerError> {
    let answer = match server.send(transaction).await {
        Ok(answer) => answer,
        // One patient's record may be closed to us: each is tried alone.
        Err(error) if error.is_uncertain() || error.may_be_one_patients() => return Ok(Written::LookAgain(error)),
        Err(error) if error.is_fatal() => return Err(error),
        Err(error) => return Ok(Written::Refused(error)),
    };
    let statuses = match answer.statuses() {
        Ok(statuses) => statuses,
        Err(error) => return Ok(Written::LookAgain(error)),
    };
    let sent = entries(transaction).len();
    let failed = statuses.iter().find(|status| !(200..300).contains(*status));
    // A conditional create that found something (200) was somebody else's: it has to be looked at.
    let raced = entries(transaction)
        .iter()
        .zip(&statuses)
        .any(|(entry, status)| entry.pointer("/request/ifNoneExist").is_some() && *status == 200);
    match failed {
        None if statuses.len() == sent && !raced => Ok(Written::Done(versions(transaction, &answer.json()?))),
        failed => Ok(Written::LookAgain(ServerError::Status {
            what: answer.what.clone(),
            status: failed.copied().unwrap_or(409),
            issues: vec!["an entry of the transaction failed or was another's".to_owned()],
            retry_after: None,
        })),
    }
}

/// The versions of our resources that the answer to a transaction says were written. One that is not said is looked at
/// again, as another hand's change would be.
fn versions(transaction: &Value, answer: &Value) -> Vec<String> {
    let version = |(sent, answered): (&Value, &Value)| {
        let kind = sent.pointer("/resource/resourceType")?.as_str()?;
        ResourceKind::ALL.iter().find(|it| it.name() == kind)?;
        let location = answered.pointer("/response/location").or(sent.pointer("/request/url"))?.as_str()?;
        let Address::Server { id, version, .. } = Address::of(location) else { return None };
        let tag = answered.pointer("/response/etag").and_then(Value::as_str);
        let of_tag = tag.map(|tag| tag.trim_start_matches("W/").trim_matches('"'));
        version.or(of_tag).map(|version| format!("{kind}/{id}/_history/{version}"))
    };
    entries(transaction).iter().zip(entries(answer)).filter_map(version).collect()
}

fn entries(bundle: &Value) -> &[Value] {
    bundle.get("entry").and_then(Value::as_array).map_or(&[], Vec::as_slice)
}
