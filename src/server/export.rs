//! An export in bulk (`$export` of the Bulk Data IG): begun, waited for, its files read line by line, and ended.

use super::answer::{Answer, retry_after, unanswered};
use super::error::ServerError;
use super::{Asked, Server, encoded};
use crate::bounds::{Bound, Bounds, Exceeded};
use flate2::write::MultiGzDecoder;
use reqwest::Version;
use reqwest::header::{
    ACCEPT, ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_LENGTH, HeaderName, HeaderValue, TRANSFER_ENCODING,
};
use std::io::{self, Write};
use std::sync::atomic::Ordering;
use std::time::Duration;
use url::Url;

pub(super) const PREFER: HeaderName = HeaderName::from_static("prefer");
pub(super) const RESPOND_ASYNC: HeaderValue = HeaderValue::from_static("respond-async");
pub(super) const JSON: HeaderValue = HeaderValue::from_static("application/json");
const NDJSON: HeaderValue = HeaderValue::from_static("application/fhir+ndjson");
const GZIP: HeaderValue = HeaderValue::from_static("gzip");

/// What is asked for a file, as messages and logs name it.
const FILE: &str = "GET file of the export";

/// How patient we are with an export, and where its files may lie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExportSettings {
    /// How long it may take from its beginning to the last byte of its last file.
    pub deadline: Duration,
    /// The largest export, uncompressed, in bytes.
    pub largest: u64,
    /// Origins (`https://files.example.org`) besides the server's own from which files may be fetched; without the token.
    pub file_origins: Vec<String>,
}

impl Default for ExportSettings {
    /// An hour, 100 GB, and no origin but the server's.
    fn default() -> ExportSettings {
        ExportSettings { deadline: Duration::from_secs(3_600), largest: 100_000 << 20, file_origins: Vec::new() }
    }
}

/// A file of an export.
#[derive(Clone, Copy, Debug)]
pub struct ExportFile<'f> {
    /// The type of its resources.
    pub kind: &'f str,
    /// Where it lies.
    pub url: &'f str,
    /// How many resources it has, where the server says so.
    pub count: Option<u64>,
    /// Whether it is given for the token alone.
    pub requires_token: bool,
}

impl ExportFile<'_> {
    /// The error that a part of it is missing.
    pub fn not_whole(&self, why: impl Into<String>) -> ServerError {
        ServerError::FileNotWhole { what: FILE.to_owned(), kind: self.kind.to_owned(), why: why.into() }
    }
}

/// What takes the lines of a file.
pub trait Lines: Sync {
    /// The file begins, perhaps anew: what an earlier try brought of it does not count.
    ///
    /// # Errors
    /// Where nothing can be taken.
    fn begin(&self) -> Result<(), ServerError>;

    /// A line that is not empty.
    ///
    /// # Errors
    /// Where it is none that can be taken: then the file ends here.
    fn line(&self, number: u64, line: &[u8]) -> Result<(), ServerError>;
}

impl Server {
    /// How patient we are with an export, and where its files may lie.
    pub const fn export_settings(&self) -> &ExportSettings {
        &self.export
    }

    /// Has an export begun (`Patient/$export`); the address at which it can be asked how far it is.
    ///
    /// # Errors
    /// As [`Server::get`], and where the server does not know the operation.
    pub async fn begin_export(&self, path: &str, parameters: &[(String, String)]) -> Result<Url, ServerError> {
        let mut url = self.base.join(path).map_err(|_| ServerError::Address(path.to_owned()))?;
        url.set_query(Some(&encoded(parameters)));
        let answer = match self.read(Asked::Export(url)).await {
            Ok(answer) => answer,
            Err(error) => {
                let unknown = "the server does not know `$export` there, or not this Group: sync without `--bulk`";
                return Err(match error.status() {
                    Some(status @ (404 | 405 | 501)) => ServerError::Export(format!("answer {status}: {unknown}")),
                    _ => error,
                });
            }
        };
        match (answer.status, &answer.content_location) {
            (202, Some(status)) => self.own(status),
            _ => {
                let why = "an answer that is not 202 with a Content-Location".to_owned();
                Err(ServerError::NotFhir { what: answer.what, why })
            }
        }
    }

    /// Waits until an export is made: as long as the server asks each time, or with growing pauses of ours. The caller
    /// sets the time for it.
    ///
    /// # Errors
    /// As [`Server::get`].
    pub async fn exported(&self, status: &Url) -> Result<Answer, ServerError> {
        let mut ours = self.limits.first_pause;
        loop {
            let asked = match self.read(Asked::Status(status.clone())).await {
                Ok(answer) if answer.status == 202 => answer.retry_after,
                // It was only asked too often.
                Err(error) if error.status() == Some(429) => error.retry_after(),
                other => return other,
            };
            tokio::time::sleep(self.pause(asked, ours)).await;
            ours = (ours * 2).min(self.limits.longest_pause);
        }
    }

    /// Tells the server that an export is no longer needed, made or not. It is told once.
    ///
    /// # Errors
    /// As [`Server::get`]; many servers refuse it once the export is made.
    pub async fn end_export(&self, status: &Url) -> Result<(), ServerError> {
        let asked = Asked::End(status.clone());
        self.attempt(&asked, &asked.shown(&self.base)).await.map(drop)
    }

