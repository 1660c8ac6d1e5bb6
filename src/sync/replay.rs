//! A decision of an earlier run, made again from the versions that the run has read.

use super::patients::bare_id;
use super::reading::version;
use super::state::RecordedDecision;
use crate::digest::Digest;
use crate::error::Failed;
use crate::guideline::decide;
use crate::inputs::Day;
use crate::map::Mappings;
use crate::pull::server::{Lost, again};
use crate::server::Server;

/// What came of a replay.
#[derive(Clone, Debug)]
pub enum Replay {
    /// It was decided again.
    Decided {
        /// The decision as JSON.
        json: Vec<u8>,
        /// SHA-256 of it, to be compared with that of the run.
        digest: Digest,
        /// Resources that the run has read without a version: they could only be read as they stand now.
        as_they_stand: Vec<String>,
    },
    /// Some of what the run has read is not to be had any more, so nothing is decided.
    Lost(Vec<Lost>),
    /// What came is no record of the patient, and why.
    NoRecord(String),
}

/// Reads what a run has read of a patient, each resource in the version that it had, and decides for the run's day.
///
/// # Errors
/// Where the server cannot be worked with.
pub async fn replay(
    server: &Server,
    mappings: &Mappings,
    decision: &RecordedDecision,
    as_of: Day,
) -> Result<Replay, Failed> {
    let id = bare_id(&decision.patient);
    let batch = match again(server, id, &decision.read).await? {
        Ok(batch) => batch,
        Err(lost) => return Ok(Replay::Lost(lost)),
    };
    let record = match batch.records().into_iter().next() {
        Some((_, Ok(record))) => record,
        Some((_, Err(why))) => return Ok(Replay::NoRecord(why)),
        None => return Ok(Replay::NoRecord("nothing came".to_owned())),
    };
    let (inputs, _) = mappings.map(&record);
    let json = serde_json::to_vec(&decide(&inputs, as_of)).map_err(|error| Failed::OurFault(error.to_string()))?;
    let as_they_stand = decision.read.iter().filter(|reference| version(reference).is_none()).cloned().collect();
    Ok(Replay::Decided { digest: Digest::of(&json), json, as_they_stand })
}
