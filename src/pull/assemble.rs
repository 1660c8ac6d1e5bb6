//! Records put together from texts: each resource to the patient whose it is.

use super::damage::{Damage, Failure, Place};
use super::groups::why_unsettled;
use super::outline::{Addresses, Outline, Owner, PatientName};
use super::patients::{PatientNumber, Patients};
use super::survey::{MOST_WHO_ARE_TOLD, Survey, VagueName};
use crate::bounds::{Bound, Bounds};
use crate::fhir::Resource;
use crate::fhir::bundle::{Content, Part, parts, plain_parts};
use crate::fhir::datatypes::Reference;
use crate::fhir::record::{Oddity, Record, Stored, whole};
use crate::fhir::reference::Address;
use crate::fhir::versions::Deletions;
use std::collections::{BTreeSet, HashMap, HashSet};

/// A JSON text and where it stood.
#[derive(Clone, Debug)]
pub struct Text<'t> {
    /// The text.
    pub text: &'t str,
    /// The file.
    pub file: &'t str,
    /// The line, where the file has a text a line.
    pub line: Option<u64>,
}

impl Text<'_> {
    fn place(&self, entry: Option<String>) -> Place {
        Place { file: self.file.to_owned(), line: self.line, entry: entry.map(String::into_boxed_str) }
    }
}

/// Records being put together.
pub struct Assembly<'a, 'p> {
    patients: &'p Patients,
    records: Vec<(PatientNumber, Record<'a>)>,
    places: HashMap<PatientNumber, usize>,
    failures: HashMap<PatientNumber, Vec<Failure>>,
    /// Sites that do not say whose they are, and where they stand.
    sites: Sites<'a>,
    bounds: Bounds,
}

/// A patient's record, or all of what makes it not whole.
pub type Assembled<'a> = (PatientNumber, Result<Record<'a>, Vec<Failure>>);

/// Damaged resources of one patient that are named one by one.
const MOST_DAMAGES: usize = 100;

impl<'a, 'p> Assembly<'a, 'p> {
    /// With the patients of the whole input, as far as these bounds let it.
    pub fn new(patients: &'p Patients, bounds: Bounds) -> Assembly<'a, 'p> {
        Assembly {
            patients,
            bounds,
            records: Vec::new(),
            places: HashMap::new(),
            failures: HashMap::new(),
            sites: Sites::default(),
        }
    }

    /// Adds the resources of a text.
    pub fn add(&mut self, text: &Text<'a>) {
        if let Ok(parts) = parts(text.text) {
            let owners = owners(&parts);
            self.add_parts(text, parts, owners);
        }
    }

    fn add_parts(&mut self, text: &Text<'a>, parts: Vec<Part<'a>>, owners: Vec<Owner>) {
        // Most texts are of one patient, who is then looked up once.
        let mut last: Option<(&PatientName, Option<PatientNumber>)> = None;
        let mut number_of = |name| match last {
            Some((known, number)) if known == name => number,
            _ => {
                let number = self.patients.find(name);
                last = Some((name, number));
                number
            }
        };
        let numbers: Vec<Option<PatientNumber>> = owners
            .iter()
            .map(|owner| match owner {
                Owner::Patient(name) => number_of(name),
                Owner::NotRead | Owner::NotAPatient | Owner::Unsaid | Owner::Nobody | Owner::Damaged => None,
            })
            .collect();
        let of_text = TextsPatients::of(&parts, &numbers);
        for ((part, owner), number) in parts.into_iter().zip(owners).zip(numbers) {
            match (number, owner, part.content) {
                (Some(number), _, content) => self.add_owned(text, part.full_url, content, number, &of_text),
                (None, Owner::Unsaid, Content::Resource(resource)) => {
                    self.sites.add(text.place(None), Stored::new(resource, part.full_url));
                }
                // The survey has said so, and of whom.
                (None, Owner::NotRead | Owner::Damaged, _) => {}
                (None, _, content) => self.note_unowned(&content, &of_text),
            }
        }
    }

