//! A file cut into blocks of whole lines, none of them larger than a document may be.

use super::damage::Damage;
use super::files::{Kind, Opened};
use super::outline::PatientName;
use super::remains::names_in_damaged;
use crate::bounds::Bound;
use std::collections::BTreeSet;
use std::io::{self, Read};

/// Lines are handed on in blocks of about this many bytes.
const BLOCK: usize = 1 << 18;

/// What of a line that is too large is looked at twice, so that no name is overlooked.
const LONGEST_NAME: usize = 1 << 16;

/// Whole lines of a file, one after another.
#[derive(Debug)]
pub struct Block {
    /// The lines.
    pub bytes: Vec<u8>,
    /// Where they begin in the uncompressed file.
    pub offset: u64,
    /// The number of the first, counted from 1.
    pub first_line: u64,
    /// What follows.
    pub end: BlockEnd,
}

/// What follows a block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BlockEnd {
    /// Perhaps another.
    More,
    /// Nothing.
    Last,
    /// What cannot be read, and why: the last line may be half of one.
    Cut(Damage),
    /// The block is one line alone, larger than any may be, and not kept: whom it names. Perhaps another follows.
    TooLarge(BTreeSet<PatientName>),
}

/// A file being cut into blocks of lines.
pub struct Lines {
    opened: Opened,
    carry: Vec<u8>,
    offset: u64,
    line: u64,
    ended: bool,
}

impl Lines {
    /// From the beginning of a file.
    pub fn new(opened: Opened) -> Lines {
        Lines { opened, carry: Vec::new(), offset: 0, line: 1, ended: false }
    }

    /// How the file is kept.
    pub fn kind(&self) -> Kind {
        self.opened.kind
    }

    /// The next block; nothing after the last.
    pub fn next_block(&mut self) -> Option<Block> {
        if self.ended {
            return None;
        }
        let (offset, first_line) = (self.offset, self.line);
        let mut bytes = std::mem::take(&mut self.carry);
        let end = loop {
            let before = bytes.len();
            match self.read_on(&mut bytes) {
                Err(damage) => break BlockEnd::Cut(damage),
                Ok(0) => break BlockEnd::Last,
                Ok(_) => {}
            }
            if let Some(newline) = bytes.iter().skip(before).rposition(|byte| *byte == b'\n') {
                self.carry = bytes.split_off(before + newline + 1);
                break BlockEnd::More;
            }
            if bytes.len() as u64 > self.opened.bounds.most(Bound::Document) {
                return Some(self.too_large(bytes));
            }
        };
        self.ended = end != BlockEnd::More;
        self.offset += bytes.len() as u64;
        self.line += bytes.iter().filter(|byte| **byte == b'\n').count() as u64;
        Some(Block { bytes, offset, first_line, end })
    }

    fn read_on(&mut self, bytes: &mut Vec<u8>) -> Result<usize, Damage> {
        let bounds = &self.opened.bounds;
        // At once: growing by doubling would leave pieces of memory that are of no use to the next block.
        bytes.reserve(BLOCK);
        self.opened.reader.by_ref().take(BLOCK as u64).read_to_end(bytes).map_err(|error| match error.kind() {
            io::ErrorKind::FileTooLarge => Damage::Beyond(bounds.exceeded(Bound::Expansion)),
            _ => Damage::Compression,
        })
    }

    /// Reads over the rest of a line that is too large, for whom it names.
    fn too_large(&mut self, mut bytes: Vec<u8>) -> Block {
        let (offset, first_line) = (self.offset, self.line);
        let mut names = BTreeSet::new();
        loop {
            let newline = bytes.iter().position(|byte| *byte == b'\n');
            if let Some(newline) = newline {
                self.carry = bytes.split_off(newline + 1);
            }
            names.extend(names_in_damaged(&String::from_utf8_lossy(&bytes)));
            // A name may stand over the border between what was read and what is read next.
            let kept = if newline.is_some() { 0 } else { bytes.len().min(LONGEST_NAME) };
            self.offset += (bytes.len() - kept) as u64;
            if newline.is_some() {
                self.line += 1;
                break;
            }
            bytes.drain(..bytes.len() - kept);
            if !matches!(self.read_on(&mut bytes), Ok(1..)) {
                self.ended = true;
                break;
            }
        }
        Block { bytes: Vec::new(), offset, first_line, end: BlockEnd::TooLarge(names) }
    }
}
