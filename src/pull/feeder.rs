//! The files of an input one after another, as whole texts or as blocks of lines.

use super::damage::Damage;
use super::files::{InputFile, Kind, Spool, closed};
use super::index::Again;
use super::lines::{Block, BlockEnd, Lines};
use super::outline::PatientName;
use super::remains::names_in_damaged;
use crate::bounds::{Bound, Bounds};
use std::collections::BTreeSet;

/// One text, or whole lines, on the way to the survey.
pub struct Job {
    /// The file, by its place in the list.
    pub file: u32,
    /// How it is read again.
    pub again: Again,
    /// Whether it is one text, rather than lines.
    pub one_text: bool,
    /// Where it begins when it is read again.
    pub start: Result<u64, Damage>,
    /// The text or the lines.
    pub block: Block,
}

/// Hands out whole texts and blocks of lines.
pub struct Feeder<'f> {
    files: &'f [InputFile],
    spool: &'f Spool,
    next: usize,
    lines: Option<(u32, Lines)>,
    bounds: Bounds,
}

impl<'f> Feeder<'f> {
    /// Of these files; what can be read only once is kept in the spool.
    pub fn new(files: &'f [InputFile], spool: &'f Spool, bounds: Bounds) -> Feeder<'f> {
        Feeder { files, spool, next: 0, lines: None, bounds }
    }

    /// The next text or lines; nothing after the last.
    pub fn next(&mut self) -> Option<Job> {
        if let Some((file, lines)) = &mut self.lines {
            let (file, kind) = (*file, lines.kind());
            if let Some(block) = lines.next_block() {
                return Some(self.block(file, kind, block));
            }
            self.lines = None;
        }
        let input = self.files.get(self.next)?;
        let file = u32::try_from(self.next).unwrap_or(u32::MAX);
        self.next += 1;
        let mut lines = match input.open(self.bounds) {
            Ok(opened) => Lines::new(opened),
            Err(error) => return Some(unopened(file, closed(&error))),
        };
        let kind = lines.kind();
        let Some(first) = lines.next_block() else { return Some(unopened(file, Damage::Empty)) };
        if has_a_text_a_line(input, &first) {
            self.lines = Some((file, lines));
            return Some(self.block(file, kind, first));
        }
        let block = whole(first, &mut lines, &self.bounds);
        let mut job = match kind {
            Kind::Compressed => Job { file, again: Again::Whole, one_text: true, start: Ok(0), block },
            Kind::Plain | Kind::Stream => self.block(file, kind, block),
        };
        job.one_text = true;
        Some(job)
    }

    fn block(&self, file: u32, kind: Kind, block: Block) -> Job {
        let (again, start) = match kind {
            Kind::Plain => (Again::InPlace, Ok(block.offset)),
            Kind::Compressed | Kind::Stream => {
                (Again::Spool, self.spool.keep(&block.bytes).map_err(|error| closed(&error)))
            }
        };
        Job { file, again, one_text: false, start, block }
    }
}

fn unopened(file: u32, damage: Damage) -> Job {
    let block = Block { bytes: Vec::new(), offset: 0, first_line: 1, end: BlockEnd::Last };
    Job { file, again: Again::InPlace, one_text: true, start: Err(damage), block }
}

/// The one text that a file is; of one that is too large only whom it names.
pub fn whole(first: Block, lines: &mut Lines, bounds: &Bounds) -> Block {
    let mut block = first;
    let mut named: Option<BTreeSet<PatientName>> = None;
    loop {
        if let BlockEnd::TooLarge(names) = &mut block.end {
            named.get_or_insert_default().append(names);
        }
        if named.is_some() || block.bytes.len() as u64 > bounds.most(Bound::Document) {
            let names = names_in_damaged(&String::from_utf8_lossy(&block.bytes));
            named.get_or_insert_default().extend(names);
            block.bytes.clear();
        }
        let may_go_on = matches!(block.end, BlockEnd::More | BlockEnd::TooLarge(_));
        let Some(more) = lines.next_block().filter(|_| may_go_on) else { break };
        block.bytes.extend_from_slice(&more.bytes);
        block.end = more.end;
    }
    if let Some(names) = named {
        block.end = BlockEnd::TooLarge(names);
    }
    block
}

/// Whether a file has a text a line: its first line is one, and more follows; or its name says so and it is not one
/// text over several lines all the same.
pub fn has_a_text_a_line(input: &InputFile, first: &Block) -> bool {
    if matches!(first.end, BlockEnd::TooLarge(_)) {
        return true;
    }
    let text = without_mark(&first.bytes);
    let mut lines = text.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii).filter(|line| !line.is_empty());
    let Some(line) = lines.next() else { return false };
    let complete = |text: &[u8]| serde_json::from_slice::<serde::de::IgnoredAny>(text).is_ok();
    let second = lines.next();
    let more = second.is_some() || first.end == BlockEnd::More;
    if complete(line) {
        return more || input.is_named_lines();
    }
    if input.is_named_lines() {
        return !complete(text);
    }
    second.is_some_and(|second| second.starts_with(b"{") && complete(second))
}

/// Without the mark that some programs set before UTF-8.
pub fn without_mark(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(&[0xef, 0xbb, 0xbf]).unwrap_or(bytes)
}