    fn add_owned(
        &mut self,
        text: &Text<'a>,
        full_url: Option<crate::fhir::text::Text<'a>>,
        content: Content<'a>,
        number: PatientNumber,
        of_text: &TextsPatients,
    ) {
        match content {
            Content::Resource(resource) => {
                let stored = Stored::new(resource, full_url);
                if !of_text.with_patient.contains(&number) {
                    for other in of_text.told(&of_text.with_patient) {
                        let source = stored.source();
                        self.record(*other).note(Oddity::OtherPatient { source });
                    }
                }
                self.add_resource(text.place(None), number, stored);
            }
            Content::Unreadable { entry, why, .. } => {
                self.record(number);
                self.failed(number, text.place(entry), Damage::NotReadable(why));
            }
        }
    }

    fn add_resource(&mut self, place: Place, number: PatientNumber, stored: Stored<'a>) {
        let count = self.record(number).len() as u64 + 1;
        if let Err(exceeded) = self.bounds.hold(Bound::Resources, count) {
            return self.failed(number, place, Damage::Beyond(exceeded));
        }
        let links: Vec<Oddity> = match &stored.resource {
            Resource::Patient(patient) => {
                let others = patient.link.iter().filter_map(|link| link.other.as_ref()?.reference.as_ref());
                others.map(|other| Oddity::Linked { source: other.as_str().to_owned() }).collect()
            }
            _ => Vec::new(),
        };
        let source = stored.resource.common().contained.first().map(|_| stored.source());
        let record = self.record(number);
        links.into_iter().for_each(|link| record.note(link));
        if let Err(why) = record.add(stored) {
            let entry = source.map(String::into_boxed_str);
            self.failed(number, Place { entry, ..place }, Damage::NotReadable(why));
        }
    }

    /// A damaged resource is lost to its patient; of very many only their number is kept.
    fn failed(&mut self, number: PatientNumber, place: Place, damage: Damage) {
        let patients = vec![self.patients.reference(number)];
        let failures = self.failures.entry(number).or_default();
        let are_many = failures.len() >= MOST_DAMAGES;
        match failures.last_mut().map(|last| &mut last.damage) {
            Some(Damage::More(count)) => *count += 1,
            // It is full, which need not be said of each further resource.
            Some(Damage::Beyond(_)) => {}
            _ if are_many => failures.push(Failure { place, damage: Damage::More(1), patients }),
            _ => failures.push(Failure { place, damage, patients }),
        }
    }

    /// What does not say whose it is, in words that lead to a patient, is named to all of the text.
    fn note_unowned(&mut self, content: &Content<'_>, of_text: &TextsPatients) {
        let source = match content {
            Content::Resource(resource) => resource.source(),
            Content::Unreadable { text, .. } => source_of_unreadable(text).unwrap_or_default(),
        };
        for number in of_text.told(&of_text.all) {
            self.record(*number).note(Oddity::NoPatient { source: source.clone() });
        }
    }

    /// A site that does not say whose it is goes with the patients whose resources refer to it, however many patients
    /// are put together.
    fn add_sites(&mut self) {
        let sites = std::mem::take(&mut self.sites);
        let meant: Vec<_> = self.records.iter().map(|(number, record)| (*number, sites.meant_in(record))).collect();
        for (number, places) in meant {
            for (place, site) in places.into_iter().filter_map(|place| sites.all.get(place)) {
                self.add_resource(place.clone(), number, site.clone());
            }
        }
    }

    fn record(&mut self, number: PatientNumber) -> &mut Record<'a> {
        let place = *self.places.entry(number).or_insert_with(|| {
            self.records.push((number, Record::new(self.patients.reference(number))));
            self.records.len() - 1
        });
        #[expect(clippy::indexing_slicing, reason = "the place is that of a record that was pushed, and none leaves")]
        &mut self.records[place].1
    }

    /// The records, in the order in which the input first names their patients.
    pub fn finish(mut self, deletions: &Deletions) -> Vec<Assembled<'a>> {
        self.add_sites();
        self.records.sort_by_key(|(number, _)| *number);
        let finish = |(number, mut record): (PatientNumber, Record<'a>)| match self.failures.remove(&number) {
            Some(failures) => (number, Err(failures)),
            None => {
                record.settle(deletions);
                (number, Ok(record))
            }
        };
        self.records.into_iter().map(finish).collect()
    }
}

