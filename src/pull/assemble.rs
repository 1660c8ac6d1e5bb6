//! Records put together from texts: each resource to the patient whose it is.

use super::damage::{Damage, Failure, Place};
use super::outline::{Addresses, Outline, Owner, PatientName};
use super::patients::{PatientNumber, Patients};
use super::survey::{MOST_WHO_ARE_TOLD, Survey};
use crate::bounds::{Bound, Bounds};
use crate::fhir::bundle::{Content, Part, parts, plain_parts};
use crate::fhir::record::{Oddity, Record, Stored};
use crate::fhir::reference::Address;
use crate::fhir::versions::Deletions;
use crate::fhir::{Resource, Unreadable};
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
    failures: HashMap<PatientNumber, Failure>,
    bounds: Bounds,
}

/// A patient's record, or why it is not whole.
pub type Assembled<'a> = (PatientNumber, Result<Record<'a>, Failure>);

impl<'a, 'p> Assembly<'a, 'p> {
    /// With the patients of the whole input, as far as these bounds let it.
    pub fn new(patients: &'p Patients, bounds: Bounds) -> Assembly<'a, 'p> {
        Assembly { patients, bounds, records: Vec::new(), places: HashMap::new(), failures: HashMap::new() }
    }

    /// Adds the resources of a text.
    pub fn add(&mut self, text: &Text<'a>) {
        if let Ok(parts) = parts(text.text) {
            let owners = owners(&parts);
            self.add_parts(text, parts, owners);
        }
    }

    fn add_parts(&mut self, text: &Text<'a>, parts: Vec<Part<'a>>, owners: Vec<Owner>) {
        let numbers: Vec<Option<PatientNumber>> = owners
            .iter()
            .map(|owner| match owner {
                Owner::Patient(name) => self.patients.find(name),
                Owner::NotRead | Owner::Unsaid | Owner::Nobody => None,
            })
            .collect();
        let of_text = TextsPatients::of(&parts, &numbers);
        for ((part, owner), number) in parts.into_iter().zip(owners).zip(numbers) {
            match number {
                Some(number) => self.add_owned(text, part, number, &of_text),
                None if owner != Owner::NotRead => self.add_unowned(part, owner, &of_text),
                None => {}
            }
        }
    }

    fn add_owned(&mut self, text: &Text<'a>, part: Part<'a>, number: PatientNumber, of_text: &TextsPatients) {
        match part.content {
            Content::Resource(resource) => {
                let stored = Stored::new(resource, part.full_url);
                if !of_text.with_patient.contains(&number) {
                    for other in of_text.told(&of_text.with_patient) {
                        let source = stored.source();
                        self.record(*other).note(Oddity::OtherPatient { source });
                    }
                }
                self.add_resource(text, number, stored);
            }
            Content::Unreadable { entry, why: why @ Unreadable::OtherVersion { .. }, .. } => {
                let patients = vec![self.patients.reference(number)];
                let failure = Failure { place: text.place(entry), damage: Damage::NotReadable(why), patients };
                self.record(number);
                self.failures.entry(number).or_insert(failure);
            }
            Content::Unreadable { entry, text: raw, why } => {
                let source = source_of_unreadable(raw).unwrap_or_else(|| text.place(entry).to_string());
                self.record(number).note(Oddity::Unreadable { source, why });
            }
        }
    }

    fn add_resource(&mut self, text: &Text<'a>, number: PatientNumber, stored: Stored<'a>) {
        let count = self.record(number).len() as u64 + 1;
        if let Err(exceeded) = self.bounds.hold(Bound::Resources, count) {
            let patients = vec![self.patients.reference(number)];
            let failure = Failure { place: text.place(None), damage: Damage::Beyond(exceeded), patients };
            self.failures.entry(number).or_insert(failure);
            return;
        }
        let links: Vec<Oddity> = match &stored.resource {
            Resource::Patient(patient) => {
                let others = patient.link.iter().filter_map(|link| link.other.as_ref()?.reference.as_ref());
                others.map(|other| Oddity::Linked { source: other.as_str().to_owned() }).collect()
            }
            _ => Vec::new(),
        };
        let record = self.record(number);
        links.into_iter().for_each(|link| record.note(link));
        record.add(stored);
    }

    /// What does not say whose it is: a material or a site goes with the text's only patient, where others refer to
    /// it; anything else is named.
    fn add_unowned(&mut self, part: Part<'a>, owner: Owner, of_text: &TextsPatients) {
        let supports = |resource: &Resource<'_>| {
            owner == Owner::Unsaid && matches!(resource, Resource::Specimen(_) | Resource::BodyStructure(_))
        };
        match (part.content, of_text.all.as_slice()) {
            (Content::Resource(resource), [only]) if supports(&resource) => {
                self.record(*only).add(Stored::new(resource, part.full_url));
            }
            (content, all) => {
                let source = match &content {
                    Content::Resource(resource) => resource.source(),
                    Content::Unreadable { text, .. } => source_of_unreadable(text).unwrap_or_default(),
                };
                for number in of_text.told(all) {
                    self.record(*number).note(Oddity::NoPatient { source: source.clone() });
                }
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
        self.records.sort_by_key(|(number, _)| *number);
        let finish = |(number, mut record): (PatientNumber, Record<'a>)| {
            let Some(failure) = self.failures.remove(&number) else {
                record.settle(deletions);
                return (number, Ok(record));
            };
            (number, Err(failure))
        };
        self.records.into_iter().map(finish).collect()
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
                Err(_) => Owner::Nobody,
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
    let mut assembly = Assembly::new(&patients, bounds);
    assembly.add(&whole);
    let mut failures: Vec<Failure> = survey.problems.into_iter().map(failed).collect();
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
            Err(failure) => failures.push(failure),
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
