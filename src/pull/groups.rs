//! Who is put together with whom, and who is not decided because a part of the record is lost.

use super::damage::{Damage, Failure, Place};
use super::files::InputFile;
use super::index::{Index, Located, Piece};
use super::outline::PatientName;
use super::patients::{PatientNumber, Patients};
use super::survey::Concerns;
use smallvec::SmallVec;
use std::collections::{BTreeSet, HashMap, HashSet};

/// Patients who are put together at once, because a text holds resources of more than one of them.
#[derive(Debug, Default)]
pub struct Group {
    /// The patients, in the order in which the input first names them.
    pub patients: SmallVec<[PatientNumber; 1]>,
    /// Where their resources are.
    pub pieces: SmallVec<[Piece; 1]>,
}

/// The groups in the order in which they first come.
pub fn groups(index: &mut Index) -> Vec<Group> {
    let settled: Vec<Option<PatientNumber>> =
        (0..index.patients.len()).map(|number| index.patients.settled(number as PatientNumber)).collect();
    let settled = |number: PatientNumber| settled.get(number as usize).copied().flatten();
    let mut sets = Sets::new(index.patients.len());
    for piece in &index.pieces {
        let mut owners = piece.owners.iter().filter_map(|number| settled(*number));
        if let Some(first) = owners.next() {
            owners.for_each(|other| sets.join(first, other));
        }
    }
    let pieces = std::mem::take(&mut index.pieces);
    // As many as there can be, at once: growing by doubling would hold them twice over.
    let mut groups: Vec<Group> = Vec::with_capacity(pieces.len().min(index.patients.len()));
    let mut places: Vec<Option<u32>> = vec![None; index.patients.len()];
    let mut placed = vec![false; index.patients.len()];
    for piece in pieces {
        let mut owners = piece.owners.iter().filter_map(|number| settled(*number)).peekable();
        let Some(first) = owners.peek().copied() else { continue };
        let Some(place) = places.get_mut(sets.root(first) as usize) else { continue };
        let place = *place.get_or_insert_with(|| {
            groups.push(Group::default());
            groups.len() as u32 - 1
        });
        let Some(group) = groups.get_mut(place as usize) else { continue };
        let is_new =
            |number: &PatientNumber| placed.get_mut(*number as usize).is_some_and(|it| !std::mem::replace(it, true));
        group.patients.extend(owners.filter(is_new));
        group.pieces.push(piece);
    }
    groups
}

/// Sets of patients that are joined.
struct Sets(Vec<PatientNumber>);

impl Sets {
    fn new(count: usize) -> Sets {
        Sets((0..count as PatientNumber).collect())
    }

    fn root(&mut self, number: PatientNumber) -> PatientNumber {
        let mut at = number;
        while let Some(above) = self.0.get(at as usize).copied().filter(|above| *above != at) {
            let higher = self.0.get(above as usize).copied().unwrap_or(above);
            if let Some(entry) = self.0.get_mut(at as usize) {
                *entry = higher;
            }
            at = higher;
        }
        at
    }

    fn join(&mut self, one: PatientNumber, other: PatientNumber) {
        let (one, other) = (self.root(one), self.root(other));
        if let Some(entry) = self.0.get_mut(one.max(other) as usize) {
            *entry = one.min(other);
        }
    }
}