    /// Reads a file of an export, uncompressed, line by line; from its beginning again where it breaks off.
    ///
    /// # Errors
    /// As [`Server::get`], where the file lies at an origin that is not allowed, and where it is not whole.
    pub async fn export_file(&self, file: &ExportFile<'_>, lines: &impl Lines) -> Result<(), ServerError> {
        let link = || ServerError::Address("a link to a file that is no address".to_owned());
        let url = self.base.join(file.url).map_err(|_| link())?;
        let is_own = url.origin() == self.base.origin();
        if !is_own {
            let origin = url.origin();
            let at = origin.ascii_serialization();
            if !self.file_origins.contains(&origin) {
                let advice = "name it in `file_origins` under `[bulk]` if files may be fetched there";
                return Err(ServerError::Export(format!("its files lie at another server, `{at}`: {advice}")));
            }
            if file.requires_token {
                let never = "which never goes to another server";
                return Err(ServerError::Export(format!("its files at `{at}` are given for the token alone, {never}")));
            }
        }
        self.patiently(FILE, ServerError::may_pass, || self.file_once(file, &url, is_own && file.requires_token, lines))
            .await
    }

    async fn file_once(
        &self,
        file: &ExportFile<'_>,
        url: &Url,
        with_token: bool,
        lines: &impl Lines,
    ) -> Result<(), ServerError> {
        let _permit = self.in_flight.acquire().await.map_err(|_| ServerError::Closed)?;
        self.rate.until_ready().await;
        let request = self.http_of_files.get(url.clone()).header(ACCEPT, NDJSON).header(ACCEPT_ENCODING, GZIP);
        let request = if with_token { self.auth.sign(request).await? } else { request };
        self.traffic.requests.fetch_add(1, Ordering::Relaxed);
        lines.begin()?;
        let unreachable = |error: &reqwest::Error| unanswered(error, FILE);
        let mut response = request.send().await.map_err(|error| unreachable(&error))?;
        let (status, headers) = (response.status(), response.headers().clone());
        if !status.is_success() {
            let (status, retry_after) = (status.as_u16(), retry_after(&headers));
            return Err(ServerError::Status { what: FILE.to_owned(), status, issues: Vec::new(), retry_after });
        }
        let is_gzip = headers.get(CONTENT_ENCODING).is_some_and(|it| it.as_bytes().eq_ignore_ascii_case(b"gzip"));
        // Without any of these the end of a connection is the end of the file, whatever ended it.
        let tells_its_end = is_gzip
            || response.version() > Version::HTTP_11
            || headers.contains_key(CONTENT_LENGTH)
            || headers.contains_key(TRANSFER_ENCODING);
        let cutter = Cutter { lines, rest: Vec::new(), bounds: &self.bounds, number: 0, count: 0, bytes: 0 };
        let mut text = if is_gzip { Text::Gzip(Box::new(MultiGzDecoder::new(cutter))) } else { Text::Plain(cutter) };
        while let Some(chunk) = response.chunk().await.map_err(|error| unreachable(&error))? {
            text.add(&chunk).map_err(|error| cause(error, file))?;
        }
        let (count, bytes) = text.finish().map_err(|error| cause(error, file))?;
        self.traffic.bytes.fetch_add(bytes, Ordering::Relaxed);
        tracing::debug!(request = FILE, kind = file.kind, lines = count, bytes, "answered");
        match file.count {
            Some(wanted) if wanted != count => {
                Err(file.not_whole(format!("the server says {wanted} resources and {count} came")))
            }
            None if !tells_its_end => {
                let why = "neither the answer nor the list of files says how long a file is, so one that breaks off \
                           would look like a whole one";
                Err(ServerError::Export(why.to_owned()))
            }
            _ => Ok(()),
        }
    }
}

/// The error that a line ended the file with; anything else is the compression's.
fn cause(error: io::Error, file: &ExportFile<'_>) -> ServerError {
    match error.downcast::<ServerError>() {
        Ok(error) => error,
        Err(_) => file.not_whole("its compression is damaged or ends too early"),
    }
}

/// The text of a file on its way from bytes to lines.
enum Text<'l, L: Lines> {
    Plain(Cutter<'l, L>),
    Gzip(Box<MultiGzDecoder<Cutter<'l, L>>>),
}

impl<L: Lines> Text<'_, L> {
    fn add(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Text::Plain(cutter) => cutter.write_all(bytes),
            Text::Gzip(decoder) => decoder.write_all(bytes),
        }
    }

    /// The number of lines and of uncompressed bytes.
    fn finish(self) -> io::Result<(u64, u64)> {
        let mut cutter = match self {
            Text::Plain(cutter) => cutter,
            Text::Gzip(decoder) => decoder.finish()?,
        };
        cutter.line()?;
        Ok((cutter.count, cutter.bytes))
    }
}

/// Cuts a text into lines; of the text it holds one line.
struct Cutter<'l, L: Lines> {
    bounds: &'l Bounds,
    lines: &'l L,
    rest: Vec<u8>,
    /// The number of the last line.
    number: u64,
    /// How many lines were not empty.
    count: u64,
    bytes: u64,
}

impl<L: Lines> Cutter<'_, L> {
    /// Hands on the line that has come so far.
    fn line(&mut self) -> io::Result<()> {
        self.number += 1;
        let line = self.rest.trim_ascii();
        if !line.is_empty() {
            self.bounds.hold_json(line).map_err(beyond)?;
            self.count += 1;
            self.lines.line(self.number, line).map_err(io::Error::other)?;
        }
        self.rest.clear();
        Ok(())
    }
}

impl<L: Lines> Write for Cutter<'_, L> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        for part in bytes.split_inclusive(|byte| *byte == b'\n') {
            self.bounds.hold(Bound::Document, (self.rest.len() + part.len()) as u64).map_err(beyond)?;
            self.rest.extend_from_slice(part);
            if part.ends_with(b"\n") {
                self.line()?;
            }
        }
        self.bytes += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn beyond(exceeded: Exceeded) -> io::Error {
    io::Error::other(ServerError::Beyond { what: FILE.to_owned(), exceeded })
}
