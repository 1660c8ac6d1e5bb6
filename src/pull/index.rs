//! The first reading of the input: which patient's resources stand where, and what is damaged.

use super::damage::Damage;
use super::feeder::{Feeder, Job, without_mark};
use super::files::{InputFile, Spool};
use super::in_order::in_order;
use super::lines::{Block, BlockEnd};
use super::outline::PatientName;
use super::patients::{PatientNumber, Patients};
use super::survey::{Concerns, Problem, Survey, VagueName, damaged, survey};
use crate::bounds::{Bound, Bounds};
use crate::fhir::Unreadable;
use crate::fhir::versions::Deletions;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::num::NonZeroU64;
use std::ops::{ControlFlow, Deref};
use std::sync::Arc;

/// A stretch of a file that holds resources of the same patients.
#[derive(Clone, Debug)]
pub struct Piece {
    /// The file, by its place in the list.
    pub file: u32,
    /// Where it begins: in the file, or in the spool.
    pub offset: u64,
    /// How long it is, in bytes.
    pub length: u64,
    /// The number of its first line, counted from 1; none where the file is one text.
    pub line: Option<NonZeroU64>,
    /// Whose resources they are.
    pub owners: Owners,
    /// Whether it is more than one text.
    pub several: bool,
    /// Whether a text is a bare resource: then a patient's others stand in texts of their own.
    pub bare: bool,
}

/// The patients of a piece. It is one nearly always, who needs no memory elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Owners {
    /// One.
    One(PatientNumber),
    /// More than one, or none.
    Several(Box<[PatientNumber]>),
}

impl From<&[PatientNumber]> for Owners {
    fn from(owners: &[PatientNumber]) -> Owners {
        match owners {
            [one] => Owners::One(*one),
            several => Owners::Several(several.into()),
        }
    }
}

impl Deref for Owners {
    type Target = [PatientNumber];

    fn deref(&self) -> &[PatientNumber] {
        match self {
            Owners::One(one) => std::slice::from_ref(one),
            Owners::Several(several) => several,
        }
    }
}

// There is one for each patient, and memory is not to grow by more than that.
const _: () = assert!(size_of::<Piece>() <= 48);

/// How a file's pieces are read again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Again {
    /// From the file.
    InPlace,
    /// From the file, uncompressed from its beginning (it is one text).
    Whole,
    /// From the spool.
    Spool,
}

/// What the first reading found.
#[derive(Debug, Default)]
pub struct Index {
    /// The patients' names.
    pub patients: Patients,
    /// How each file is read again.
    pub again: Vec<Again>,
    /// Texts that can be read only once.
    pub spool: Spool,
    /// Resources that the input says are deleted.
    pub deletions: Deletions,
    /// Where resources are, in the order of the input.
    pub pieces: Vec<Piece>,
    /// What is damaged.
    pub problems: Vec<Located>,
    /// Where names first stand that may lead to no one patient.
    pub vague: HashMap<PatientNumber, VaguePlace>,
    /// The pages of search results that are here.
    pub pages: HashSet<String>,
    /// Texts after which a search goes on at another page.
    pub next_pages: Vec<NextPage>,
    /// Files that say that resources are deleted.
    pub files_with_deletions: HashSet<u32>,
    damaged_since_piece: bool,
}

/// A page that follows a text.
#[derive(Debug)]
pub struct NextPage {
    /// The file of the text.
    pub file: u32,
    /// The line of the text.
    pub line: Option<u64>,
    /// The address of the page.
    pub url: String,
    /// The patients of the text.
    pub of_text: Arc<[PatientNumber]>,
}

/// A resource that names its patient by a name that may lead to no one patient, and where it stands.
#[derive(Debug)]
pub struct VaguePlace {
    /// The file.
    pub file: u32,
    /// The line.
    pub line: Option<u64>,
    /// The entry.
    pub entry: Option<String>,
    /// The resource.
    pub source: String,
}

/// A problem, and before which piece it came.
#[derive(Debug)]
pub struct Located {
    /// The file, by its place in the list.
    pub file: u32,
    /// The line.
    pub line: Option<u64>,
    /// The number of the piece that follows it.
    pub before: usize,
    /// The problem.
    pub problem: Problem,
    /// The patients of its text.
    pub of_text: Arc<[PatientNumber]>,
}

/// A text that was surveyed.
struct Surveyed {
    file: u32,
    again: Again,
    offset: u64,
    length: u64,
    line: Option<u64>,
    outcome: Result<Survey, Problem>,
}

/// Reads all files once, on all threads, as far as these bounds let it.
pub fn index(files: &[InputFile], threads: usize, bounds: Bounds) -> Index {
    let spool = Spool::default();
    let mut found = Index { again: vec![Again::InPlace; files.len()], ..Index::default() };
    let mut feeder = Feeder::new(files, &spool, bounds);
    in_order(
        threads,
        move || feeder.next(),
        |job| surveyed(job, &bounds),
        |texts| {
            texts.into_iter().for_each(|text| found.add(text));
            ControlFlow::Continue(())
        },
    );
    found.spool = spool;
    found
}

