//! The second reading: each group's texts, its records, and the work on them, in the order of the input.

use super::assemble::{Assembly, Text};
use super::damage::{Damage, Failure, Place};
use super::files::{InputFile, find};
use super::groups::{Group, failures, groups};
use super::in_order::in_order;
use super::index::{Again, Index, Piece, index};
use super::patients::PatientNumber;
use crate::bounds::{Bound, Bounds};
use crate::fhir::Record;
use std::cell::Cell;
use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::num::NonZeroU64;
use std::ops::{ControlFlow, Range};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

/// A patient's record, or what makes it not whole.
type OfPatient<'a> = (PatientNumber, Result<Record<'a>, Vec<Failure>>);

/// Files of patients' resources, read once to see whose they are; each patient is then read whole.
///
/// Memory holds a few numbers for each patient, and the texts of those who are being worked on.
pub struct PatientFiles {
    files: Vec<InputFile>,
    index: Index,
    groups: Vec<Group>,
    failures: Vec<Failure>,
    undecided: HashSet<PatientNumber>,
    threads: usize,
    bounds: Bounds,
}

impl PatientFiles {
    /// Looks through files, folders (with all that is in them, in the order of names) and `-` for standard input, as
    /// far as these bounds let it.
    /// What is damaged is among [`failures`](PatientFiles::failures); the rest can be read.
    pub fn open(arguments: &[PathBuf], threads: usize, bounds: Bounds) -> PatientFiles {
        let (files, damages) = find(arguments);
        let mut index = index(&files, threads, bounds);
        let (failures, undecided) = failures(&mut index, &files, damages);
        let groups = groups(&mut index);
        let mut patients = PatientFiles { files, index, groups, failures, undecided, threads, bounds };
        patients.note_input_without_patients();
        patients
    }

    /// What is damaged, in the order in which it was found.
    pub fn failures(&self) -> &[Failure] {
        &self.failures
    }

    /// Leaves only the patient of this id (`p1`, `Patient/p1`, or with its server), and what is damaged of that
    /// patient's; whether there is such a patient.
    pub fn only(&mut self, wanted: &str) -> bool {
        let is_wanted = |reference: &str| reference == wanted || reference.strip_prefix("Patient/") == Some(wanted);
        for group in &mut self.groups {
            group.patients.retain(|number| is_wanted(&self.index.patients.reference(*number)));
        }
        self.groups.retain(|group| !group.patients.is_empty());
        for failure in &mut self.failures {
            failure.patients.retain(|reference| is_wanted(reference));
        }
        self.failures.retain(|failure| !failure.patients.is_empty());
        !self.groups.is_empty() || !self.failures.is_empty()
    }

