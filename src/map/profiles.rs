//! Profiles and categories: the ways besides its code in which a resource says what it is.

use super::Mappings;
use super::codes::{CodeId, MissId, RuleId};
use crate::fhir::datatypes::Meta;
use smallvec::SmallVec;

/// A profile that the mapping files know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ProfileId(u16);

/// A profile, with what a resource that claims it is and is not.
#[derive(Debug)]
pub(super) struct KnownProfile {
    /// Its URL, without a version.
    pub url: Box<str>,
    /// The rules that it starts.
    pub rules: SmallVec<[RuleId; 1]>,
    /// The inputs that it looks like and is not.
    pub misses: SmallVec<[MissId; 1]>,
}

/// All profiles and categories that the mapping files know.
#[derive(Debug, Default)]
pub(super) struct Profiles {
    known: Vec<KnownProfile>,
    categories: Vec<(CodeId, RuleId)>,
}

impl Profiles {
    /// The profile of a URL, known from now on.
    pub fn intern(&mut self, url: &str) -> &mut KnownProfile {
        let place = self.known.iter().position(|known| &*known.url == url).unwrap_or_else(|| {
            self.known.push(KnownProfile { url: url.into(), rules: SmallVec::new(), misses: SmallVec::new() });
            self.known.len() - 1
        });
        #[expect(clippy::indexing_slicing, reason = "the place was found, or made, just before")]
        &mut self.known[place]
    }

    /// Lets a code of `category` start a rule.
    pub fn add_category(&mut self, code: CodeId, rule: RuleId) {
        self.categories.push((code, rule));
    }

    /// All profiles with the rules that each starts, in the order of the files.
    pub fn all(&self) -> impl Iterator<Item = (&str, RuleId)> {
        self.known.iter().flat_map(|known| known.rules.iter().map(|rule| (&*known.url, *rule)))
    }

    /// All categories with the rule that each starts.
    pub fn categories(&self) -> impl Iterator<Item = (CodeId, RuleId)> + '_ {
        self.categories.iter().copied()
    }

    /// What is known of a profile.
    pub fn get(&self, id: ProfileId) -> Option<&KnownProfile> {
        self.known.get(usize::from(id.0))
    }
}

impl Mappings {
    /// The known profiles that a resource claims, whatever version of them.
    pub(super) fn claimed(&self, meta: Option<&Meta<'_>>) -> SmallVec<[ProfileId; 2]> {
        let mut claimed: SmallVec<[ProfileId; 2]> = SmallVec::new();
        for written in meta.map(|meta| meta.profile.iter()).into_iter().flatten() {
            let url = without_version(written);
            let place = self.profiles.known.iter().position(|known| &*known.url == url);
            if let Some(id) = place.and_then(|place| u16::try_from(place).ok()).map(ProfileId)
                && !claimed.contains(&id)
            {
                claimed.push(id);
            }
        }
        claimed
    }
}

/// The URL of a profile without the version that may follow it.
pub(super) fn without_version(url: &str) -> &str {
    url.split('|').next().unwrap_or_default().trim()
}
