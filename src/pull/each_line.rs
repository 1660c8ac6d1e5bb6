//! A file of JSON texts, one a line (or one in all), worked on by all threads, the results in the order of the lines.

use super::damage::Damage;
use super::feeder::{has_a_text_a_line, whole, without_mark};
use super::files::{InputFile, closed};
use super::in_order::in_order;
use super::lines::{Block, BlockEnd, Lines};
use crate::bounds::{Bound, Bounds};
use std::ops::ControlFlow;
use std::path::Path;

/// Does `work` on every text of a file (`-`: standard input; `.gz` and `.zst` too) and hands the number of its line,
/// counted from 1, with the result to `consume`: a line that is not UTF-8, or beyond a bound, is a damage in its place,
/// and the others are worked on. Empty lines are passed over.
///
/// # Errors
/// Where the file cannot be read, or not to its end; what stood before that was worked on.
pub fn each_line<T: Send>(
    path: &Path,
    threads: usize,
    bounds: Bounds,
    work: impl Fn(&str) -> T + Sync,
    mut consume: impl FnMut(u64, Result<T, Damage>) -> ControlFlow<()>,
) -> Result<(), Damage> {
    let file = InputFile::of_path(path);
    let mut lines = Lines::new(file.open(bounds).map_err(|error| closed(&error))?);
    let first = lines.next_block().ok_or(Damage::Empty)?;
    let one_text = !has_a_text_a_line(&file, &first);
    let mut waiting = Some(if one_text { whole(first, &mut lines, &bounds) } else { first });
    let mut damage = None;
    let one = |text: &[u8]| {
        bounds.hold_document(text).map_err(Damage::Beyond)?;
        let text = std::str::from_utf8(text).map_err(|error| Damage::NotUtf8(error.valid_up_to() + 1))?;
        Ok(work(text))
    };
    let texts = |block: Block| {
        let bytes = if block.first_line == 1 { without_mark(&block.bytes) } else { &block.bytes };
        let lines: Vec<&[u8]> = if one_text { vec![bytes] } else { bytes.split(|byte| *byte == b'\n').collect() };
        let numbered = lines.into_iter().enumerate().filter(|(_, line)| !line.trim_ascii().is_empty());
        let mut results: Vec<_> =
            numbered.map(|(number, line)| (block.first_line + number as u64, one(line))).collect();
        let cut = match block.end {
            BlockEnd::More | BlockEnd::Last => None,
            BlockEnd::Cut(damage) => Some(damage),
            BlockEnd::TooLarge(_) => {
                results.push((block.first_line, Err(Damage::Beyond(bounds.exceeded(Bound::Document)))));
                None
            }
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