/// Each problem of the first reading with the patients whom it may have cost a resource; before them those of the
/// arguments that give no file.
pub fn failures(
    index: &mut Index,
    files: &[InputFile],
    of_arguments: Vec<(String, Damage)>,
) -> (Vec<Failure>, HashSet<PatientNumber>) {
    let mut shapes: HashMap<u32, Shape> = HashMap::new();
    let mut undecided = HashSet::new();
    let mut failures = Vec::new();
    for (file, damage) in of_arguments {
        let numbers = match damage {
            Damage::EmptyFolder => BTreeSet::new(),
            _ => of_a_lost_file(index),
        };
        let place = Place { file, line: None, entry: None };
        failures.push(failure(index, place, damage, &numbers));
        undecided.extend(numbers);
    }
    for located in std::mem::take(&mut index.problems) {
        let numbers = concerned(index, &located, &mut shapes);
        let lost = lost(index, &located.problem.concerns);
        let place = place(files, located.file, located.line, located.problem.entry);
        let mut failure = failure(index, place, located.problem.damage, &numbers);
        failure.patients.extend(lost);
        failures.push(failure);
        undecided.extend(numbers);
    }
    for (number, piece) in unsettled(index) {
        let vague = index.vague.get(&number);
        let (damage, numbers) = why_unsettled(&index.patients, number, vague.map(|it| it.source.as_str()));
        let place = match vague {
            Some(vague) => place(files, vague.file, vague.line, vague.entry.clone()),
            None => place(files, piece.file, piece.line, None),
        };
        failures.push(failure(index, place, damage, &numbers));
        undecided.extend(numbers);
    }
    for next in std::mem::take(&mut index.next_pages) {
        if index.pages.contains(&next.url) {
            continue;
        }
        let numbers = may_have_more(index, &next.of_text);
        failures.push(failure(index, place(files, next.file, next.line, None), Damage::MorePages, &numbers));
        undecided.extend(numbers);
    }
    index.pages = HashSet::new();
    (failures, undecided)
}

fn failure(index: &Index, place: Place, damage: Damage, numbers: &BTreeSet<PatientNumber>) -> Failure {
    let patients = numbers.iter().map(|number| index.patients.reference(*number)).collect();
    Failure { place, damage, patients }
}

/// Why a name leads to no one patient, and who may be meant.
pub fn why_unsettled(
    patients: &Patients,
    number: PatientNumber,
    source: Option<&str>,
) -> (Damage, BTreeSet<PatientNumber>) {
    let mut same_id: BTreeSet<_> = patients.same_id(number).into_iter().collect();
    same_id.remove(&number);
    if !same_id.is_empty() {
        return (Damage::TwoServers, same_id);
    }
    let source = source.unwrap_or("a resource").to_owned();
    let bearers = patients.bearers(number);
    match bearers.is_empty() {
        true => (Damage::NoPatient(source), bearers),
        false => (Damage::SharedName(source), bearers),
    }
}

/// Everyone of the input.
fn everyone(index: &Index) -> BTreeSet<PatientNumber> {
    index.pieces.iter().flat_map(|piece| settled(index, &piece.owners)).collect()
}

fn settled(index: &Index, numbers: &[PatientNumber]) -> BTreeSet<PatientNumber> {
    numbers.iter().filter_map(|number| index.patients.settled(*number)).collect()
}

/// Who may have lost a resource with a file of which nothing is left: nobody where each patient stands in one Bundle,
/// since the lost one was another patient's; else anyone.
fn of_a_lost_file(index: &Index) -> BTreeSet<PatientNumber> {
    let mut files: HashMap<PatientNumber, u32> = HashMap::new();
    let is_spread = index.pieces.iter().any(|piece| {
        let of_piece = settled(index, &piece.owners);
        piece.bare || of_piece.into_iter().any(|number| *files.entry(number).or_insert(piece.file) != piece.file)
    });
    if is_spread { everyone(index) } else { BTreeSet::new() }
}

/// The patients of a page whose search goes on; a page that names none may be followed by anybody's results.
fn may_have_more(index: &Index, of_text: &[PatientNumber]) -> BTreeSet<PatientNumber> {
    if of_text.is_empty() { everyone(index) } else { settled(index, of_text) }
}

