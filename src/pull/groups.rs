//! Who is put together with whom, and who is not decided because a part of the record is lost.

use super::damage::{Damage, Failure, Place};
use super::files::InputFile;
use super::index::{Index, Located, Piece};
use super::outline::PatientName;
use super::patients::{PatientNumber, Patients};
use super::survey::Concerns;
use smallvec::SmallVec;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::num::NonZeroU64;
use std::ops::Range;
use std::sync::Arc;

/// Patients who are put together at once, because a text holds resources of more than one of them.
#[derive(Debug, Default)]
pub struct Group {
    /// The patients, in the order in which the input first names them.
    pub patients: SmallVec<[PatientNumber; 1]>,
    /// Where their resources are: which of the index's pieces.
    pub pieces: Range<u32>,
}

/// A group of more patients than these is large.
const MOST_OF_A_SMALL_GROUP: usize = 64;

impl Group {
    /// Whether it has many patients, so that what comes of all of them is not to be held at once.
    pub fn is_large(&self) -> bool {
        self.patients.len() > MOST_OF_A_SMALL_GROUP
    }
}

/// The groups in the order in which they first come; brings the pieces of each together.
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
    let mut root_of = |piece: &Piece| Some(sets.root(piece.owners.iter().find_map(|number| settled(*number))?));
    index.pieces.retain(|piece| root_of(piece).is_some());
    let mut places: Vec<Option<u32>> = vec![None; index.patients.len()];
    let mut count = 0;
    for root in index.pieces.iter().filter_map(&mut root_of) {
        if let Some(place @ None) = places.get_mut(root as usize) {
            *place = Some(count);
            count += 1;
        }
    }
    let mut place_of = |piece: &Piece| root_of(piece).and_then(|root| places.get(root as usize).copied().flatten());
    // Stable: the pieces of one group stay in the order of the input. They mostly stand so already.
    index.pieces.sort_by_key(&mut place_of);
    let mut placed = vec![false; index.patients.len()];
    let mut groups = Vec::with_capacity(count as usize);
    let mut from = 0;
    for pieces in index.pieces.chunk_by(|one, next| place_of(one) == place_of(next)) {
        let to = from + pieces.len() as u32;
        let owners = pieces.iter().flat_map(|piece| piece.owners.iter().filter_map(|number| settled(*number)));
        let is_new =
            |number: &PatientNumber| placed.get_mut(*number as usize).is_some_and(|it| !std::mem::replace(it, true));
        groups.push(Group { patients: owners.filter(is_new).collect(), pieces: from..to });
        from = to;
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

/// A failure names its patients, and their number may be large: if an earlier failure was of the same patients and they
/// are more than these, it need not name them again.
const MOST_NAMED_AGAIN: usize = 20;

/// Patients who may have lost a resource by one problem, and often by others too.
type Concerned = Arc<BTreeSet<PatientNumber>>;

/// Who is not decided, and which patients were named as such together.
#[derive(Default)]
struct Undecided {
    patients: HashSet<PatientNumber>,
    named: HashSet<*const BTreeSet<PatientNumber>>,
    /// Kept, so that no other is taken for one of them.
    sets: Vec<Concerned>,
}

impl Undecided {
    /// Notes patients; those of them who are to be named.
    fn note<'s>(&mut self, concerned: &'s Concerned) -> impl Iterator<Item = &'s PatientNumber> {
        let is_new = self.named.insert(Arc::as_ptr(concerned));
        if is_new {
            self.patients.extend(concerned.iter());
            self.sets.push(Arc::clone(concerned));
        }
        let named = if is_new || concerned.len() <= MOST_NAMED_AGAIN { concerned.len() } else { 0 };
        concerned.iter().take(named)
    }
}

