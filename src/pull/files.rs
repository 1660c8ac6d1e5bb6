//! The files of an input: found, opened, and read again where a patient is put together.

use super::compressed::Compression;
use super::damage::Damage;
use crate::bounds::{Bound, Bounds};
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// Compressed lines and standard input are kept in memory up to this size, then in a nameless temporary file.
const LARGEST_IN_MEMORY: usize = 32 << 20;

const NAMES: [&str; 3] = [".json", ".ndjson", ".jsonl"];

/// A file of the input.
#[derive(Clone, Debug)]
pub struct InputFile {
    /// As the user named it; `-` for standard input.
    pub name: String,
    path: Option<PathBuf>,
}

/// The files of the arguments: files as they are, folders with all that they hold, in the order of names.
///
/// # Errors
/// For each argument that gives none, its name and why.
pub fn find(arguments: &[PathBuf]) -> (Vec<InputFile>, Vec<(String, Damage)>) {
    let (mut files, mut damages) = (Vec::new(), Vec::new());
    for argument in arguments {
        let name = argument.display().to_string();
        if name == "-" {
            files.push(InputFile::of_path(argument));
            continue;
        }
        match std::fs::metadata(argument) {
            Ok(metadata) if metadata.is_dir() => {
                let before = files.len();
                if let Err(error) = gather(argument, &mut files) {
                    damages.push((name, closed(&error)));
                } else if files.len() == before {
                    damages.push((name, Damage::EmptyFolder));
                }
            }
            Ok(_) => files.push(InputFile::of_path(argument)),
            Err(error) => damages.push((name, closed(&error))),
        }
    }
    (files, damages)
}

fn gather(folder: &Path, files: &mut Vec<InputFile>) -> io::Result<()> {
    let mut entries = std::fs::read_dir(folder)?.collect::<io::Result<Vec<_>>>()?;
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let path = entry.path();
        let hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
        if hidden {
            continue;
        }
        if entry.file_type()?.is_dir() {
            gather(&path, files)?;
        } else if path.is_file() && NAMES.iter().any(|name| plain_name(&path).ends_with(name)) {
            files.push(InputFile::of_path(&path));
        }
    }
    Ok(())
}

fn plain_name(path: &Path) -> String {
    let name = path.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
    let bare = name.strip_suffix(".gz").or_else(|| name.strip_suffix(".zst"));
    bare.map(str::to_owned).unwrap_or(name)
}

/// An input's error in words: the system's, without the number that it ends with.
pub fn closed(error: &io::Error) -> Damage {
    let words = error.to_string();
    let words = words.split(" (os error").next().unwrap_or_default();
    Damage::Closed(words.to_lowercase())
}

/// A file that stands open, uncompressed as it is read.
pub struct Opened {
    /// What it says.
    pub reader: Box<dyn Read + Send>,
    /// Whether a part of it can be read again without the parts before it.
    pub kind: Kind,
    /// How much of it is read.
    pub bounds: Bounds,
}

/// How a file is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// As it is.
    Plain,
    /// Compressed.
    Compressed,
    /// It can be read only once.
    Stream,
}

impl InputFile {
    /// The file of a path; `-` is standard input.
    pub fn of_path(path: &Path) -> InputFile {
        let name = path.display().to_string();
        let path = (name != "-").then(|| path.to_owned());
        InputFile { name, path }
    }

    /// Opens the file, of which so much is read; what is compressed is seen by its first bytes.
    ///
    /// # Errors
    /// What the system says.
    pub fn open(&self, bounds: Bounds) -> io::Result<Opened> {
        let mut source: Box<dyn Read + Send> = match &self.path {
            Some(path) => Box::new(File::open(path)?),
            None => Box::new(io::stdin()),
        };
        let start = read_up_to(&mut source, 4)?;
        let kind = if self.path.is_none() { Kind::Stream } else { Kind::Plain };
        let compressed = if self.path.is_none() { Kind::Stream } else { Kind::Compressed };
        let compression = Compression::of(&start);
        let joined = io::Cursor::new(start).chain(source);
        Ok(match compression {
            None => Opened { reader: Box::new(joined), kind, bounds },
            Some(how) => Opened { reader: how.uncompressed(joined, bounds)?, kind: compressed, bounds },
        })
    }

    /// Whether its name says that it has a text a line.
    pub fn is_named_lines(&self) -> bool {
        self.path.as_deref().is_some_and(|path| {
            let name = plain_name(path);
            name.ends_with(".ndjson") || name.ends_with(".jsonl")
        })
    }

    /// The whole text, uncompressed, up to the largest that a document may be and one byte more.
    ///
    /// # Errors
    /// What the system says.
    pub fn read_whole(&self, bounds: Bounds) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.open(bounds)?.reader.take(bounds.most(Bound::Document) + 1).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// Opens the file for reading parts of it.
    ///
    /// # Errors
    /// What the system says.
    pub fn open_plain(&self) -> io::Result<File> {
        match &self.path {
            Some(path) => File::open(path),
            None => Err(io::Error::from(io::ErrorKind::Unsupported)),
        }
    }
}

fn read_up_to(reader: &mut impl Read, count: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(count);
    reader.by_ref().take(count as u64).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Texts that cannot be read a second time where they came from.
#[derive(Debug, Default)]
pub struct Spool {
    held: Mutex<Held>,
}

#[derive(Debug, Default)]
struct Held {
    memory: Vec<u8>,
    file: Option<File>,
    length: u64,
}

impl Spool {
    /// Keeps a text; where it then begins.
    ///
    /// # Errors
    /// Where the temporary file cannot be written.
    pub fn keep(&self, bytes: &[u8]) -> io::Result<u64> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let start = held.length;
        if held.file.is_none() && held.memory.len() + bytes.len() > LARGEST_IN_MEMORY {
            let mut file = tempfile::tempfile()?;
            file.write_all(&std::mem::take(&mut held.memory))?;
            held.file = Some(file);
        }
        match &mut held.file {
            Some(file) => file.write_all(bytes)?,
            None => held.memory.extend_from_slice(bytes),
        }
        held.length += bytes.len() as u64;
        Ok(start)
    }

    /// Reads a text again.
    ///
    /// # Errors
    /// Where the temporary file cannot be read.
    pub fn read(&self, offset: u64, bytes: &mut [u8]) -> io::Result<()> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        match &mut held.file {
            Some(file) => {
                file.seek(SeekFrom::Start(offset))?;
                file.read_exact(bytes)
            }
            None => {
                let start = usize::try_from(offset).unwrap_or(usize::MAX);
                let kept = held.memory.get(start..start.saturating_add(bytes.len()));
                bytes.copy_from_slice(kept.ok_or(io::ErrorKind::UnexpectedEof)?);
                Ok(())
            }
        }
    }
}
