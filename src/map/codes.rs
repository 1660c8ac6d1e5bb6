//! The codes that the mapping files know: systems by their URIs, codes in each of their spellings.

use super::file::{ResourceKind, Spelling, Trust};
use super::hash::TextMap;
use crate::inputs::words::Site;
use smallvec::SmallVec;

/// A system of codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SystemId(u8);

/// A code that the mapping files know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CodeId(u16);

/// A way in which a record says an input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RuleId(pub(super) u16);

/// A group of near misses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MissId(pub(super) u16);

/// What a code of `values.toml` answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Yes.
    Yes,
    /// No.
    No,
    /// Neither.
    Unclear,
}

/// A sex, of a patient or of those whom reference limits are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sex {
    /// Men.
    Male,
    /// Women.
    Female,
}

/// A code, with everything that it means.
#[derive(Debug)]
pub struct KnownCode {
    /// Its system.
    pub system: SystemId,
    /// The code.
    pub code: Box<str>,
    /// What its system calls it.
    pub display: Box<str>,
    /// How well it is known.
    pub trust: Trust,
    /// The rules that it starts, by resource.
    pub rules: SmallVec<[(ResourceKind, RuleId); 2]>,
    /// The inputs that it looks like and is not.
    pub misses: SmallVec<[MissId; 1]>,
    /// The place that it means.
    pub site: Option<Site>,
    /// The answer that it means.
    pub answer: Option<Answer>,
    /// The sex that it means.
    pub sex: Option<Sex>,
}

#[derive(Debug)]
struct KnownSystem {
    short: Box<str>,
    spelling: Spelling,
    codes: TextMap<CodeId>,
}

/// All systems and codes that the mapping files know.
#[derive(Debug, Default)]
pub struct Codes {
    systems: Vec<KnownSystem>,
    uris: TextMap<SystemId>,
    known: Vec<KnownCode>,
    danish: Option<SystemId>,
}

impl Codes {
    /// Adds a system.
    pub fn add_system(&mut self, short: &str, spelling: Spelling) -> SystemId {
        let id = SystemId(u8::try_from(self.systems.len()).unwrap_or(u8::MAX));
        self.systems.push(KnownSystem { short: short.into(), spelling, codes: TextMap::default() });
        if spelling == Spelling::SksDiagnosis {
            self.danish.get_or_insert(id);
        }
        id
    }

    /// Lets a URI mean a system; the system that it already means, if that is another.
    pub fn add_uri(&mut self, uri: &str, system: SystemId) -> Option<SystemId> {
        let earlier = self.uris.insert(uri.into(), system)?;
        (earlier != system).then_some(earlier)
    }

    /// The system of a short name.
    pub fn system(&self, short: &str) -> Option<SystemId> {
        let place = self.systems.iter().position(|system| &*system.short == short)?;
        u8::try_from(place).ok().map(SystemId)
    }

    /// The short names of all systems.
    pub fn system_names(&self) -> impl Iterator<Item = &str> + Clone {
        self.systems.iter().map(|system| &*system.short)
    }

    /// The short name of a system.
    pub fn short_name(&self, system: SystemId) -> &str {
        self.systems.get(usize::from(system.0)).map_or("", |system| &system.short)
    }

    /// One of the URIs of a system, the first in alphabetical order.
    pub fn uri(&self, system: SystemId) -> Option<&str> {
        self.uris.iter().filter(|(_, id)| **id == system).map(|(uri, _)| &**uri).min()
    }

    /// The code of a system, known from now on.
    pub fn intern(&mut self, system: SystemId, code: &str, display: &str, trust: Trust) -> CodeId {
        let Some(known) = self.systems.get_mut(usize::from(system.0)) else { return CodeId(u16::MAX) };
        let key = canonical(known.spelling, code);
        if let Some(id) = known.codes.get(key.as_str()) {
            return *id;
        }
        let id = CodeId(u16::try_from(self.known.len()).unwrap_or(u16::MAX));
        known.codes.insert(key.as_str().into(), id);
        self.known.push(KnownCode {
            system,
            code: code.into(),
            display: display.into(),
            trust,
            rules: SmallVec::new(),
            misses: SmallVec::new(),
            site: None,
            answer: None,
            sex: None,
        });
        id
    }

    /// What is known of a code.
    pub fn get(&self, id: CodeId) -> Option<&KnownCode> {
        self.known.get(usize::from(id.0))
    }

    /// What is known of a code, to add to it.
    pub fn get_mut(&mut self, id: CodeId) -> Option<&mut KnownCode> {
        self.known.get_mut(usize::from(id.0))
    }

    /// All codes, in the order of the files.
    pub fn all(&self) -> impl Iterator<Item = (CodeId, &KnownCode)> {
        self.known.iter().enumerate().map(|(place, code)| (CodeId(u16::try_from(place).unwrap_or(u16::MAX)), code))
    }

