//! How much is read of what others wrote: each bound with its name, its default and what it is of.
//!
//! Nothing that others send (a server, a file, a mapping file) may take memory, disk or time without end. What is beyond
//! a bound is named with its place and not read; whoever may have lost something by it is not decided.

use std::fmt;

/// Something that is read only so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// An answer of the server: a page, a resource, a CapabilityStatement.
    Answer,
    /// An answer of the authorization server: a token, a SMART configuration.
    TokenAnswer,
    /// The pages of one search.
    Pages,
    /// One JSON document, or one line of a file of lines.
    Document,
    /// The values within one document, line or answer.
    Values,
    /// Values within values.
    Nesting,
    /// A compressed file against its size.
    Expansion,
    /// What is put together at once.
    Record,
    /// The resources of one patient.
    Resources,
    /// The mapping files of a folder.
    Mappings,
}

/// A bound as the README's table, the configuration and the command line have it.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// The bound.
    pub bound: Bound,
    /// Its name: in the configuration under `[limits]`, on the command line as `--limit NAME=N`.
    pub key: &'static str,
    /// What holds unless another number is said.
    pub usual: u64,
    /// The unit of the number.
    pub unit: Unit,
    /// What it is of.
    pub of: &'static str,
}

/// What a bound counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Megabytes of 1,048,576 bytes.
    Megabytes,
    /// Pieces.
    Pieces,
}

const fn row(bound: Bound, key: &'static str, usual: u64, unit: Unit, of: &'static str) -> Entry {
    Entry { bound, key, usual, unit, of }
}

use Unit::{Megabytes, Pieces};

/// All bounds, in the order of [`Bound`].
pub const ALL: [Entry; 10] = [
    row(Bound::Answer, "largest_answer_mb", 64, Megabytes, "an answer of a server, uncompressed: a page, for example"),
    row(Bound::TokenAnswer, "largest_token_answer_mb", 1, Megabytes, "an answer of the authorization server"),
    row(Bound::Pages, "most_pages", 10_000, Pieces, "the pages of one search"),
    row(Bound::Document, "largest_document_mb", 256, Megabytes, "one JSON file, or one line of NDJSON, uncompressed"),
    row(Bound::Values, "most_values", 5_000_000, Pieces, "the JSON values in one file, line or answer"),
    row(Bound::Nesting, "deepest_nesting", DEEPEST_NESTING, Pieces, "JSON within JSON; at most 128"),
    row(Bound::Expansion, "most_times_compressed", 200, Pieces, "a compressed file, in times of its compressed size"),
    row(Bound::Record, "largest_record_mb", 256, Megabytes, "what is put together at once: a patient's record"),
    row(Bound::Resources, "most_resources", 100_000, Pieces, "the resources of one patient"),
    row(Bound::Mappings, "largest_mappings_mb", 4, Megabytes, "the mapping files of a folder together"),
];

/// The reader of JSON goes no deeper.
const DEEPEST_NESTING: u64 = 128;

impl Bound {
    /// Its row.
    pub const fn entry(self) -> &'static Entry {
        #[expect(clippy::indexing_slicing, reason = "the rows stand in the order of the bounds, which a test holds")]
        &ALL[self as usize]
    }

    /// The bound of a name.
    pub fn of(key: &str) -> Option<Bound> {
        ALL.iter().find(|entry| entry.key == key).map(|entry| entry.bound)
    }
}

/// The bounds that hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds([u64; ALL.len()]);

impl Default for Bounds {
    fn default() -> Bounds {
        Bounds(ALL.map(|entry| entry.usual))
    }
}

/// A number that a bound cannot be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{key}` is a whole number from 1 to {most}")]
pub struct NoBound {
    key: &'static str,
    most: u64,
}

/// A bound that was met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exceeded {
    /// The bound.
    pub bound: Bound,
    /// Where it lies.
    pub limit: u64,
}

