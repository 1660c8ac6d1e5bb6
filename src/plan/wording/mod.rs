//! The words of the plan in English and Danish: every code of a decision has both.

mod ambiguities;
mod explanations;
mod inputs;
mod notes;
mod results;
mod values;

pub use ambiguities::ambiguity;
pub use explanations::{length, limit, phrase, source};
pub use inputs::{input, input_name, unit};
pub use notes::{comes_first, names_its_entries, note};
pub use results::*;
pub use values::{day, days, decimal, dose, entry, lacks};

use crate::guideline::all::ALL;
use crate::guideline::{GUIDELINE_VERSION, RecommendationId};

/// The language of what a person reads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Language {
    /// English.
    #[default]
    English,
    /// Danish.
    Danish,
}

impl Language {
    /// The code that FHIR and XHTML know it by.
    pub const fn tag(self) -> &'static str {
        match self {
            Language::English => "en",
            Language::Danish => "da",
        }
    }
}

/// The same in both languages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Words {
    /// In English.
    pub english: &'static str,
    /// In Danish.
    pub danish: &'static str,
}

impl Words {
    /// The words in one of the languages.
    pub const fn in_language(self, language: Language) -> &'static str {
        match language {
            Language::English => self.english,
            Language::Danish => self.danish,
        }
    }
}

/// English first, Danish second.
pub(crate) const fn words(english: &'static str, danish: &'static str) -> Words {
    Words { english, danish }
}

/// What a recommendation says, in our own words.
pub fn recommendation(id: RecommendationId) -> Words {
    let entry = ALL.iter().find(|entry| entry.id == id);
    entry.map_or(words(id.word(), id.word()), |entry| words(entry.english, entry.danish))
}

/// Which guideline the plan follows, and what the plan is not.
pub fn about(language: Language) -> String {
    match language {
        Language::English => format!(
            "Computed from the record by the guideline Solitært plasmacytom of the Danish Myeloma Study Group, version \
             {GUIDELINE_VERSION}. A proposal: the clinician decides."
        ),
        Language::Danish => format!(
            "Beregnet ud fra journaldata efter retningslinjen Solitært plasmacytom (Dansk Myelomatose Studiegruppe), \
             version {GUIDELINE_VERSION}. Et forslag: klinikeren afgør."
        ),
    }
}