    /// Every `URI|code` that means a code, in all the URIs and spellings in which it is found; not those with a `+`,
    /// which have no end.
    pub fn tokens(&self, id: CodeId) -> Vec<String> {
        let Some(known) = self.get(id) else { return Vec::new() };
        let Some(system) = self.systems.get(usize::from(known.system.0)) else { return Vec::new() };
        let mut tokens = Vec::new();
        for (uri, of) in self.uris.iter() {
            let spelling = self.systems.get(usize::from(of.0)).map_or(Spelling::Exact, |system| system.spelling);
            let is_own = *of == known.system;
            let is_danish_elsewhere = |code: &str| {
                let extends = spelling == Spelling::Icd10Who && is_danish_extension(&canonical(spelling, code));
                system.spelling == Spelling::SksDiagnosis
                    && (extends || (spelling != Spelling::Exact && is_danish(code)))
            };
            for code in spelled(system.spelling, &known.code) {
                if is_own || is_danish_elsewhere(&code) {
                    tokens.push(format!("{uri}|{code}"));
                }
            }
        }
        tokens.sort_unstable();
        tokens
    }

    /// The code that a system's URI and a written code mean.
    pub fn find(&self, uri: &str, code: &str) -> Option<CodeId> {
        let system = self.systems.get(usize::from(self.uris.get(uri)?.0))?;
        if system.spelling == Spelling::Exact {
            return system.codes.get(code).copied();
        }
        let key = canonical(system.spelling, code);
        let home = match self.danish.and_then(|id| self.systems.get(usize::from(id.0))) {
            // The Danish codes also come in the URI of ICD-10 and in that of the other SKS codes; those that only Denmark has
            // also without the D, in the URI of the WHO.
            Some(danish)
                if system.spelling != Spelling::SksDiagnosis
                    && (is_danish(&key) || (system.spelling == Spelling::Icd10Who && is_danish_extension(&key))) =>
            {
                let key = canonical(Spelling::SksDiagnosis, code);
                return danish.codes.get(key.as_str()).copied();
            }
            _ => system,
        };
        home.codes.get(key.as_str()).copied()
    }
}

/// Whether a code is a Danish diagnosis: a D before the letter of ICD-10.
fn is_danish(code: &str) -> bool {
    matches!(code.as_bytes(), [b'D', letter, ..] if letter.is_ascii_alphabetic())
}

/// Whether a code, without dot and D, is one that only Denmark has: ICD-10 of the WHO has no letter after its digits.
fn is_danish_extension(code: &str) -> bool {
    matches!(code.as_bytes(), [letter, digits @ .., last]
        if letter.is_ascii_alphabetic() && last.is_ascii_alphabetic() && digits.len() >= 2 && digits.iter().all(u8::is_ascii_digit))
}

/// The one spelling of a code under which it is kept.
fn canonical(spelling: Spelling, code: &str) -> String {
    if spelling == Spelling::Exact {
        return code.to_owned();
    }
    // A code after `+` adds to the first (`DS721+TUL1`) and names nothing by itself.
    let first = code.split('+').next().unwrap_or_default().trim();
    let mut key: String = first.chars().filter(|c| *c != '.').map(|c| c.to_ascii_uppercase()).collect();
    if spelling == Spelling::SksDiagnosis && is_danish(&key) {
        key.remove(0);
    }
    key
}

/// The spellings of a code that are usual.
fn spelled(spelling: Spelling, code: &str) -> Vec<String> {
    let with_dot = |key: &str, place: usize| match (key.get(..place), key.get(place..)) {
        (Some(head), Some(tail)) if !tail.is_empty() => Some(format!("{head}.{tail}")),
        _ => None,
    };
    let key = canonical(spelling, code);
    match spelling {
        Spelling::Exact => vec![key],
        Spelling::Sks => vec![key],
        Spelling::Icd10 | Spelling::Icd10Who => with_dot(&key, 3).into_iter().chain([key]).collect(),
        Spelling::SksDiagnosis => {
            let danish = format!("D{key}");
            let dotted = [with_dot(&key, 3), with_dot(&danish, 4)];
            dotted.into_iter().flatten().chain([key, danish]).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_danish_code_is_known_with_and_without_d_and_dot() {
        for spelled in ["DC903", "DC90.3", "C903", "C90.3", "dc903", "DC903+TUL1"] {
            assert_eq!(canonical(Spelling::SksDiagnosis, spelled), "C903");
        }
        assert_eq!(canonical(Spelling::SksDiagnosis, "DC900A"), "C900A");
    }

    #[test]
    fn only_denmark_has_a_letter_after_the_digits() {
        assert!(is_danish_extension("C900A") && is_danish_extension("D472B"));
        assert!(!is_danish_extension("C900") && !is_danish_extension("C90") && !is_danish_extension("DC900A"));
        assert!(!is_danish_extension("M8450XA"));
    }

    #[test]
    fn a_d_that_is_the_letter_of_icd_10_stays() {
        assert_eq!(canonical(Spelling::SksDiagnosis, "DD472"), "D472");
        assert_eq!(canonical(Spelling::SksDiagnosis, "D47.2"), "D472");
        assert_eq!(canonical(Spelling::Icd10, "D47.2"), "D472");
    }
}