impl fmt::Display for Exceeded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let limit = self.limit;
        match self.bound {
            Bound::Answer | Bound::TokenAnswer | Bound::Document => write!(f, "it is larger than {limit} MB"),
            Bound::Pages => write!(f, "it has more than {limit} pages"),
            Bound::Values => write!(f, "it has more than {limit} JSON values"),
            Bound::Nesting => write!(f, "it is nested more than {limit} deep"),
            Bound::Expansion => write!(f, "uncompressed it is more than {limit} times as large"),
            Bound::Record => write!(f, "what has to be read together is larger than {limit} MB"),
            Bound::Resources => write!(f, "the record has more than {limit} resources"),
            Bound::Mappings => write!(f, "the mapping files are larger than {limit} MB"),
        }
    }
}

impl Bounds {
    /// The same with another number for one bound.
    ///
    /// # Errors
    /// A number that it cannot be.
    pub fn with(mut self, bound: Bound, number: u64) -> Result<Bounds, NoBound> {
        let most = match (bound, bound.entry().unit) {
            (Bound::Nesting, _) => DEEPEST_NESTING,
            (_, Megabytes) => u64::MAX >> 20,
            (_, Pieces) => u64::MAX,
        };
        if number == 0 || number > most {
            return Err(NoBound { key: bound.entry().key, most });
        }
        if let Some(old) = self.0.get_mut(bound as usize) {
            *old = number;
        }
        Ok(self)
    }

    /// The number of a bound.
    pub fn get(&self, bound: Bound) -> u64 {
        self.0.get(bound as usize).copied().unwrap_or_default()
    }

    /// A bound of megabytes in bytes, of pieces in pieces.
    pub fn most(&self, bound: Bound) -> u64 {
        match bound.entry().unit {
            Megabytes => self.get(bound) << 20,
            Pieces => self.get(bound),
        }
    }

    /// Whether so many bytes or pieces are within a bound.
    ///
    /// # Errors
    /// Where they are more.
    pub fn hold(&self, bound: Bound, number: u64) -> Result<(), Exceeded> {
        if number <= self.most(bound) { Ok(()) } else { Err(self.exceeded(bound)) }
    }

    /// Word that a bound was met.
    pub fn exceeded(&self, bound: Bound) -> Exceeded {
        Exceeded { bound, limit: self.get(bound) }
    }

    /// Whether a JSON document, or a line, is within its bounds.
    ///
    /// # Errors
    /// Where it is not.
    pub fn hold_document(&self, text: &[u8]) -> Result<(), Exceeded> {
        self.hold(Bound::Document, text.len() as u64)?;
        self.hold_json(text)
    }

    /// Whether a JSON text has no more values, and none deeper within others, than it may. What is no JSON is not
    /// noticed.
    ///
    /// # Errors
    /// Where it has.
    pub fn hold_json(&self, text: &[u8]) -> Result<(), Exceeded> {
        let (most, deepest) = (self.most(Bound::Values), self.most(Bound::Nesting));
        // Each value takes a sign, and how deep its reader goes it notices itself, in what is read: nearly no text has to be
        // looked through.
        if text.len() as u64 <= most && deepest == DEEPEST_NESTING {
            return Ok(());
        }
        let (mut values, mut depth) = (1u64, 0u64);
        let mut signs = text.iter();
        while let Some(sign) = signs.next() {
            match sign {
                b'"' => {
                    while let Some(sign) = signs.next() {
                        match sign {
                            b'\\' => drop(signs.next()),
                            b'"' => break,
                            _ => {}
                        }
                    }
                }
                b',' => values += 1,
                b'[' | b'{' => {
                    values += 1;
                    depth += 1;
                    if depth > deepest && deepest < DEEPEST_NESTING {
                        return Err(self.exceeded(Bound::Nesting));
                    }
                }
                b']' | b'}' => depth = depth.saturating_sub(1),
                _ => {}
            }
            if values > most {
                return Err(self.exceeded(Bound::Values));
            }
        }
        Ok(())
    }
}
