//! The second reading: each group's texts, its records, and the work on them, in the order of the input.

use super::assemble::{Assembly, Text};
use super::damage::{Damage, Failure, Place};
use super::files::{InputFile, find};
use super::groups::{Group, failures, groups};
use super::in_order::in_order;
use super::index::{Again, Index, Piece, index};
use super::patients::PatientNumber;
use crate::fhir::Record;
use std::collections::HashSet;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

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
}

impl PatientFiles {
    /// Looks through files, folders (with all that is in them, in the order of names) and `-` for standard input.
    /// What is damaged is among [`failures`](PatientFiles::failures); the rest can be read.
    pub fn open(arguments: &[PathBuf], threads: usize) -> PatientFiles {
        let (files, damages) = find(arguments);
        let mut index = index(&files, threads);
        let (failures, undecided) = failures(&mut index, &files, damages);
        let groups = groups(&mut index);
        let mut patients = PatientFiles { files, index, groups, failures, undecided, threads };
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
        let mut waiting = self.groups.iter();
        let opened: Mutex<Vec<(u32, File)>> = Mutex::new(Vec::new());
        let of_group = |group: &Group| self.of_group(group, &opened, &work);
        in_order(
            self.threads,
            move || waiting.next(),
            of_group,
            |results: Vec<Result<T, Failure>>| {
                for result in results {
                    if consume(result).is_break() {
                        return ControlFlow::Break(());
                    }
                }
                ControlFlow::Continue(())
            },
        );
    }

    fn of_group<T>(
        &self,
        group: &Group,
        opened: &Mutex<Vec<(u32, File)>>,
        work: &impl Fn(&Record<'_>) -> T,
    ) -> Vec<Result<T, Failure>> {
        let wanted: Vec<_> = group.patients.iter().filter(|number| !self.undecided.contains(number)).collect();
        let failure = |piece: Option<&Piece>, damage: Damage, numbers: &[&PatientNumber]| Failure {
            place: self.place(piece),
            damage,
            patients: numbers.iter().map(|number| self.index.patients.reference(**number)).collect(),
        };
        if wanted.is_empty() {
            return Vec::new();
        }
        let mut texts = Vec::with_capacity(group.pieces.len());
        for piece in &group.pieces {
            match self.text(piece, opened) {
                Ok(text) => texts.push((piece, text)),
                Err(_) => return vec![Err(failure(Some(piece), Damage::Changed, &wanted))],
            }
        }
        let mut assembly = Assembly::new(&self.index.patients);
        for (piece, text) in &texts {
            self.add(&mut assembly, piece, text);
        }
        let records = assembly.finish(&self.index.deletions);
        let mut results = Vec::with_capacity(wanted.len());
        for number in wanted {
            match records.iter().find(|(of, _)| of == number) {
                None => results.push(Err(failure(group.pieces.first(), Damage::Changed, &[number]))),
                Some((_, Err(failures))) => results.extend(failures.iter().cloned().map(Err)),
                Some((_, Ok(record))) => results.push(
                    catch_unwind(AssertUnwindSafe(|| work(record)))
                        .map_err(|_| failure(group.pieces.first(), Damage::OurFault, &[number])),
                ),
            }
        }
        results
    }

    fn add<'t>(&'t self, assembly: &mut Assembly<'t, '_>, piece: &Piece, text: &'t str) {
        let file = self.files.get(piece.file as usize).map(|file| file.name.as_str()).unwrap_or_default();
        let Some(first) = piece.line else {
            assembly.add(&Text { text: text.trim_start_matches('\u{feff}'), file, line: None });
            return;
        };
        for (number, line) in text.split('\n').enumerate() {
            if !line.trim().is_empty() {
                assembly.add(&Text { text: line, file, line: Some(first + number as u64) });
            }
        }
    }

    fn place(&self, piece: Option<&Piece>) -> Place {
        let file = piece.and_then(|piece| self.files.get(piece.file as usize));
        Place {
            file: file.map(|file| file.name.clone()).unwrap_or_default(),
            line: piece.and_then(|piece| piece.line),
            entry: None,
        }
    }

    fn text(&self, piece: &Piece, opened: &Mutex<Vec<(u32, File)>>) -> io::Result<String> {
        let file = self.files.get(piece.file as usize).ok_or(io::ErrorKind::NotFound)?;
        let again = self.index.again.get(piece.file as usize).copied().unwrap_or(Again::InPlace);
        let length = usize::try_from(piece.length).map_err(|_| io::ErrorKind::OutOfMemory)?;
        let bytes = match again {
            Again::Whole => file.read_whole()?,
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
        for (number, file) in self.files.iter().enumerate() {
            let named = self.failures.iter().any(|failure| failure.place.file == file.name);
            if !named && !self.index.deletes(number) {
                let place = Place { file: file.name.clone(), line: None, entry: None };
                self.failures.push(Failure { place, damage: Damage::NothingRead, patients: Vec::new() });
            }
        }
    }
}
