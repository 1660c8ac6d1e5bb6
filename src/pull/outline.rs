//! The outline of a JSON text: which resources it holds and whose they are, without reading what they say.

use super::survey::{Request, Response};
use crate::fhir::Resource;
use crate::fhir::datatypes::{Identifier, Reference};
use crate::fhir::reference::{Address, is_id};
use crate::fhir::resource::{is_read, is_type};
use crate::fhir::text::{List, Text};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::collections::HashMap;

/// A resource, a Bundle, or an entry's resource, as far as it tells whose it is.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Outline<'a> {
    /// The type.
    #[serde(borrow)]
    pub resource_type: Option<Text<'a>>,
    /// The id.
    #[serde(borrow)]
    pub id: Option<Text<'a>>,
    #[serde(borrow)]
    subject: Option<&'a RawValue>,
    #[serde(borrow)]
    patient: Option<&'a RawValue>,
    #[serde(borrow)]
    identifier: Option<&'a RawValue>,
    #[serde(borrow)]
    contained: Option<&'a RawValue>,
    #[serde(borrow)]
    issue: Option<&'a RawValue>,
    #[serde(borrow)]
    link: Option<&'a RawValue>,
    /// A Bundle's entries.
    #[serde(borrow)]
    pub entry: List<OutlineEntry<'a>>,
}

/// The pages of a search result that a Bundle names.
#[derive(Debug, Default)]
pub struct Pages<'a> {
    /// This one.
    pub own: Option<Text<'a>>,
    /// The one that follows.
    pub next: Option<Text<'a>>,
}

/// An entry of a Bundle.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct OutlineEntry<'a> {
    /// Its address.
    #[serde(borrow)]
    pub full_url: Option<Text<'a>>,
    /// Its resource.
    #[serde(borrow)]
    pub resource: Option<Outline<'a>>,
    /// What was asked of the server, in a history or transaction.
    #[serde(borrow)]
    pub request: Option<Request<'a>>,
    /// What came of it.
    #[serde(borrow)]
    pub response: Option<Response<'a>>,
}

/// A name by which a patient is known.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PatientName {
    /// An id, and its server where an address says so.
    Server {
        /// The server's address.
        base: Option<String>,
        /// The id.
        id: String,
    },
    /// Another address: `urn:uuid:…`.
    Address(String),
    /// A business identifier: system and value.
    Identifier(String, String),
}

/// Whose a resource is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Owner {
    /// A patient's.
    Patient(PatientName),
    /// Of a type that no input is read from: nobody asks.
    NotRead,
    /// Nobody's who is a patient: a group's or a device's; or of a type that FHIR does not have, without a word of whose.
    NotAPatient,
    /// Of a thing that goes with the resources that refer to it, and need not say.
    Unsaid,
    /// It does not say, or in a way that leads to no patient.
    Nobody,
    /// What says so is damaged: it may be anybody's.
    Damaged,
}

/// A field that does not hold what FHIR has there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IsDamaged;

/// The addresses of the entries of one document, so that subjects find them.
#[derive(Debug, Default)]
pub struct Addresses<'d> {
    patients: HashMap<&'d str, Option<&'d str>>,
}

impl<'d> Addresses<'d> {
    /// Notes a Patient's address in its Bundle.
    pub fn note_patient(&mut self, full_url: &'d str, id: Option<&'d str>) {
        self.patients.entry(full_url).or_insert(id);
    }

    /// The addresses of a Bundle's Patients, those of Bundles within it too.
    pub fn of(outline: &'d Outline<'_>) -> Addresses<'d> {
        let mut addresses = Addresses::default();
        addresses.gather(outline);
        addresses
    }

    fn gather(&mut self, outline: &'d Outline<'_>) {
        for entry in &outline.entry {
            let Some(resource) = &entry.resource else { continue };
            match (resource.resource_type.as_deref(), entry.full_url.as_deref()) {
                (Some("Patient"), Some(url)) => self.note_patient(url, resource.id.as_deref()),
                (Some("Bundle"), _) => self.gather(resource),
                _ => {}
            }
        }
    }
}