    /// How many patients there are, those that cannot be decided too.
    pub fn len(&self) -> usize {
        self.groups.iter().map(|group| group.patients.len()).sum()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Does `work` on each patient's record, on all threads, and hands the results to `consume` in the order of the
    /// input. A patient whose record is not whole is a failure in place of a result, or several.
    pub fn each<T: Send>(
        &self,
        work: impl Fn(&Record<'_>) -> T + Sync,
        mut consume: impl FnMut(Result<T, Failure>) -> ControlFlow<()>,
    ) {
        let opened: Mutex<Vec<(u32, File)>> = Mutex::new(Vec::new());
        let worked = |group: &Group, (number, record): OfPatient<'_>| -> Vec<Result<T, Failure>> {
            let our_fault = |_| self.failure(self.pieces(group).first(), Damage::OurFault, &[number]);
            match record {
                Ok(record) => vec![catch_unwind(AssertUnwindSafe(|| work(&record))).map_err(our_fault)],
                Err(failures) => failures.into_iter().map(Err).collect(),
            }
        };
        let flow = Cell::new(ControlFlow::Continue(()));
        let mut handed = |result| {
            if flow.get().is_continue() {
                flow.set(consume(result));
            }
            flow.get()
        };
        let of_group = |group: &Group| {
            let all = self.with_records(group, &opened, |records| -> Vec<_> {
                records.into_iter().flat_map(|record| worked(group, record)).collect()
            });
            all.unwrap_or_else(|failure| vec![Err(failure)])
        };
        for groups in self.groups.chunk_by(|one, next| !one.is_large() && !next.is_large()) {
            match groups {
                // Its results must not wait for each other in memory.
                [group] if group.is_large() => {
                    let done = self.with_records(group, &opened, |records| {
                        let mut records = records.into_iter();
                        let all = |results: Vec<Result<T, Failure>>| results.into_iter().try_for_each(&mut handed);
                        in_order(self.threads, move || records.next(), |record| worked(group, record), all);
                    });
                    done.unwrap_or_else(|failure| flow.set(handed(Err(failure))));
                }
                groups => {
                    let mut waiting = groups.iter();
                    let all = |results: Vec<Result<T, Failure>>| results.into_iter().try_for_each(&mut handed);
                    in_order(self.threads, move || waiting.next(), of_group, all);
                }
            }
            if flow.get().is_break() {
                return;
            }
        }
    }

    /// Does something with the records of a group's patients who are to be decided, in the order of the input.
    fn with_records<R>(
        &self,
        group: &Group,
        opened: &Mutex<Vec<(u32, File)>>,
        work: impl FnOnce(Vec<OfPatient<'_>>) -> R,
    ) -> Result<R, Failure> {
        let wanted = group.patients.iter().copied().filter(|number| !self.undecided.contains(number));
        let wanted: Vec<PatientNumber> = wanted.collect();
        if wanted.is_empty() {
            return Ok(work(Vec::new()));
        }
        let size = self.pieces(group).iter().map(|piece| piece.length).sum();
        if let Err(exceeded) = self.bounds.hold(Bound::Record, size) {
            return Err(self.failure(self.pieces(group).first(), Damage::Beyond(exceeded), &wanted));
        }
        let mut texts = Vec::with_capacity(group.pieces.len());
        for piece in self.pieces(group) {
            match self.text(piece, opened) {
                Ok(text) => texts.push((piece, text)),
                Err(_) => return Err(self.failure(Some(piece), Damage::Changed, &wanted)),
            }
        }
        let mut assembly = Assembly::new(&self.index.patients, self.bounds);
        for (piece, text) in &texts {
            self.add(&mut assembly, piece, text);
        }
        let mut records: HashMap<PatientNumber, _> = assembly.finish(&self.index.deletions).into_iter().collect();
        let changed = |number| self.failure(self.pieces(group).first(), Damage::Changed, &[number]);
        let record = |number| (number, records.remove(&number).unwrap_or_else(|| Err(vec![changed(number)])));
        Ok(work(wanted.into_iter().map(record).collect()))
    }

    fn pieces(&self, group: &Group) -> &[Piece] {
        let Range { start, end } = group.pieces;
        self.index.pieces.get(start as usize..end as usize).unwrap_or_default()
    }

    fn failure(&self, piece: Option<&Piece>, damage: Damage, numbers: &[PatientNumber]) -> Failure {
        let patients = numbers.iter().map(|number| self.index.patients.reference(*number)).collect();
        Failure { place: self.place(piece), damage, patients }
    }

    fn add<'t>(&'t self, assembly: &mut Assembly<'t, '_>, piece: &Piece, text: &'t str) {
        let file = self.files.get(piece.file as usize).map(|file| file.name.as_str()).unwrap_or_default();
        let Some(first) = piece.line else {
            assembly.add(&Text { text: text.trim_start_matches('\u{feff}'), file, line: None });
            return;
        };
        for (number, line) in text.split('\n').enumerate() {
            if !line.trim().is_empty() {
                assembly.add(&Text { text: line, file, line: Some(first.get() + number as u64) });
            }
        }
    }

    fn place(&self, piece: Option<&Piece>) -> Place {
        let file = piece.and_then(|piece| self.files.get(piece.file as usize));
        Place {
            file: file.map(|file| file.name.clone()).unwrap_or_default(),
            line: piece.and_then(|piece| piece.line).map(NonZeroU64::get),
            entry: None,
        }
    }

    fn text(&self, piece: &Piece, opened: &Mutex<Vec<(u32, File)>>) -> io::Result<String> {
        let file = self.files.get(piece.file as usize).ok_or(io::ErrorKind::NotFound)?;
        let again = self.index.again.get(piece.file as usize).copied().unwrap_or(Again::InPlace);
        let length = usize::try_from(piece.length).map_err(|_| io::ErrorKind::OutOfMemory)?;
        let bytes = match again {
            Again::Whole => file.read_whole(self.bounds)?,
            Again::Spool => {
                let mut bytes = vec![0; length];
                self.index.spool.read(piece.offset, &mut bytes)?;
                bytes
            }
            Again::InPlace => {
                let mut held = opened.lock().unwrap_or_else(PoisonError::into_inner);
                let kept = held.iter().position(|(of, _)| *of == piece.file).map(|place| held.swap_remove(place));
                drop(held);
                let mut open = match kept {
                    Some((_, open)) => open,
                    None => file.open_plain()?,
                };
                let mut bytes = vec![0; length];
                open.seek(SeekFrom::Start(piece.offset))?;
                open.read_exact(&mut bytes)?;
                // A file of lines is read again at once; one of a single text is not.
                if piece.line.is_some() {
                    let mut held = opened.lock().unwrap_or_else(PoisonError::into_inner);
                    held.push((piece.file, open));
                    held.truncate(self.threads * 2);
                }
                bytes
            }
        };
        String::from_utf8(bytes).map_err(|_| io::Error::from(io::ErrorKind::InvalidData))
    }

    /// Files of FHIR are named where nothing in the whole input is any patient's: they may not be what was meant. Beside
    /// patients, a file of Organizations is as it should be.
    fn note_input_without_patients(&mut self) {
        if !self.groups.is_empty() {
            return;
        }
        let named: HashSet<String> = self.failures.iter().map(|failure| failure.place.file.clone()).collect();
        for (number, file) in self.files.iter().enumerate() {
            if !named.contains(&file.name) && !self.index.files_with_deletions.contains(&(number as u32)) {
                let place = Place { file: file.name.clone(), line: None, entry: None };
                self.failures.push(Failure { place, damage: Damage::NothingRead, patients: Vec::new() });
            }
        }
    }
}