/// Each problem of the first reading with the patients whom it may have cost a resource; before them those of the
/// arguments that give no file.
pub fn failures(
    index: &mut Index,
    files: &[InputFile],
    of_arguments: Vec<(String, Damage)>,
) -> (Vec<Failure>, HashSet<PatientNumber>) {
    let mut losses = Losses::default();
    let mut undecided = Undecided::default();
    let mut failures = Vec::new();
    for (file, damage) in of_arguments {
        let concerned = match damage {
            Damage::EmptyFolder => Concerned::default(),
            _ => losses.of_a_lost_file(index),
        };
        let patients = undecided.note(&concerned).map(|number| index.patients.reference(*number)).collect();
        failures.push(Failure { place: Place { file, line: None, entry: None }, damage, patients });
    }
    for located in std::mem::take(&mut index.problems) {
        let concerned = losses.concerned(index, &located);
        let named = undecided.note(&concerned).map(|number| index.patients.reference(*number));
        let patients = named.chain(lost(index, &located.problem.concerns)).collect();
        let place = place(files, located.file, located.line, located.problem.entry);
        failures.push(Failure { place, damage: located.problem.damage, patients });
    }
    for (number, piece) in unsettled(index) {
        let vague = index.vague.get(&number);
        let (damage, concerned) = why_unsettled(&index.patients, number, vague.map(|it| it.source.as_str()));
        let place = match vague {
            Some(vague) => place(files, vague.file, vague.line, vague.entry.clone()),
            None => place(files, piece.file, piece.line.map(NonZeroU64::get), None),
        };
        let patients = concerned.iter().map(|number| index.patients.reference(*number)).collect();
        undecided.patients.extend(concerned);
        failures.push(Failure { place, damage, patients });
    }
    for next in std::mem::take(&mut index.next_pages) {
        if index.pages.contains(&next.url) {
            continue;
        }
        let concerned = match next.of_text.is_empty() {
            // A page that names nobody may be followed by anybody's results.
            true => losses.everyone(index),
            false => losses.of_text(index, &next.of_text),
        };
        let patients = undecided.note(&concerned).map(|number| index.patients.reference(*number)).collect();
        failures.push(Failure { place: place(files, next.file, next.line, None), damage: Damage::MorePages, patients });
    }
    index.pages = HashSet::new();
    (failures, undecided.patients)
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
    Place { file, line, entry: entry.map(String::into_boxed_str) }
}

/// Names that lead to no one patient, each with the first piece that uses it.
fn unsettled(index: &Index) -> Vec<(PatientNumber, &Piece)> {
    let mut seen = HashSet::new();
    let pieces = index.pieces.iter().flat_map(|piece| piece.owners.iter().map(move |number| (*number, piece)));
    pieces.filter(|(number, _)| index.patients.settled(*number).is_none() && seen.insert(*number)).collect()
}

/// Who may have lost a resource, worked out once for all problems that it is the same for.
#[derive(Default)]
struct Losses {
    /// Of the text that was asked for last.
    of_text: Option<(Arc<[PatientNumber]>, Concerned)>,
    shapes: HashMap<u32, Shape>,
    files: Option<Files>,
}

impl Losses {
    fn everyone(&mut self, index: &Index) -> Concerned {
        Arc::clone(&self.files.get_or_insert_with(|| Files::of(index)).everyone)
    }

    /// Who may have lost a resource with a file of which nothing is left: nobody where each patient stands in one Bundle,
    /// since the lost one was another patient's; else anyone.
    fn of_a_lost_file(&mut self, index: &Index) -> Concerned {
        let files = self.files.get_or_insert_with(|| Files::of(index));
        if files.is_a_bundle_a_patient { Concerned::default() } else { Arc::clone(&files.everyone) }
    }

    fn of_text(&mut self, index: &Index, of_text: &Arc<[PatientNumber]>) -> Concerned {
        match &self.of_text {
            Some((last, concerned)) if Arc::ptr_eq(last, of_text) => Arc::clone(concerned),
            _ => {
                let concerned: Concerned =
                    Arc::new(of_text.iter().filter_map(|number| index.patients.settled(*number)).collect());
                self.of_text = Some((Arc::clone(of_text), Arc::clone(&concerned)));
                concerned
            }
        }
    }

