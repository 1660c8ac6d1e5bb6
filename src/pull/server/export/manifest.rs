//! The list of files that an export has come to, and what of it can be used.

use crate::server::{Answer, ExportFile, ServerError};
use jiff::Timestamp;
use serde::Deserialize;

/// The list of files as the server gives it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Written {
    transaction_time: String,
    #[serde(default = "yes")]
    requires_access_token: bool,
    output: Vec<WrittenFile>,
    #[serde(default)]
    error: Vec<WrittenFile>,
    #[serde(default)]
    link: Vec<Link>,
}

#[derive(Debug, Deserialize)]
struct WrittenFile {
    #[serde(default, rename = "type")]
    kind: String,
    url: String,
    #[serde(default)]
    count: Option<u64>,
}

#[derive(Debug, Deserialize)]
struct Link {
    #[serde(default)]
    relation: String,
}

/// A token is wanted where the server does not say that none is.
const fn yes() -> bool {
    true
}

/// The files of an export.
#[derive(Debug)]
pub struct Manifest {
    /// The server's time of which the export is.
    pub time: Timestamp,
    written: Written,
}

impl Manifest {
    /// Reads the answer of an export that is made.
    ///
    /// # Errors
    /// Where it is none, is a part of one, or has files that do not say their type.
    pub fn read(answer: &Answer) -> Result<Manifest, ServerError> {
        let written: Written = serde_json::from_str(&answer.body).map_err(|error| match error.is_data() {
            true => {
                let why = "JSON that is no list of an export's files (`transactionTime`, `output`)".to_owned();
                ServerError::NotFhir { what: answer.what.clone(), why }
            }
            false => answer.not_fhir(&error),
        })?;
        let time = written.transaction_time.parse::<Timestamp>().map_err(|_| {
            ServerError::Export("its `transactionTime` is no instant, so it is not known of when it is".to_owned())
        })?;
        if written.link.iter().any(|link| link.relation == "next") {
            let why = "its list of files goes on at another page, which was not asked for";
            return Err(ServerError::Export(why.to_owned()));
        }
        if written.output.iter().any(|file| file.kind.is_empty()) {
            let why = "its files do not say of which type their resources are";
            return Err(ServerError::Export(why.to_owned()));
        }
        Ok(Manifest { time, written })
    }

    /// The files with resources of these types; a server may give others, too.
    pub fn files<'m>(&'m self, kinds: &'m [&str]) -> impl Iterator<Item = ExportFile<'m>> {
        self.written.output.iter().filter(|file| kinds.contains(&file.kind.as_str())).map(|file| self.file(file))
    }

    /// The files that say what went wrong.
    pub fn reports(&self) -> impl Iterator<Item = ExportFile<'_>> {
        self.written.error.iter().map(|file| ExportFile { kind: "OperationOutcome", ..self.file(file) })
    }

    fn file<'m>(&'m self, file: &'m WrittenFile) -> ExportFile<'m> {
        let requires_token = self.written.requires_access_token;
        ExportFile { kind: &file.kind, url: &file.url, count: file.count, requires_token }
    }
}
