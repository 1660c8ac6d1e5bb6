//! The survey of one JSON text: whose resources it holds, and what of it is damaged.

use super::damage::{Damage, not_json};
use super::outline::{Addresses, Outline, Owner, PatientName, identifier_name};
use super::remains::names_in_damaged;
use crate::fhir::bundle::{TOO_DEEP, is_too_deep};
use crate::fhir::datatypes::Identifier;
use crate::fhir::resource::{WRONG_TYPE, is_never_read, kind_of, problem};
use crate::fhir::text::{List, Text};
use crate::fhir::versions::Deletion;
use crate::fhir::{Resource, Unreadable};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::collections::HashSet;

/// What a text holds.
#[derive(Debug, Default)]
pub struct Survey {
    /// Whose resources it holds, each once, in the order in which they come.
    pub owners: Vec<PatientName>,
    /// Further names of those: addresses in Bundles, identifiers.
    pub aliases: Vec<(PatientName, PatientName)>,
    /// Where names stand that may lead to no one patient, each in the first resource that uses it.
    pub vague: Vec<VagueName>,
    /// Whether it is one resource, and no Bundle.
    pub bare: bool,
    /// What cannot be used.
    pub problems: Vec<Problem>,
    /// Resources that the text says are deleted.
    pub deletions: Vec<Deletion>,
    /// The pages of search results that it is.
    pub pages: Vec<String>,
    /// The pages that follow these.
    pub next_pages: Vec<String>,
    known_owners: HashSet<PatientName>,
}

/// A name of a patient that only the whole input can settle: an identifier, or an address in a Bundle.
#[derive(Clone, Debug)]
pub struct VagueName {
    /// The name.
    pub name: PatientName,
    /// The resource that uses it (`Condition/c1`).
    pub source: String,
    /// The entry of the Bundle.
    pub entry: Option<String>,
}

/// A text of more patients than these is nobody's own record: what in it is of another patient, or does not say whose it
/// is, is not told in the coverage of each.
pub const MOST_WHO_ARE_TOLD: usize = 10;

/// Problems of one text that are named one by one.
const MOST_PROBLEMS: usize = 1_000;

/// Something in a text that cannot be used.
#[derive(Debug)]
pub struct Problem {
    /// The entry of the Bundle.
    pub entry: Option<String>,
    /// What is wrong.
    pub damage: Damage,
    /// Who may have lost a resource by it.
    pub concerns: Concerns,
}

/// Who may have lost a resource.
#[derive(Debug)]
pub enum Concerns {
    /// These patients, where the input has them.
    Named(Vec<PatientName>),
    /// All patients of the text.
    TextsPatients,
    /// Not known: whoever has resources beside it.
    Neighbours,
    /// Nobody.
    Nobody,
}

/// Surveys a text.
///
/// # Errors
/// Where nothing of it can be used.
pub fn survey(bytes: &[u8]) -> Result<Survey, Problem> {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => {
            let utf16 = bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) || bytes.contains(&0);
            let damage = if utf16 { Damage::Utf16 } else { Damage::NotUtf8(error.valid_up_to() + 1) };
            return Err(damaged(&String::from_utf8_lossy(bytes), damage));
        }
    };
    let outline: Outline<'_> = match serde_json::from_str(text) {
        Ok(outline) => outline,
        Err(error) if error.is_data() => return surveyed_one_by_one(text),
        Err(error) => return Err(damaged(text, not_json(text, &error))),
    };
    let is_bundle = outline.resource_type.as_deref() == Some("Bundle");
    let mut survey = Survey { bare: !is_bundle, ..Survey::default() };
    let addresses = Addresses::of(&outline);
    let closer_look = survey.add(&outline, None, None, &addresses);
    match closer_look {
        Ok(()) => Ok(survey.finished()),
        Err(NeedsText) => surveyed_one_by_one(text),
    }
}

/// An entry that is not what an outline can show.
struct NeedsText;