    fn concerned(&mut self, index: &Index, located: &Located) -> Concerned {
        match &located.problem.concerns {
            Concerns::Nobody => Concerned::default(),
            Concerns::Named(names) => Arc::new(names.iter().filter_map(|name| index.patients.find(name)).collect()),
            Concerns::TextsPatients => self.of_text(index, &located.of_text),
            Concerns::Neighbours => {
                let of_file = |place: Option<usize>| {
                    let piece = place.and_then(|place| index.pieces.get(place));
                    piece
                        .filter(|piece| piece.file == located.file)
                        .map(|piece| owners(index, piece))
                        .unwrap_or_default()
                };
                let files = self.files.get_or_insert_with(|| Files::of(index));
                match self.shapes.entry(located.file).or_insert_with(|| files.shape(index, located.file)) {
                    Shape::Lost => self.of_a_lost_file(index),
                    Shape::BundleAPatient => Concerned::default(),
                    Shape::LinesTogether => {
                        let (before, after) = (of_file(located.before.checked_sub(1)), of_file(Some(located.before)));
                        let both: BTreeSet<_> = before.intersection(&after).copied().collect();
                        Arc::new(if both.is_empty() { before.union(&after).copied().collect() } else { both })
                    }
                    Shape::Scattered(all) => Arc::clone(all),
                }
            }
        }
    }
}

fn owners(index: &Index, piece: &Piece) -> BTreeSet<PatientNumber> {
    piece.owners.iter().filter_map(|number| index.patients.settled(*number)).collect()
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
    Scattered(Concerned),
}

/// Which patients stand in which files.
struct Files {
    /// The pieces of each file.
    pieces: HashMap<u32, Vec<usize>>,
    /// In how many files each patient stands.
    counts: HashMap<PatientNumber, u32>,
    everyone: Concerned,
    /// Whether every patient stands in one file, and in Bundles alone.
    is_a_bundle_a_patient: bool,
}

impl Files {
    fn of(index: &Index) -> Files {
        let mut pieces: HashMap<u32, Vec<usize>> = HashMap::new();
        let mut of_files: HashMap<PatientNumber, HashSet<u32>> = HashMap::new();
        for (place, piece) in index.pieces.iter().enumerate() {
            pieces.entry(piece.file).or_default().push(place);
            for number in owners(index, piece) {
                of_files.entry(number).or_default().insert(piece.file);
            }
        }
        let everyone = Arc::new(of_files.keys().copied().collect());
        let counts: HashMap<_, _> = of_files.into_iter().map(|(number, files)| (number, files.len() as u32)).collect();
        let is_a_bundle_a_patient =
            counts.values().all(|files| *files == 1) && !index.pieces.iter().any(|piece| piece.bare);
        Files { pieces, counts, everyone, is_a_bundle_a_patient }
    }

    fn shape(&self, index: &Index, file: u32) -> Shape {
        let mut here = BTreeSet::new();
        let (mut again, mut lines_together) = (false, false);
        let mut last = BTreeSet::new();
        for piece in self.pieces.get(&file).into_iter().flatten().filter_map(|place| index.pieces.get(*place)) {
            let now = owners(index, piece);
            for number in &now {
                let known = !here.insert(*number);
                lines_together |= known;
                again |= known && !last.contains(number);
            }
            lines_together |= piece.several || piece.bare;
            last = now;
        }
        if here.is_empty() {
            return Shape::Lost;
        }
        if here.iter().any(|number| self.counts.get(number).is_some_and(|files| *files > 1)) {
            return Shape::Scattered(Arc::clone(&self.everyone));
        }
        match (again, lines_together) {
            (true, _) => Shape::Scattered(Arc::new(here)),
            (false, true) => Shape::LinesTogether,
            (false, false) => Shape::BundleAPatient,
        }
    }
}
