//! What a run has read of a patient, read again: each resource in the version that it had then.

use super::pages::key;
use super::{Batch, bundle};
use crate::fhir::reference::Address;
use crate::server::{Server, ServerError};
use futures_util::future::try_join_all;
use serde_json::Value;
use serde_json::value::RawValue;

/// A resource that cannot be read again as it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lost {
    /// The reference, with the version where one is known.
    pub reference: String,
    /// What the server says of it.
    pub why: &'static str,
}

/// Reads these resources of a patient (`p1`) again, in their order: each in the version that its reference names, or as
/// it stands where it names none. Each is asked for alone, since a search finds no old versions; as many at once as the
/// limits allow. Nothing but all of them is the record.
///
/// # Errors
/// Where the server cannot be worked with.
pub async fn again(
    server: &Server,
    patient: &str,
    references: &[String],
) -> Result<Result<Batch, Vec<Lost>>, ServerError> {
    let read = try_join_all(references.iter().map(|reference| one(server, reference))).await?;
    let mut texts = Vec::with_capacity(read.len());
    let mut lost = Vec::new();
    for (reference, read) in references.iter().zip(read) {
        match read {
            Ok(text) => texts.push(text),
            Err(why) => lost.push(Lost { reference: reference.clone(), why }),
        }
    }
    if !lost.is_empty() {
        return Ok(Err(lost));
    }
    let text = bundle(texts.iter().map(|text| text.get()));
    Ok(Ok(Batch { text, complete: vec![patient.to_owned()], bounds: *server.bounds(), ..Batch::default() }))
}

/// The text of a resource, or why it is not to be had.
async fn one(server: &Server, reference: &str) -> Result<Result<Box<RawValue>, &'static str>, ServerError> {
    let Address::Server { base: None, kind, id, version } = Address::of(reference) else {
        return Ok(Err("the run has read it without an address of its own"));
    };
    let answer = match server.get(reference).await {
        Ok(answer) => answer,
        Err(error) if matches!(error.status(), Some(404 | 410)) => return Ok(Err("the server no longer has it")),
        Err(error) => return Err(error),
    };
    let resource = answer.json()?;
    let has = resource.pointer("/meta/versionId").and_then(Value::as_str);
    let is_meant = key(&resource).is_some_and(|(of_kind, of_id)| of_kind == kind && of_id == id)
        && version.is_none_or(|version| has == Some(version));
    if !is_meant {
        return Ok(Err("the server answers with another version"));
    }
    let text: &RawValue = serde_json::from_str(&answer.body).map_err(|error| answer.not_fhir(&error))?;
    Ok(Ok(text.to_owned()))
}