impl Survey {
    fn add(
        &mut self,
        outline: &Outline<'_>,
        entry: Option<String>,
        full_url: Option<&str>,
        addresses: &Addresses<'_>,
    ) -> Result<(), NeedsText> {
        match outline.resource_type.as_deref() {
            None => Err(NeedsText),
            Some("Bundle") => {
                if entry.as_ref().is_some_and(|entry| is_too_deep(entry)) {
                    let field = Unreadable::Field { field: "entry".to_owned(), problem: TOO_DEEP };
                    let concerns = Concerns::TextsPatients;
                    self.note(Problem { entry, damage: Damage::NotReadable(field), concerns });
                    return Ok(());
                }
                self.note_pages(entry.as_deref(), outline);
                for (place, part) in outline.entry.iter().enumerate() {
                    let entry = match &entry {
                        Some(outer) => format!("{outer}.{}", place + 1),
                        None => (place + 1).to_string(),
                    };
                    self.note_request(&entry, part.request.as_ref(), part.response.as_ref());
                    let Some(resource) = &part.resource else { continue };
                    self.add(resource, Some(entry), part.full_url.as_deref(), addresses)?;
                }
                Ok(())
            }
            Some("OperationOutcome") => {
                if outline.reports_error() {
                    let concerns = Concerns::TextsPatients;
                    self.note(Problem { entry, damage: Damage::SearchFailed, concerns });
                }
                Ok(())
            }
            Some(kind) => self.add_resource(kind, outline, entry, full_url, addresses),
        }
    }

    fn add_resource(
        &mut self,
        kind: &str,
        outline: &Outline<'_>,
        entry: Option<String>,
        full_url: Option<&str>,
        addresses: &Addresses<'_>,
    ) -> Result<(), NeedsText> {
        match outline.owner(full_url, addresses) {
            Owner::NotRead | Owner::NotAPatient => {}
            Owner::Damaged => return Err(NeedsText),
            Owner::Patient(PatientName::Identifier(..)) if kind == "Patient" => {
                let concerns = Concerns::TextsPatients;
                self.note(Problem { entry, damage: Damage::NamelessPatient, concerns });
            }
            Owner::Patient(name) => {
                if kind == "Patient" {
                    self.add_names(&name, full_url, &outline.identifiers().unwrap_or_default());
                }
                self.add_owner(&name, || (outline.source(kind), entry));
            }
            Owner::Nobody if kind == "Patient" => {
                let concerns = Concerns::TextsPatients;
                self.note(Problem { entry, damage: Damage::NamelessPatient, concerns });
            }
            Owner::Nobody | Owner::Unsaid => {
                let concerns = Concerns::Nobody;
                self.note(Problem { entry, damage: Damage::NoPatient(outline.source(kind)), concerns });
            }
        }
        Ok(())
    }

    /// Adds a resource that was read and is as it should be; nothing where it needs a closer look.
    pub fn add_read(&mut self, resource: &Resource<'_>, full_url: Option<&str>, owner: &Owner) -> Option<()> {
        match owner {
            Owner::NotRead | Owner::NotAPatient | Owner::Unsaid => {}
            Owner::Patient(PatientName::Identifier(..)) if resource.kind() == "Patient" => return None,
            Owner::Nobody | Owner::Damaged => return None,
            Owner::Patient(name) => {
                if resource.kind() == "Patient" {
                    self.add_names(name, full_url, resource.common().identifier);
                }
                self.add_owner(name, || (resource.source(), None));
            }
        }
        Some(())
    }

