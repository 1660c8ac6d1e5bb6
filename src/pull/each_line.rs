//! A file of JSON texts, one a line (or one in all), worked on by all threads, the results in the order of the lines.

use super::damage::Damage;
use super::files::{BlockEnd, InputFile, LARGEST_TEXT, Lines, closed};
use super::in_order::in_order;
use super::index::{has_a_text_a_line, without_mark};
use std::ops::ControlFlow;
use std::path::Path;

/// Does `work` on every text of a file (`-`: standard input; `.gz` and `.zst` too) and hands the number of its line,
/// counted from 1, with the result to `consume`: a line that is not UTF-8 is a damage in its place, and the others are
/// worked on. Empty lines are passed over.
///
/// # Errors
/// Where the file cannot be read, or not to its end; what stood before that was worked on.
pub fn each_line<T: Send>(
    path: &Path,
    threads: usize,
    work: impl Fn(&str) -> T + Sync,
    mut consume: impl FnMut(u64, Result<T, Damage>) -> ControlFlow<()>,
) -> Result<(), Damage> {
    let mut lines = Lines::new(InputFile::of_path(path).open().map_err(|error| closed(&error))?);
    let mut first = lines.next_block().ok_or(Damage::Empty)?;
    let one_text = !has_a_text_a_line(&InputFile::of_path(path), &first);
    while one_text && first.end == BlockEnd::More {
        let Some(more) = lines.next_block() else { break };
        first.bytes.extend_from_slice(&more.bytes);
        first.end = if first.bytes.len() as u64 > LARGEST_TEXT { BlockEnd::TooLarge } else { more.end };
    }
    let mut waiting = Some(first);
    let mut damage = None;
    let texts = |block: super::files::Block| {
        let bytes = if block.first_line == 1 { without_mark(&block.bytes) } else { &block.bytes };
        let lines: Vec<&[u8]> = if one_text { vec![bytes] } else { bytes.split(|byte| *byte == b'\n').collect() };
        let mut results = Vec::with_capacity(lines.len());
        for (number, line) in lines.into_iter().enumerate() {
            if line.trim_ascii().is_empty() {
                continue;
            }
            let result = match std::str::from_utf8(line) {
                Ok(text) => Ok(work(text)),
                Err(error) => Err(Damage::NotUtf8(error.valid_up_to() + 1)),
            };
            results.push((block.first_line + number as u64, result));
        }
        let cut = match block.end {
            BlockEnd::More | BlockEnd::Last => None,
            BlockEnd::Cut => Some(Damage::Compression),
            BlockEnd::TooLarge => Some(Damage::TooLarge),
        };
        (results, cut)
    };
    in_order(
        threads,
        move || waiting.take().or_else(|| lines.next_block()),
        texts,
        |(results, cut)| {
            damage = damage.take().or(cut);
            for (line, result) in results {
                if consume(line, result).is_break() {
                    return ControlFlow::Break(());
                }
            }
            ControlFlow::Continue(())
        },
    );
    damage.map_or(Ok(()), Err)
}