fn surveyed(job: Job, bounds: &Bounds) -> Vec<Surveyed> {
    let Job { file, again, one_text, start, block } = job;
    let whole = |outcome| Surveyed {
        file,
        again,
        offset: start.as_ref().copied().unwrap_or_default(),
        length: block.bytes.len() as u64,
        line: None,
        outcome,
    };
    let lost = |damage| Err(Problem { entry: None, damage, concerns: Concerns::Neighbours });
    let holds_nothing = |damage| Err(Problem { entry: None, damage, concerns: Concerns::Nobody });
    let offset = match &start {
        Err(Damage::Empty) => return vec![whole(holds_nothing(Damage::Empty))],
        Err(damage) => return vec![whole(lost(damage.clone()))],
        Ok(offset) => *offset,
    };
    let too_large = |names: &BTreeSet<PatientName>| Problem {
        entry: None,
        damage: Damage::Beyond(bounds.exceeded(Bound::Document)),
        concerns: match names.is_empty() {
            true => Concerns::Neighbours,
            false => Concerns::Named(names.iter().cloned().collect()),
        },
    };
    let survey = |text: &[u8]| match bounds.hold_document(text) {
        Ok(()) => survey(text),
        Err(exceeded) => Err(damaged(&String::from_utf8_lossy(text), Damage::Beyond(exceeded))),
    };
    if one_text {
        let text = without_mark(&block.bytes);
        let outcome = match &block.end {
            BlockEnd::TooLarge(names) => Err(too_large(names)),
            BlockEnd::Cut(damage) => Err(damaged(&String::from_utf8_lossy(text), damage.clone())),
            BlockEnd::More | BlockEnd::Last if text.trim_ascii().is_empty() => holds_nothing(Damage::Empty),
            BlockEnd::More | BlockEnd::Last => survey(text).or_else(|problem| match problem.damage {
                // JSON of another kind that speaks of nobody: nothing shows that it was ever a resource.
                Damage::NotReadable(Unreadable::NotFhir) if matches!(problem.concerns, Concerns::Neighbours) => {
                    holds_nothing(problem.damage)
                }
                _ => Err(problem),
            }),
        };
        return vec![whole(outcome)];
    }
    if let BlockEnd::TooLarge(names) = &block.end {
        return vec![Surveyed { line: Some(block.first_line), ..whole(Err(too_large(names))) }];
    }
    let mut texts = Vec::new();
    let mut begin = 0usize;
    let pieces: Vec<&[u8]> = block.bytes.split_inclusive(|byte| *byte == b'\n').collect();
    let last = pieces.len().saturating_sub(1);
    for (number, line) in pieces.into_iter().enumerate() {
        let text = if block.first_line == 1 && number == 0 { without_mark(line) } else { line };
        let line_number = Some(block.first_line + number as u64);
        let place = |outcome| Surveyed {
            file,
            again,
            offset: offset + (begin + line.len() - text.len()) as u64,
            length: text.len() as u64,
            line: line_number,
            outcome,
        };
        let ends_early = number == last && !line.ends_with(b"\n");
        match block.end {
            BlockEnd::Cut(_) if ends_early => {}
            _ if text.trim_ascii().is_empty() => {}
            _ => texts.push(place(survey(text))),
        }
        begin += line.len();
    }
    if let BlockEnd::Cut(damage) = &block.end {
        texts.push(cut(file, again, &block, damage));
    }
    texts
}

/// The end of a file that breaks off: what is left of its last line still names whose it was.
fn cut(file: u32, again: Again, block: &Block, damage: &Damage) -> Surveyed {
    let rest = block.bytes.rsplit(|byte| *byte == b'\n').next().unwrap_or_default();
    let lines = block.bytes.iter().filter(|byte| **byte == b'\n').count() as u64;
    Surveyed {
        file,
        again,
        offset: 0,
        length: 0,
        line: Some(block.first_line + lines),
        outcome: Err(damaged(&String::from_utf8_lossy(rest), damage.clone())),
    }
}

impl Index {
    fn add(&mut self, text: Surveyed) {
        if let Some(again) = self.again.get_mut(text.file as usize) {
            *again = text.again;
        }
        let locate = |before, problem, of_text| Located { file: text.file, line: text.line, before, problem, of_text };
        match text.outcome {
            Err(problem) => {
                self.damaged_since_piece = true;
                self.problems.push(locate(self.pieces.len(), problem, Arc::default()));
            }
            Ok(survey) => {
                let owners: Arc<[PatientNumber]> = self.patients.add(&survey.owners, &survey.aliases).into();
                for VagueName { name, source, entry } in survey.vague {
                    let place = VaguePlace { file: text.file, line: text.line, entry, source };
                    self.vague.entry(self.patients.number(&name)).or_insert(place);
                }
                if !survey.deletions.is_empty() {
                    self.files_with_deletions.insert(text.file);
                }
                self.deletions.extend(survey.deletions);
                let next = |url| NextPage { file: text.file, line: text.line, url, of_text: Arc::clone(&owners) };
                self.next_pages.extend(survey.next_pages.into_iter().map(next));
                self.pages.extend(survey.pages);
                for problem in survey.problems {
                    self.problems.push(locate(self.pieces.len(), problem, Arc::clone(&owners)));
                }
                if !owners.is_empty() {
                    let Surveyed { file, offset, length, line, .. } = text;
                    let (owners, line) = ((&*owners).into(), line.and_then(NonZeroU64::new));
                    self.add_piece(Piece { file, offset, length, line, owners, several: false, bare: survey.bare });
                }
            }
        }
    }

    /// Adds a text's place to the last piece where both are of the same one patient, else as a piece of its own.
    fn add_piece(&mut self, piece: Piece) {
        let undamaged = !std::mem::take(&mut self.damaged_since_piece);
        if let (Some(last), [_]) = (self.pieces.last_mut(), &*piece.owners)
            && undamaged
            && last.file == piece.file
            && last.owners == piece.owners
            && piece.offset >= last.offset
        {
            last.length = piece.offset + piece.length - last.offset;
            last.several = true;
            last.bare |= piece.bare;
            return;
        }
        self.pieces.push(piece);
    }
}