    fn add_names(&mut self, name: &PatientName, full_url: Option<&str>, identifiers: &[Identifier<'_>]) {
        let address = full_url.map(|url| PatientName::Address(url.to_owned()));
        let further = address.into_iter().chain(identifiers.iter().filter_map(identifier_name));
        self.aliases.extend(further.map(|alias| (name.clone(), alias)));
    }

    /// Notes a problem; of very many only their number and whom they concern.
    fn note(&mut self, problem: Problem) {
        if self.problems.len() < MOST_PROBLEMS {
            return self.problems.push(problem);
        }
        let kind = std::mem::discriminant(&problem.concerns);
        let mut further = self.problems.iter_mut().skip(MOST_PROBLEMS);
        match (further.find(|it| std::mem::discriminant(&it.concerns) == kind), problem.concerns) {
            (None, concerns) => self.problems.push(Problem { entry: None, damage: Damage::More(1), concerns }),
            (Some(last), concerns) => {
                if let Damage::More(count) = &mut last.damage {
                    *count += 1;
                }
                if let (Concerns::Named(names), Concerns::Named(others)) = (&mut last.concerns, concerns) {
                    names.extend(others);
                }
            }
        }
    }

    fn add_owner(&mut self, name: &PatientName, place: impl FnOnce() -> (String, Option<String>)) {
        if self.owners.last() == Some(name) || !self.known_owners.insert(name.clone()) {
            return;
        }
        self.owners.push(name.clone());
        if !matches!(name, PatientName::Server { .. }) {
            let (source, entry) = place();
            self.vague.push(VagueName { name: name.clone(), source, entry });
        }
    }

    fn note_pages(&mut self, entry: Option<&str>, bundle: &Outline<'_>) {
        let Ok(pages) = bundle.pages() else {
            let why = Unreadable::Field { field: "link".to_owned(), problem: WRONG_TYPE };
            let (entry, concerns) = (entry.map(str::to_owned), Concerns::TextsPatients);
            return self.note(Problem { entry, damage: Damage::NotReadable(why), concerns });
        };
        self.pages.extend(pages.own.map(|url| url.as_str().to_owned()));
        self.next_pages.extend(pages.next.map(|url| url.as_str().to_owned()));
    }

    fn note_request(&mut self, entry: &str, request: Option<&Request<'_>>, response: Option<&Response<'_>>) {
        if response.is_some_and(Response::reports_error) {
            let concerns = Concerns::TextsPatients;
            self.note(Problem { entry: Some(entry.to_owned()), damage: Damage::SearchFailed, concerns });
        }
        let Some(request) = request.filter(|request| request.method.as_deref() == Some("DELETE")) else {
            return;
        };
        let at = response.and_then(|response| response.last_modified.as_deref());
        self.deletions.extend(request.url.as_deref().and_then(|url| Deletion::of(url, at)));
    }

    /// A resource that leads to no patient is the text's patients' to name in their coverage; an error only where
    /// the text has no patient, or many.
    fn finished(mut self) -> Survey {
        if (1..=MOST_WHO_ARE_TOLD).contains(&self.owners.len()) {
            self.problems.retain(|problem| !matches!(problem.concerns, Concerns::Nobody));
        }
        self
    }
}

/// What an entry of a history or transaction says was asked for.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Request<'a> {
    #[serde(borrow)]
    method: Option<Text<'a>>,
    #[serde(borrow)]
    url: Option<Text<'a>>,
}

/// What an entry of a history says came of it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Response<'a> {
    #[serde(borrow)]
    last_modified: Option<Text<'a>>,
    #[serde(borrow)]
    status: Option<Text<'a>>,
    #[serde(borrow)]
    outcome: Option<&'a RawValue>,
}

impl Response<'_> {
    /// Whether what was asked for failed: by the HTTP status, or by an OperationOutcome; or may have, since that cannot
    /// be read.
    fn reports_error(&self) -> bool {
        let refused = self.status.as_deref().is_some_and(|status| status.trim_start().starts_with(['4', '5']));
        let outcome = self.outcome.map(|raw| serde_json::from_str::<Outline<'_>>(raw.get()));
        refused || outcome.is_some_and(|outcome| outcome.map_or(true, |outcome| outcome.reports_error()))
    }
}

