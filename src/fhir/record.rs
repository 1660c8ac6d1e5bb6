//! One patient's resources with their versions, found by reference, and what was odd about them.

use super::clinical::Patient;
use super::datatypes::{Identifier, Reference};
use super::reference::{Address, is_id};
use super::resource::{Resource, Unreadable, is_never_read, kind_of};
use super::text::Text;
use super::versions::{Deletions, Fate, fates};
use rust_decimal::Decimal;
use smallvec::SmallVec;
use std::cell::OnceCell;
use std::collections::{HashMap, HashSet};

/// A resource of a record, and where it stood.
#[derive(Clone, Debug)]
pub struct Stored<'a> {
    /// The resource.
    pub resource: Resource<'a>,
    /// Its address in the Bundle that it came in.
    pub full_url: Option<Text<'a>>,
    container: Option<usize>,
    place: usize,
}

impl<'a> Stored<'a> {
    /// A resource with the address that its Bundle gives it.
    pub fn new(resource: Resource<'a>, full_url: Option<Text<'a>>) -> Stored<'a> {
        Stored { resource, full_url, container: None, place: 0 }
    }

    /// The server that the resource is from, where its address says so.
    pub fn base(&self) -> Option<&str> {
        match Address::of(self.full_url.as_deref()?) {
            Address::Server { base, .. } => base,
            _ => None,
        }
    }

    /// Whether an address with this server and version means this one of the resources of its type and id.
    pub fn is_meant(&self, base: Option<&str>, version: Option<&str>) -> bool {
        let same_server = match (base, self.base()) {
            (Some(wanted), Some(has)) => wanted == has,
            _ => true,
        };
        same_server && is_version(self, version)
    }

    /// Whether it exists only within another resource.
    pub const fn is_contained(&self) -> bool {
        self.container.is_some()
    }

    /// `Type/id` with `/_history/version` where known; the Bundle's address where the resource has no id.
    pub fn source(&self) -> String {
        let has_id = self.resource.common().id.is_some_and(|id| is_id(id));
        match self.full_url.as_deref().filter(|_| !has_id) {
            Some(url) if matches!(Address::of(url), Address::Server { .. } | Address::Name(_)) => url.to_owned(),
            _ => self.resource.source(),
        }
    }
}

/// What was odd about a patient's resources; none of it is read for an input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Oddity {
    /// A resource in the patient's Bundle is another patient's.
    OtherPatient {
        /// Which.
        source: String,
    },
    /// A resource in the patient's Bundle does not say whose it is, or in a way that leads to no patient: to a group, say.
    NoPatient {
        /// Which.
        source: String,
    },
    /// A newer version, or word of its deletion, is in the record.
    Replaced {
        /// Which.
        source: String,
    },
    /// The same version of a resource is there twice with different contents: both are read.
    TwoContents {
        /// Which.
        source: String,
    },
    /// A further record of the same person is named; its resources are not read as this patient's.
    Linked {
        /// The other record.
        source: String,
    },
}

/// What a reference leads to.
#[derive(Clone, Copy, Debug)]
pub enum Found<'r, 'a> {
    /// A resource of the record.
    Resource(&'r Stored<'a>),
    /// Nothing of the record.
    NotHere,
    /// More than one resource of the record.
    Several,
    /// The reference gives neither an address that can be read nor an identifier.
    Unaddressed,
}

/// One patient's resources.
#[derive(Debug, Default)]
pub struct Record<'a> {
    patient: String,
    resources: Vec<Stored<'a>>,
    oddities: Vec<Oddity>,
    index: OnceCell<Index>,
    by_identifier: OnceCell<HashMap<(String, String), Vec<usize>>>,
}

#[derive(Debug, Default)]
struct Index {
    by_address: HashMap<(String, String), Vec<usize>>,
    by_full_url: HashMap<String, usize>,
    by_container: HashMap<(usize, String), usize>,
}