/// Sites that do not say whose they are, by what others may refer to them by.
#[derive(Default)]
struct Sites<'a> {
    all: Vec<(Place, Stored<'a>)>,
    by_id: HashMap<String, Vec<usize>>,
    by_address: HashMap<String, usize>,
    by_identifier: HashMap<(String, String), usize>,
}

impl<'a> Sites<'a> {
    fn add(&mut self, place: Place, site: Stored<'a>) {
        let number = self.all.len();
        let common = site.resource.common();
        if let Some(id) = common.id {
            self.by_id.entry(id.as_str().to_owned()).or_default().push(number);
        }
        for (system, value) in common.identifier.iter().filter_map(whole) {
            self.by_identifier.insert((system.to_owned(), value.to_owned()), number);
        }
        if let Some(url) = &site.full_url {
            self.by_address.insert(url.as_str().to_owned(), number);
        }
        self.all.push((place, site));
    }

    /// Those that something in a record refers to.
    fn meant_in(&self, record: &Record<'a>) -> BTreeSet<usize> {
        if self.all.is_empty() {
            return BTreeSet::new();
        }
        record.named_in_extensions().flat_map(|(from, reference)| self.meant_by(from, reference)).collect()
    }

    fn meant_by(&self, from: &Stored<'a>, reference: &Reference<'a>) -> Vec<usize> {
        let Some(text) = reference.reference.as_deref() else {
            let name = reference.identifier.as_deref().and_then(whole);
            let named = name.and_then(|(system, value)| self.by_identifier.get(&(system.to_owned(), value.to_owned())));
            return named.copied().into_iter().collect();
        };
        match Address::of(text) {
            Address::Name(_) => self.by_address.get(text).copied().into_iter().collect(),
            Address::Server { base, kind: "BodyStructure", id, version } => {
                let base = base.or_else(|| from.base());
                let of_id = self.by_id.get(id).into_iter().flatten().copied();
                let is_meant =
                    |place: &usize| self.all.get(*place).is_some_and(|(_, site)| site.is_meant(base, version));
                of_id.filter(is_meant).collect()
            }
            Address::Server { .. } | Address::Contained(_) | Address::Malformed => Vec::new(),
        }
    }
}

/// The patients of one text.
struct TextsPatients {
    all: Vec<PatientNumber>,
    with_patient: BTreeSet<PatientNumber>,
}

impl TextsPatients {
    fn of(parts: &[Part<'_>], numbers: &[Option<PatientNumber>]) -> TextsPatients {
        let mut seen = HashSet::new();
        let all = numbers.iter().flatten().copied().filter(|number| seen.insert(*number)).collect();
        let with_patient = parts
            .iter()
            .zip(numbers)
            .filter(|(part, _)| matches!(&part.content, Content::Resource(Resource::Patient(_))))
            .filter_map(|(_, number)| *number)
            .collect();
        TextsPatients { all, with_patient }
    }

    /// Those among these who are told what else is in the text: none where it has many patients.
    fn told<'n>(
        &self,
        patients: impl IntoIterator<Item = &'n PatientNumber>,
    ) -> impl Iterator<Item = &'n PatientNumber> {
        let told = if self.all.len() <= MOST_WHO_ARE_TOLD { MOST_WHO_ARE_TOLD } else { 0 };
        patients.into_iter().take(told)
    }
}

fn owners(parts: &[Part<'_>]) -> Vec<Owner> {
    let mut addresses = Addresses::default();
    for part in parts {
        if let (Content::Resource(Resource::Patient(patient)), Some(url)) = (&part.content, &part.full_url) {
            addresses.note_patient(url, patient.id.as_deref());
        }
    }
    let owner = |part: &Part<'_>| {
        let full_url = part.full_url.as_deref();
        match &part.content {
            Content::Resource(resource) => super::outline::owner_of(resource, full_url, &addresses),
            Content::Unreadable { text, .. } => match serde_json::from_str::<Outline<'_>>(text) {
                Ok(outline) => outline.owner(full_url, &addresses),
                Err(_) => Owner::Damaged,
            },
        }
    };
    parts.iter().map(owner).collect()
}

/// `Type/id` of a resource that cannot be read, where that much can.
fn source_of_unreadable(text: &str) -> Option<String> {
    let outline: Outline<'_> = serde_json::from_str(text).ok()?;
    let source = format!("{}/{}", outline.resource_type?, outline.id?);
    matches!(Address::of(&source), Address::Server { base: None, .. }).then_some(source)
}