/// Surveys a text of which a part is not what it should be: each entry for itself.
fn surveyed_one_by_one(text: &str) -> Result<Survey, Problem> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Bundle<'a> {
        #[serde(borrow)]
        resource_type: Option<&'a RawValue>,
        #[serde(borrow, default)]
        entry: List<&'a RawValue>,
        #[serde(borrow)]
        link: Option<&'a RawValue>,
    }
    #[derive(Default, Deserialize)]
    #[serde(default, rename_all = "camelCase")]
    struct Entry<'a> {
        #[serde(borrow)]
        full_url: Option<Text<'a>>,
        #[serde(borrow)]
        resource: Option<&'a RawValue>,
        #[serde(borrow)]
        request: Option<Request<'a>>,
        #[serde(borrow)]
        response: Option<Response<'a>>,
    }
    let not_fhir = || damaged(text, Damage::NotReadable(Unreadable::NotFhir));
    let bundle: Bundle<'_> = serde_json::from_str(text).map_err(|error| match text.trim_start().starts_with('{') {
        true => damaged(text, Damage::NotReadable(problem(text, &error))),
        false => not_fhir(),
    })?;
    match bundle.resource_type.map(RawValue::get) {
        Some("\"Bundle\"") => {}
        Some(kind) if kind.starts_with('"') => return unreadable_resource(text),
        _ => return Err(not_fhir()),
    }
    // Each entry is read twice, so that what is held at once does not grow with their number.
    fn outlined<'a>(raw: &&'a RawValue) -> (Entry<'a>, Option<Outline<'a>>) {
        let entry: Entry<'a> =
            serde_json::from_str(raw.get()).unwrap_or(Entry { resource: Some(*raw), ..Entry::default() });
        let outline = entry.resource.and_then(|raw| serde_json::from_str(raw.get()).ok());
        (entry, outline)
    }
    let is_patient = |outline: &Option<Outline<'_>>| {
        outline.as_ref().is_some_and(|outline| outline.resource_type.as_deref() == Some("Patient"))
    };
    let patients: Vec<_> = bundle.entry.iter().map(outlined).filter(|(_, outline)| is_patient(outline)).collect();
    let mut addresses = Addresses::default();
    for (entry, outline) in &patients {
        if let (Some(url), Some(outline)) = (entry.full_url.as_deref(), outline) {
            addresses.note_patient(url, outline.id.as_deref());
        }
    }
    let mut survey = Survey::default();
    survey.note_pages(None, &Outline::of_links(bundle.link));
    for (place, (entry, outline)) in bundle.entry.iter().map(outlined).enumerate() {
        let number = (place + 1).to_string();
        survey.note_request(&number, entry.request.as_ref(), entry.response.as_ref());
        let Some(raw) = entry.resource else { continue };
        let full_url = entry.full_url.as_deref();
        let added = outline.map(|outline| survey.add(&outline, Some(number.clone()), full_url, &addresses));
        if !matches!(added, Some(Ok(()))) && !is_of_type_not_read(raw.get()) {
            survey.note(problem_of_entry(raw.get(), Some(number)));
        }
    }
    Ok(survey.finished())
}

/// An entry without a type, or not even an object, or with a field that cannot be read: it may be of any patient of
/// the Bundle.
fn problem_of_entry(text: &str, entry: Option<String>) -> Problem {
    let names = names_in_damaged(text);
    let concerns = if names.is_empty() { Concerns::TextsPatients } else { Concerns::Named(names) };
    let why = match text.starts_with('{') {
        true => why_unreadable(text),
        false => Unreadable::NotFhir,
    };
    Problem { entry, damage: Damage::NotReadable(why), concerns }
}

/// A resource that does not tell whose it is, since a field is damaged.
fn unreadable_resource(text: &str) -> Result<Survey, Problem> {
    match is_of_type_not_read(text) {
        true => Ok(Survey::default()),
        false => Err(damaged(text, Damage::NotReadable(why_unreadable(text)))),
    }
}

/// Whether nothing of a resource would be read, were it whole.
fn is_of_type_not_read(text: &str) -> bool {
    kind_of(text).is_some_and(|kind| is_never_read(&kind) && !matches!(&*kind, "Bundle" | "OperationOutcome"))
}

fn why_unreadable(text: &str) -> Unreadable {
    // What is whole but for its owner contains a Patient that is not.
    let of_contained = || Unreadable::Field { field: "contained".to_owned(), problem: WRONG_TYPE };
    match serde_json::from_str::<Outline<'_>>(text) {
        Err(error) => problem(text, &error),
        Ok(outline) if outline.resource_type.is_none() => Unreadable::NotFhir,
        Ok(_) => Resource::read(text).err().unwrap_or_else(of_contained),
    }
}

/// A text that is lost: it concerns those whom it still names, else those beside it.
pub fn damaged(text: &str, damage: Damage) -> Problem {
    let names = names_in_damaged(text);
    let concerns = if names.is_empty() { Concerns::Neighbours } else { Concerns::Named(names) };
    Problem { entry: None, damage, concerns }
}