/// Patients of whom only a damaged text speaks: they are not decided, and would else be named nowhere.
fn lost(index: &Index, concerns: &Concerns) -> BTreeSet<String> {
    let Concerns::Named(names) = concerns else { return BTreeSet::new() };
    let not_here = names.iter().filter(|name| index.patients.find(name).is_none());
    not_here
        .filter_map(|name| match name {
            PatientName::Server { id, .. } => Some(format!("Patient/{id}")),
            PatientName::Address(_) | PatientName::Identifier(..) => None,
        })
        .collect()
}

fn place(files: &[InputFile], file: u32, line: Option<u64>, entry: Option<String>) -> Place {
    let file = files.get(file as usize).map(|file| file.name.clone()).unwrap_or_default();
    Place { file, line, entry }
}

/// Names that lead to no one patient, each with the first piece that uses it.
fn unsettled(index: &Index) -> Vec<(PatientNumber, &Piece)> {
    let mut seen = HashSet::new();
    let pieces = index.pieces.iter().flat_map(|piece| piece.owners.iter().map(move |number| (*number, piece)));
    pieces.filter(|(number, _)| index.patients.settled(*number).is_none() && seen.insert(*number)).collect()
}

fn concerned(index: &Index, located: &Located, shapes: &mut HashMap<u32, Shape>) -> BTreeSet<PatientNumber> {
    match &located.problem.concerns {
        Concerns::Nobody => BTreeSet::new(),
        Concerns::Named(names) => names.iter().filter_map(|name| index.patients.find(name)).collect(),
        Concerns::TextsPatients => settled(index, &located.of_text),
        Concerns::Neighbours => {
            let of_file = |place: Option<usize>| {
                let piece = place.and_then(|place| index.pieces.get(place));
                piece
                    .filter(|piece| piece.file == located.file)
                    .map(|it| settled(index, &it.owners))
                    .unwrap_or_default()
            };
            match shapes.entry(located.file).or_insert_with(|| Shape::of(index, located.file)) {
                Shape::Lost => of_a_lost_file(index),
                Shape::BundleAPatient => BTreeSet::new(),
                Shape::LinesTogether => {
                    let (before, after) = (of_file(located.before.checked_sub(1)), of_file(Some(located.before)));
                    let both: BTreeSet<_> = before.intersection(&after).copied().collect();
                    if both.is_empty() { before.union(&after).copied().collect() } else { both }
                }
                Shape::Scattered(all) => all.clone(),
            }
        }
    }
}

/// How a file is made up, which tells whose a lost line may have been.
enum Shape {
    /// Nothing is left of it.
    Lost,
    /// Every patient has one Bundle, and no text elsewhere: a lost one was another patient's.
    BundleAPatient,
    /// The lines of a patient stand together: a lost one was of the patient before it or after it.
    LinesTogether,
    /// Patients come again, here or in other files: a lost one may have been of any of these.
    Scattered(BTreeSet<PatientNumber>),
}

impl Shape {
    fn of(index: &Index, file: u32) -> Shape {
        let mut here = BTreeSet::new();
        let (mut again, mut lines_together) = (false, false);
        let mut last: BTreeSet<PatientNumber> = BTreeSet::new();
        for piece in index.pieces.iter().filter(|piece| piece.file == file) {
            let now = settled(index, &piece.owners);
            for number in &now {
                let known = !here.insert(*number);
                lines_together |= known;
                again |= known && !last.contains(number);
            }
            lines_together |= piece.lines > 1 || piece.bare;
            last = now;
        }
        if here.is_empty() {
            return Shape::Lost;
        }
        let elsewhere = index.pieces.iter().filter(|piece| piece.file != file);
        let mut elsewhere: BTreeSet<_> = elsewhere.flat_map(|piece| settled(index, &piece.owners)).collect();
        if !elsewhere.is_disjoint(&here) {
            elsewhere.append(&mut here);
            return Shape::Scattered(elsewhere);
        }
        match (again, lines_together) {
            (true, _) => Shape::Scattered(here),
            (false, true) => Shape::LinesTogether,
            (false, false) => Shape::BundleAPatient,
        }
    }
}