impl<'a> Outline<'a> {
    /// Of a Bundle of which only the links could be read at once.
    pub fn of_links(link: Option<&'a RawValue>) -> Outline<'a> {
        Outline { link, ..Outline::default() }
    }

    /// `Type/id` of a resource of this type; the type alone where there is no id.
    pub fn source(&self, kind: &str) -> String {
        self.id.as_deref().map_or_else(|| kind.to_owned(), |id| format!("{kind}/{id}"))
    }

    /// Whose the resource is.
    pub fn owner(&self, full_url: Option<&str>, addresses: &Addresses<'_>) -> Owner {
        match self.resource_type.as_deref() {
            Some("Patient") => {
                // Damaged identifiers are seen when the Patient is read; its id names it all the same.
                let identifiers = self.identifiers().unwrap_or_default();
                let name = patient_name(full_url, self.id.as_deref(), &identifiers);
                name.map_or(Owner::Nobody, Owner::Patient)
            }
            Some(kind) if is_read(kind) => {
                let field = if kind == "BodyStructure" { self.patient } else { self.subject };
                let contained = || Ok(read::<List<Outline<'a>>>(self.contained)?.into_iter().flatten().collect());
                match read::<Reference<'a>>(field) {
                    Ok(Some(subject)) => subject_owner(&subject, full_url, contained, addresses),
                    Ok(None) => without_subject(kind),
                    Err(IsDamaged) => Owner::Damaged,
                }
            }
            Some(kind) if !is_type(kind) => {
                let subject = read::<Reference<'a>>(self.subject.or(self.patient));
                owner_of_unknown(subject.ok().flatten().as_ref(), full_url, addresses)
            }
            _ => Owner::NotRead,
        }
    }

    /// Whether an OperationOutcome says that something failed, or cannot be read.
    pub fn reports_error(&self) -> bool {
        #[derive(Deserialize)]
        struct Issue<'a> {
            #[serde(borrow, default)]
            severity: Option<Text<'a>>,
        }
        let Ok(issues) = read::<List<Issue<'a>>>(self.issue) else { return true };
        let is_error = |issue: &Issue<'_>| matches!(issue.severity.as_deref(), Some("error" | "fatal"));
        issues.iter().flatten().any(is_error)
    }

    /// A Bundle's own address and that of the page that follows it, if it says so.
    ///
    /// # Errors
    /// Where that cannot be read.
    pub fn pages(&self) -> Result<Pages<'a>, IsDamaged> {
        #[derive(Default, Deserialize)]
        #[serde(default)]
        struct Link<'a> {
            #[serde(borrow)]
            relation: Option<Text<'a>>,
            #[serde(borrow)]
            url: Option<Text<'a>>,
        }
        let mut pages = Pages::default();
        for link in read::<List<Link<'a>>>(self.link)?.into_iter().flatten() {
            match link.relation.as_deref() {
                Some("self") => pages.own = link.url,
                Some("next") => pages.next = link.url,
                _ => {}
            }
        }
        Ok(pages)
    }

    /// A Patient's identifiers.
    ///
    /// # Errors
    /// Where they cannot be read.
    pub fn identifiers(&self) -> Result<List<Identifier<'a>>, IsDamaged> {
        Ok(read(self.identifier)?.unwrap_or_default())
    }
}

/// Whose a resource is that was read.
pub fn owner_of(resource: &Resource<'_>, full_url: Option<&str>, addresses: &Addresses<'_>) -> Owner {
    let common = resource.common();
    match resource {
        Resource::Unread(unread) if !is_type(resource.kind()) => {
            owner_of_unknown(unread.subject().as_ref(), full_url, addresses)
        }
        Resource::Unread(_) => Owner::NotRead,
        Resource::Patient(_) => {
            let id = common.id.map(|id| id.as_str());
            patient_name(full_url, id, common.identifier).map_or(Owner::Nobody, Owner::Patient)
        }
        _ => {
            let Some(subject) = resource.subject() else { return without_subject(resource.kind()) };
            let contained = || {
                let outlines = common.contained.iter().map(|raw| serde_json::from_str(raw.get()));
                outlines.collect::<Result<_, _>>().map_err(|_| IsDamaged)
            };
            subject_owner(subject, full_url, contained, addresses)
        }
    }
}

/// Whose a resource is of a type that FHIR does not have: it may be a result under a wrong name, so its patient hears of it.
fn owner_of_unknown(subject: Option<&Reference<'_>>, full_url: Option<&str>, addresses: &Addresses<'_>) -> Owner {
    subject.map_or(Owner::NotAPatient, |subject| subject_owner(subject, full_url, || Ok(Vec::new()), addresses))
}

