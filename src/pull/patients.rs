//! Which names mean one patient: ids with and without their server, addresses in Bundles, business identifiers.

use super::outline::PatientName;
use smallvec::SmallVec;
use std::collections::{BTreeSet, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

/// A patient, by its place in the order in which the input first names each.
pub type PatientNumber = u32;

/// All patients that the input names.
#[derive(Debug, Default)]
pub struct Patients {
    names: Vec<Name>,
    bases: Vec<Arc<str>>,
    by_base: HashMap<Arc<str>, Base>,
    /// The patients of an id, in the order of their servers; the one without a server first.
    by_id: HashMap<Box<str>, SmallVec<[PatientNumber; 4]>>,
    by_address: HashMap<Box<str>, PatientNumber>,
    by_identifier: HashMap<u64, PatientNumber>,
    /// Who first bore a further name.
    aliases: HashMap<u64, PatientNumber>,
    /// All who bear a further name, where these are more than one.
    shared: HashMap<u64, BTreeSet<PatientNumber>>,
}

/// A server, by its place in the order in which the input first names each.
type Base = u32;

#[derive(Debug)]
enum Name {
    Server { base: Option<Base>, id: Box<str> },
    Address(Box<str>),
    Identifier(u64),
}

impl Patients {
    /// The number of the patient of that name; a new one where the name is new.
    pub fn number(&mut self, name: &PatientName) -> PatientNumber {
        match name {
            PatientName::Server { base, id } => {
                let base = base.as_deref().map(|base| self.base(base));
                let of_id = self.by_id.get(id.as_str()).map_or(&[][..], |numbers| numbers);
                let place = self.place(of_id, base);
                if let Some(known) = place.ok().and_then(|place| of_id.get(place)) {
                    return *known;
                }
                let number = self.push(Name::Server { base, id: id.as_str().into() });
                let place = place.unwrap_or_else(|place| place);
                self.by_id.entry(id.as_str().into()).or_default().insert(place, number);
                number
            }
            PatientName::Address(address) => {
                if let Some(number) = self.by_address.get(address.as_str()) {
                    return *number;
                }
                let number = self.push(Name::Address(address.as_str().into()));
                self.by_address.insert(address.as_str().into(), number);
                number
            }
            PatientName::Identifier(system, value) => {
                let hash = hash_of(&(system, value));
                if let Some(number) = self.by_identifier.get(&hash) {
                    return *number;
                }
                let number = self.push(Name::Identifier(hash));
                self.by_identifier.insert(hash, number);
                number
            }
        }
    }

    /// Notes a further name of a patient: its address in a Bundle, or an identifier.
    pub fn also(&mut self, number: PatientNumber, name: &PatientName) {
        let hash = match name {
            PatientName::Server { .. } => return,
            PatientName::Address(address) => hash_of(address.as_str()),
            PatientName::Identifier(system, value) => hash_of(&(system, value)),
        };
        let first = *self.aliases.entry(hash).or_insert(number);
        if first != number {
            self.shared.entry(hash).or_insert_with(|| BTreeSet::from([first])).insert(number);
        }
    }

    /// The patients who bear the name of a number as a further name of theirs.
    pub fn bearers(&self, number: PatientNumber) -> BTreeSet<PatientNumber> {
        let hash = match self.names.get(number as usize) {
            Some(Name::Identifier(hash)) => *hash,
            Some(Name::Address(address)) => hash_of(address.as_ref()),
            Some(Name::Server { .. }) | None => return BTreeSet::new(),
        };
        self.bearers_of(hash, Some(number)).flatten().collect()
    }

    /// The one patient who bears a further name; none where several do. One patient may have two numbers: with the
    /// server's address, and without.
    fn bearer(&self, hash: u64, asking: Option<PatientNumber>) -> Option<PatientNumber> {
        let mut bearers = self.bearers_of(hash, asking);
        let first = bearers.next()??;
        bearers.all(|other| other == Some(first)).then_some(first)
    }

    /// All who bear a further name, settled; a patient who is known by that name alone and asks is who it is.
    fn bearers_of(&self, hash: u64, asking: Option<PatientNumber>) -> impl Iterator<Item = Option<PatientNumber>> {
        let shared = self.shared.get(&hash);
        let alone = self.aliases.get(&hash).filter(|_| shared.is_none());
        let all = shared.into_iter().flatten().chain(alone);
        all.map(move |bearer| if Some(*bearer) == asking { asking } else { self.settled(*bearer) })
    }

    /// All numbers of that patient's id, whatever the server; the number alone where the name has no id.
    pub fn same_id(&self, number: PatientNumber) -> Vec<PatientNumber> {
        match self.names.get(number as usize) {
            Some(Name::Server { id, .. }) => self.by_id.get(id).map(|numbers| numbers.to_vec()).unwrap_or_default(),
            _ => vec![number],
        }
    }

    /// How many names there are.
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// The patient that a number means when the whole input is known; none where the name leads to no one patient.
    pub fn settled(&self, number: PatientNumber) -> Option<PatientNumber> {
        match self.names.get(number as usize)? {
            Name::Server { base, id } => {
                let same_id = self.by_id.get(id)?;
                if self.servers(same_id) <= 1 {
                    return same_id.iter().min().copied();
                }
                base.is_some().then_some(number)
            }
            Name::Address(address) => {
                let hash = hash_of(address.as_ref());
                if self.aliases.contains_key(&hash) { self.bearer(hash, Some(number)) } else { Some(number) }
            }
            Name::Identifier(hash) => self.bearer(*hash, None),
        }
    }

    /// The settled patient of a name, without noting a new one.
    pub fn find(&self, name: &PatientName) -> Option<PatientNumber> {
        let number = match name {
            PatientName::Server { base, id } => {
                let numbers = self.by_id.get(id.as_str())?;
                let exact = match base {
                    Some(base) => {
                        self.by_base.get(base.as_str()).and_then(|base| self.place(numbers, Some(*base)).ok())
                    }
                    None => self.place(numbers, None).ok(),
                };
                let exact = exact.and_then(|place| numbers.get(place));
                *exact.or_else(|| numbers.first().filter(|_| self.servers(numbers) <= 1))?
            }
            PatientName::Address(address) => match self.by_address.get(address.as_str()) {
                Some(number) => *number,
                None => return self.bearer(hash_of(address.as_str()), None),
            },
            PatientName::Identifier(system, value) => return self.bearer(hash_of(&(system, value)), None),
        };
        self.settled(number)
    }

    /// The reference that the decision names the patient by: with the server's address only where two servers have
    /// a patient of that id.
    pub fn reference(&self, number: PatientNumber) -> String {
        match self.names.get(number as usize) {
            Some(Name::Server { base, id }) => {
                let several = self.by_id.get(id).is_some_and(|numbers| self.servers(numbers) > 1);
                match base.and_then(|base| self.bases.get(base as usize)).filter(|_| several) {
                    Some(base) => format!("{base}/Patient/{id}"),
                    None => format!("Patient/{id}"),
                }
            }
            Some(Name::Address(address)) => address.to_string(),
            Some(Name::Identifier(_)) | None => "a patient without id".to_owned(),
        }
    }

    /// On how many servers the patients of one id are.
    fn servers(&self, of_id: &[PatientNumber]) -> usize {
        let without_server = of_id.first().is_some_and(|first| self.base_of(*first).is_none());
        of_id.len() - usize::from(without_server)
    }

    fn base_of(&self, number: PatientNumber) -> Option<Base> {
        match self.names.get(number as usize) {
            Some(Name::Server { base, .. }) => *base,
            _ => None,
        }
    }

    /// Where among the patients of one id the one of a server is, or would be.
    fn place(&self, of_id: &[PatientNumber], base: Option<Base>) -> Result<usize, usize> {
        of_id.binary_search_by_key(&base, |number| self.base_of(*number))
    }

    fn base(&mut self, base: &str) -> Base {
        if let Some(known) = self.by_base.get(base) {
            return *known;
        }
        let name: Arc<str> = base.into();
        let number = self.bases.len() as Base;
        self.bases.push(Arc::clone(&name));
        self.by_base.insert(name, number);
        number
    }

    fn push(&mut self, name: Name) -> PatientNumber {
        self.names.push(name);
        (self.names.len() - 1) as PatientNumber
    }
}

fn hash_of(name: &(impl Hash + ?Sized)) -> u64 {
    let mut hasher = DefaultHasher::new();
    name.hash(&mut hasher);
    hasher.finish()
}