impl<'a> Record<'a> {
    /// A record of no resource yet, of the patient with that reference (`Patient/p1`).
    pub fn new(patient: impl Into<String>) -> Record<'a> {
        Record { patient: patient.into(), ..Record::default() }
    }

    /// The patient's reference, `Patient/p1`.
    pub fn patient(&self) -> &str {
        &self.patient
    }

    /// Adds a resource, and apart from it those that it contains.
    ///
    /// # Errors
    /// Where a contained one is damaged: the record is then not whole.
    pub fn add(&mut self, mut stored: Stored<'a>) -> Result<(), Unreadable> {
        self.forget_indices();
        let place = self.resources.len();
        stored.place = place;
        stored.container = None;
        let contained: Vec<_> = stored.resource.common().contained.iter().map(|raw| raw.get()).collect();
        self.resources.push(stored);
        for text in contained {
            let resource = match Resource::read(text) {
                Err(_) if kind_of(text).is_some_and(|kind| is_never_read(&kind)) => continue,
                read => read.map_err(|why| Unreadable::Contained(Box::new(why)))?,
            };
            let place_of_contained = self.resources.len();
            self.resources.push(Stored { resource, full_url: None, container: Some(place), place: place_of_contained });
        }
        Ok(())
    }

    /// Notes what was odd.
    pub fn note(&mut self, oddity: Oddity) {
        self.oddities.push(oddity);
    }

    /// Keeps of each resource its newest version, and none that was deleted since.
    pub fn settle(&mut self, deletions: &Deletions) {
        let mut leaving: HashSet<usize> = HashSet::new();
        let mut noted: Vec<Oddity> = Vec::new();
        for stored in self.resources().filter(|stored| deletions.cover(stored)) {
            leaving.insert(stored.place);
            noted.push(Oddity::Replaced { source: stored.source() });
        }
        let mut by_id: HashMap<(&str, &str), SmallVec<[&Stored<'a>; 1]>> = HashMap::with_capacity(self.resources.len());
        for stored in self.resources().filter(|stored| !leaving.contains(&stored.place)) {
            if let Some(id) = stored.resource.common().id {
                by_id.entry((stored.resource.kind(), id.as_str())).or_default().push(stored);
            }
        }
        let mut several: Vec<_> = by_id.into_values().filter(|versions| versions.len() > 1).collect();
        several.sort_by_key(|versions| versions.first().map(|stored| stored.place));
        for versions in several {
            for (stored, fate) in versions.iter().zip(fates(&versions)) {
                let source = || stored.source();
                match fate {
                    Fate::Stays => continue,
                    Fate::StaysBesideAnother => noted.push(Oddity::TwoContents { source: source() }),
                    Fate::Replaced => noted.push(Oddity::Replaced { source: source() }),
                    Fate::ThereAlready => {}
                }
                if fate != Fate::StaysBesideAnother {
                    leaving.insert(stored.place);
                }
            }
        }
        self.oddities.append(&mut noted);
        self.remove(&leaving);
    }

    fn remove(&mut self, leaving: &HashSet<usize>) {
        if leaving.is_empty() {
            return;
        }
        self.forget_indices();
        let gone = |stored: &Stored<'a>| leaving.contains(&stored.container.unwrap_or(stored.place));
        self.resources.retain(|stored| !gone(stored));
        let new_places: HashMap<usize, usize> =
            self.resources.iter().enumerate().map(|(new, stored)| (stored.place, new)).collect();
        for stored in &mut self.resources {
            stored.place = new_places.get(&stored.place).copied().unwrap_or_default();
            stored.container = stored.container.and_then(|place| new_places.get(&place).copied());
        }
    }

    /// How many resources there are, those that are contained in others too.
    pub fn len(&self) -> usize {
        self.resources.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.resources.is_empty()
    }

    /// The resources, without those that are contained in others: these are reached by reference only.
    pub fn resources(&self) -> impl Iterator<Item = &Stored<'a>> {
        self.resources.iter().filter(|stored| stored.container.is_none())
    }

    /// Whether the patient's record says that another has replaced it.
    pub fn is_replaced(&self) -> bool {
        self.patients().flat_map(|patient| patient.link.iter()).any(|link| link.kind.as_deref() == Some("replaced-by"))
    }

    /// The Patients of the record: one mostly, or the same person's under several addresses.
    pub fn patients(&self) -> impl Iterator<Item = &Patient<'a>> {
        self.resources().filter_map(|stored| match &stored.resource {
            Resource::Patient(patient) => Some(&**patient),
            _ => None,
        })
    }

    /// What was odd.
    pub fn oddities(&self) -> &[Oddity] {
        &self.oddities
    }

    /// The source string of a resource: for a contained one, that of the resource around it with `#id`.
    pub fn source(&self, stored: &Stored<'a>) -> String {
        let around = stored.container.and_then(|place| self.resources.get(place));
        match around {
            Some(around) => {
                let id = stored.resource.common().id.map(|id| id.trim_start_matches('#')).filter(|id| is_id(id));
                format!("{}#{}", around.source(), id.unwrap_or_default())
            }
            None => stored.source(),
        }
    }

    /// The unit in which a number of the Observation of this source is written; nothing where it is not there, or there
    /// in two units.
    pub fn unit_as_written(&self, source: &str, number: Decimal) -> Option<&str> {
        let observations = self.resources.iter().filter(|stored| self.source(stored) == source);
        let mut units = observations.flat_map(|stored| stored.resource.quantities()).filter_map(|quantity| {
            let same = quantity.value?.decimal() == Ok(number);
            same.then_some(quantity.unit.as_deref().or(quantity.code.as_deref()))
        });
        let first = units.next()?;
        units.all(|other| other == first).then_some(first)?
    }

    /// What a reference that stands in `from` leads to.
    pub fn find(&self, from: &Stored<'a>, reference: &Reference<'a>) -> Found<'_, 'a> {
        if let Some(text) = &reference.reference {
            return self.find_address(from, text);
        }
        match &reference.identifier {
            Some(identifier) => self.find_identifier(identifier, reference.kind.as_deref()),
            None => Found::Unaddressed,
        }
    }

    fn find_address(&self, from: &Stored<'a>, text: &str) -> Found<'_, 'a> {
        let index = self.index.get_or_init(|| self.indexed());
        let at = |place: Option<&usize>| match place.and_then(|place| self.resources.get(*place)) {
            Some(stored) => Found::Resource(stored),
            None => Found::NotHere,
        };
        match Address::of(text) {
            Address::Contained(id) => {
                let container = from.container.unwrap_or(from.place);
                at(index.by_container.get(&(container, id.to_owned())))
            }
            Address::Name(_) => at(index.by_full_url.get(text)),
            Address::Malformed => Found::Unaddressed,
            Address::Server { base, kind, id, version } => {
                let base = base.or_else(|| from.base());
                let candidates = index.by_address.get(&(kind.to_owned(), id.to_owned()));
                let candidates = candidates.into_iter().flatten().filter_map(|place| self.resources.get(*place));
                let mut found = candidates.filter(|stored| stored.is_meant(base, version));
                match (found.next(), found.next()) {
                    (None, _) => Found::NotHere,
                    (Some(stored), None) => Found::Resource(stored),
                    (Some(_), Some(_)) => Found::Several,
                }
            }
        }
    }

    /// The references in extensions of the resources and of what they contain, each with the resource that it stands in.
    pub fn named_in_extensions(&self) -> impl Iterator<Item = (&Stored<'a>, &Reference<'a>)> {
        self.resources.iter().flat_map(|from| from.resource.named_in_extensions().into_iter().map(move |it| (from, it)))
    }

    fn find_identifier(&self, wanted: &Identifier<'a>, kind: Option<&str>) -> Found<'_, 'a> {
        if wanted.value.is_none() {
            return Found::Unaddressed;
        }
        let index = self.by_identifier.get_or_init(|| self.indexed_by_identifier());
        let places = whole(wanted).and_then(|(system, value)| index.get(&(system.to_owned(), value.to_owned())));
        let with_identifier = places.into_iter().flatten().filter_map(|place| self.resources.get(*place));
        let mut found = with_identifier.filter(|stored| kind.is_none_or(|kind| stored.resource.kind() == kind));
        match (found.next(), found.next()) {
            (None, _) => Found::NotHere,
            (Some(stored), None) => Found::Resource(stored),
            (Some(_), Some(_)) => Found::Several,
        }
    }

    fn indexed_by_identifier(&self) -> HashMap<(String, String), Vec<usize>> {
        let mut index: HashMap<(String, String), Vec<usize>> = HashMap::new();
        for stored in self.resources() {
            for (system, value) in stored.resource.common().identifier.iter().filter_map(whole) {
                let places = index.entry((system.to_owned(), value.to_owned())).or_default();
                if places.last() != Some(&stored.place) {
                    places.push(stored.place);
                }
            }
        }
        index
    }

    fn forget_indices(&mut self) {
        self.index.take();
        self.by_identifier.take();
    }

    fn indexed(&self) -> Index {
        let mut index = Index::default();
        for (place, stored) in self.resources.iter().enumerate() {
            let id = stored.resource.common().id.map(|id| id.as_str());
            if let Some(container) = stored.container {
                let id = id.unwrap_or_default().trim_start_matches('#').to_owned();
                index.by_container.entry((container, id)).or_insert(place);
                continue;
            }
            if let Some(url) = &stored.full_url {
                index.by_full_url.entry(url.as_str().to_owned()).or_insert(place);
            }
            if let Some(id) = id {
                let key = (stored.resource.kind().to_owned(), id.to_owned());
                index.by_address.entry(key).or_default().push(place);
            }
        }
        index
    }
}

/// The system and value of an identifier; a value without a system is nobody's.
pub fn whole<'i>(identifier: &'i Identifier<'_>) -> Option<(&'i str, &'i str)> {
    identifier.system.as_deref().zip(identifier.value.as_deref())
}

/// Whether a resource is of the version that a reference names: one that does not say its version is.
fn is_version(stored: &Stored<'_>, version: Option<&str>) -> bool {
    let has = stored.resource.common().meta.and_then(|meta| meta.version_id.as_deref());
    match (version, has) {
        (Some(wanted), Some(has)) => wanted == has,
        _ => true,
    }
}