/// A site that others refer to need not say whose it is.
fn without_subject(kind: &str) -> Owner {
    if kind == "BodyStructure" { Owner::Unsaid } else { Owner::Nobody }
}

fn read<'a, T: Deserialize<'a>>(raw: Option<&'a RawValue>) -> Result<Option<T>, IsDamaged> {
    raw.map(|raw| serde_json::from_str(raw.get())).transpose().map_err(|_| IsDamaged)
}

/// The name of a Patient: its id, if a reference can name it, else its address in the Bundle, else its first identifier.
pub fn patient_name(full_url: Option<&str>, id: Option<&str>, identifiers: &[Identifier<'_>]) -> Option<PatientName> {
    let address = full_url.map(Address::of);
    let id = id.filter(|id| is_id(id));
    match (id, address, full_url) {
        (Some(id), Some(Address::Server { base, .. }), _) => {
            Some(PatientName::Server { base: base.map(str::to_owned), id: id.to_owned() })
        }
        (Some(id), ..) => Some(PatientName::Server { base: None, id: id.to_owned() }),
        (None, Some(Address::Server { base, kind: "Patient", id, .. }), _) => {
            Some(PatientName::Server { base: base.map(str::to_owned), id: id.to_owned() })
        }
        (None, Some(Address::Name(url)), _) => Some(PatientName::Address(url.to_owned())),
        (None, ..) => identifiers.iter().find_map(identifier_name),
    }
}

/// The name that an identifier gives; none without system or value.
pub fn identifier_name(identifier: &Identifier<'_>) -> Option<PatientName> {
    let system = identifier.system.as_deref()?.to_owned();
    let value = identifier.value.as_deref()?.to_owned();
    Some(PatientName::Identifier(system, value))
}

/// The patient that a `subject` names: by address, by a Patient within the resource, or by identifier.
fn subject_owner<'c>(
    subject: &Reference<'_>,
    full_url: Option<&str>,
    contained: impl FnOnce() -> Result<Vec<Outline<'c>>, IsDamaged>,
    addresses: &Addresses<'_>,
) -> Owner {
    let address = subject.reference.as_deref().map(Address::of);
    let of_another_type = match address {
        Some(Address::Server { kind, .. }) => kind != "Patient",
        _ => subject.kind.as_deref().is_some_and(|kind| kind != "Patient"),
    };
    if of_another_type {
        return Owner::NotAPatient;
    }
    match subject_name(subject, address, full_url, contained, addresses) {
        Ok(Some(name)) => Owner::Patient(name),
        Ok(None) => Owner::Nobody,
        Err(IsDamaged) => Owner::Damaged,
    }
}

fn subject_name<'c>(
    subject: &Reference<'_>,
    address: Option<Address<'_>>,
    full_url: Option<&str>,
    contained: impl FnOnce() -> Result<Vec<Outline<'c>>, IsDamaged>,
    addresses: &Addresses<'_>,
) -> Result<Option<PatientName>, IsDamaged> {
    let (Some(text), Some(address)) = (subject.reference.as_deref(), address) else {
        return Ok(subject.identifier.as_deref().and_then(identifier_name));
    };
    if let Some(id) = addresses.patients.get(text) {
        return Ok(patient_name(Some(text), *id, &[]));
    }
    Ok(match address {
        Address::Contained(id) => {
            let is_meant = |resource: &&Outline<'_>| {
                resource.resource_type.as_deref() == Some("Patient")
                    && resource.id.as_deref().map(|has| has.trim_start_matches('#')) == Some(id)
            };
            match contained()?.iter().find(is_meant) {
                Some(patient) => patient.identifiers()?.iter().find_map(identifier_name),
                None => None,
            }
        }
        Address::Server { base, kind: "Patient", id, .. } => {
            let around = full_url.map(Address::of);
            let base = match (base, around) {
                (None, Some(Address::Server { base, .. })) => base,
                (base, _) => base,
            };
            Some(PatientName::Server { base: base.map(str::to_owned), id: id.to_owned() })
        }
        Address::Name(urn) => Some(PatientName::Address(urn.to_owned())),
        Address::Server { .. } | Address::Malformed => None,
    })
}