/// The records of one text, without any other: for a record that is at hand as a whole.
///
/// # Errors
/// What of it is damaged.
pub fn records(text: &str) -> Result<Vec<Record<'_>>, Vec<Failure>> {
    let (records, failures) = records_and_failures(text, Bounds::default());
    if failures.is_empty() { Ok(records) } else { Err(failures) }
}

/// The records of one text, and what of it is damaged with the patients whom it may concern.
pub fn records_and_failures(text: &str, bounds: Bounds) -> (Vec<Record<'_>>, Vec<Failure>) {
    if let Some(records) = plain_records(text, bounds) {
        return (records, Vec::new());
    }
    let whole = Text { text, file: "-", line: None };
    let failed = |problem: super::survey::Problem| Failure {
        place: whole.place(problem.entry),
        damage: problem.damage,
        patients: match problem.concerns {
            super::survey::Concerns::Named(names) => names.iter().filter_map(reference).collect(),
            _ => Vec::new(),
        },
    };
    let survey = match super::survey::survey(text.as_bytes()) {
        Ok(survey) => survey,
        Err(problem) => return (Vec::new(), vec![failed(problem)]),
    };
    let mut patients = Patients::default();
    patients.add(&survey.owners, &survey.aliases);
    let mut failures: Vec<Failure> = survey.problems.into_iter().map(failed).collect();
    for VagueName { name, source, entry } in survey.vague {
        let number = patients.number(&name);
        if patients.settled(number).is_none() {
            let (damage, concerned) = why_unsettled(&patients, number, Some(&source));
            let concerned = concerned.into_iter().map(|number| patients.reference(number)).collect();
            failures.push(Failure { place: whole.place(entry), damage, patients: concerned });
        }
    }
    let mut assembly = Assembly::new(&patients, bounds);
    assembly.add(&whole);
    let pages: HashSet<&String> = survey.pages.iter().collect();
    if survey.next_pages.iter().any(|page| !pages.contains(page)) {
        let patients = survey.owners.iter().filter_map(reference).collect();
        failures.push(Failure { place: whole.place(None), damage: Damage::MorePages, patients });
    }
    let mut deletions = Deletions::default();
    deletions.extend(survey.deletions);
    let mut records = Vec::new();
    for (_, assembled) in assembly.finish(&deletions) {
        match assembled {
            Ok(record) => records.push(record),
            Err(of_patient) => failures.extend(of_patient),
        }
    }
    (records, failures)
}

/// The records of a text in which nothing is odd, read once; nothing where anything needs a closer look.
fn plain_records(text: &str, bounds: Bounds) -> Option<Vec<Record<'_>>> {
    let parts = plain_parts(text)?;
    let owners = owners(&parts);
    let mut survey = Survey::default();
    for (part, owner) in parts.iter().zip(&owners) {
        let Content::Resource(resource) = &part.content else { return None };
        survey.add_read(resource, part.full_url.as_deref(), owner)?;
    }
    let mut patients = Patients::default();
    patients.add(&survey.owners, &survey.aliases);
    if survey.owners.iter().any(|name| patients.find(name).is_none()) {
        return None;
    }
    let mut assembly = Assembly::new(&patients, bounds);
    assembly.add_parts(&Text { text, file: "-", line: None }, parts, owners);
    assembly.finish(&Deletions::default()).into_iter().map(|(_, assembled)| assembled.ok()).collect()
}

/// `Patient/id` of a name that has an id.
fn reference(name: &PatientName) -> Option<String> {
    match name {
        PatientName::Server { id, .. } => Some(format!("Patient/{id}")),
        PatientName::Address(_) | PatientName::Identifier(..) => None,
    }
}

/// Notes the names of a text and returns the numbers of its owners.
impl Patients {
    pub(super) fn add(&mut self, owners: &[PatientName], aliases: &[(PatientName, PatientName)]) -> Vec<PatientNumber> {
        let numbers = owners.iter().map(|name| self.number(name)).collect();
        for (name, alias) in aliases {
            let number = self.number(name);
            self.also(number, alias);
        }
        numbers
    }
}
