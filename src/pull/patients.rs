//! Which names mean one patient: ids with and without their server, addresses in Bundles, business identifiers.

use super::outline::PatientName;
use smallvec::SmallVec;
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

/// A patient, by its place in the order in which the input first names each.
pub type PatientNumber = u32;

/// A name that more than one patient bears.
const SEVERAL: PatientNumber = u32::MAX;

/// All patients that the input names.
#[derive(Debug, Default)]
pub struct Patients {
    names: Vec<Name>,
    bases: Vec<String>,
    by_id: HashMap<Box<str>, SmallVec<[PatientNumber; 4]>>,
    by_address: HashMap<Box<str>, PatientNumber>,
    by_identifier: HashMap<u64, PatientNumber>,
    aliases: HashMap<u64, PatientNumber>,
}

#[derive(Debug)]
enum Name {
    Server { base: Option<u16>, id: Box<str> },
    Address(Box<str>),
    Identifier(u64),
}

impl Patients {
    /// The number of the patient of that name; a new one where the name is new.
    pub fn number(&mut self, name: &PatientName) -> PatientNumber {
        match name {
            PatientName::Server { base, id } => {
                let base = base.as_deref().map(|base| self.base(base));
                let same = |number: &&PatientNumber| matches!(self.names.get(**number as usize), Some(Name::Server { base: has, .. }) if *has == base);
                if let Some(number) = self.by_id.get(id.as_str()).and_then(|numbers| numbers.iter().find(same)) {
                    return *number;
                }
                let number = self.push(Name::Server { base, id: id.as_str().into() });
                self.by_id.entry(id.as_str().into()).or_default().push(number);
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
        let known = self.aliases.entry(hash).or_insert(number);
        if *known != number {
            *known = SEVERAL;
        }
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
            Name::Address(address) => match self.aliases.get(&hash_of(address)) {
                Some(alias) if *alias != SEVERAL && *alias != number => self.settled(*alias),
                _ => Some(number),
            },
            Name::Identifier(hash) => match self.aliases.get(hash) {
                Some(&SEVERAL) | None => None,
                Some(alias) => self.settled(*alias),
            },
        }
    }

    /// The settled patient of a name, without noting a new one.
    pub fn find(&self, name: &PatientName) -> Option<PatientNumber> {
        let number = match name {
            PatientName::Server { base, id } => {
                let numbers = self.by_id.get(id.as_str())?;
                let of_base = |number: &&PatientNumber| match (self.names.get(**number as usize), base) {
                    (Some(Name::Server { base: Some(has), .. }), Some(wanted)) => {
                        self.bases.get(usize::from(*has)) == Some(wanted)
                    }
                    (Some(Name::Server { base: None, .. }), None) => true,
                    _ => false,
                };
                let exact = numbers.iter().find(of_base);
                *exact.or_else(|| numbers.first().filter(|_| self.servers(numbers) <= 1))?
            }
            PatientName::Address(address) => match self.by_address.get(address.as_str()) {
                Some(number) => *number,
                None => self.alias(hash_of(address.as_str()))?,
            },
            PatientName::Identifier(system, value) => self.alias(hash_of(&(system, value)))?,
        };
        self.settled(number)
    }

    /// The reference that the decision names the patient by: with the server's address only where two servers have
    /// a patient of that id.
    pub fn reference(&self, number: PatientNumber) -> String {
        match self.names.get(number as usize) {
            Some(Name::Server { base, id }) => {
                let several = self.by_id.get(id).is_some_and(|numbers| self.servers(numbers) > 1);
                match base.and_then(|base| self.bases.get(usize::from(base))).filter(|_| several) {
                    Some(base) => format!("{base}/Patient/{id}"),
                    None => format!("Patient/{id}"),
                }
            }
            Some(Name::Address(address)) => address.to_string(),
            Some(Name::Identifier(_)) | None => "a patient without id".to_owned(),
        }
    }

    fn alias(&self, hash: u64) -> Option<PatientNumber> {
        self.aliases.get(&hash).copied().filter(|number| *number != SEVERAL)
    }

    fn servers(&self, numbers: &[PatientNumber]) -> usize {
        let with_base = |number: &&PatientNumber| {
            matches!(self.names.get(**number as usize), Some(Name::Server { base: Some(_), .. }))
        };
        numbers.iter().filter(with_base).count()
    }

    fn base(&mut self, base: &str) -> u16 {
        let known = self.bases.iter().position(|has| has == base);
        let place = known.unwrap_or_else(|| {
            self.bases.push(base.to_owned());
            self.bases.len() - 1
        });
        u16::try_from(place).unwrap_or(u16::MAX)
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
