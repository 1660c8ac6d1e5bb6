//! What a Procedure is: by the profiles that it claims, by its code, and by its category.

use super::Mappings;
use super::codes::MissId;
use super::coverage::FoundBy;
use super::file::ResourceKind;
use super::rule::Rule;
use crate::fhir::clinical::Procedure;
use crate::fhir::datatypes::CodeableConcept;
use crate::inputs::Input;
use smallvec::SmallVec;

/// What a Procedure is by its profiles, its codes, and its category.
pub(super) struct Starts<'m> {
    /// The rules that it starts, one an input (of operations one a kind), each with what it was found by.
    pub rules: SmallVec<[(FoundBy, &'m Rule); 2]>,
    /// The inputs of which its codes say two things that cannot both be meant, with the code that says the second.
    pub conflicts: SmallVec<[(FoundBy, Input); 1]>,
    /// The near misses that its profiles are.
    pub misses: SmallVec<[MissId; 1]>,
}

impl Mappings {
    /// A profile says more than a code, and a code more than a category: an input that a profile denies is not read by
    /// a code, and the category is looked at only where neither is there.
    pub(super) fn starts_of(&self, procedure: &Procedure<'_>) -> Starts<'_> {
        let mut starts = Starts { rules: SmallVec::new(), conflicts: SmallVec::new(), misses: SmallVec::new() };
        let claimed = self.claimed(procedure.meta.as_ref());
        let profiles = || claimed.iter().filter_map(|id| Some((*id, self.profiles.get(*id)?)));
        for (id, profile) in profiles() {
            starts.add(FoundBy::Profile(id), profile.rules.iter().filter_map(|rule| self.rule(*rule)));
        }
        for (_, profile) in profiles() {
            let denied = profile.misses.iter().filter(|miss| {
                let input = self.miss(**miss).map(|miss| miss.input);
                !starts.rules.iter().any(|(_, rule)| Some(rule.input) == input)
            });
            starts.misses.extend(denied.copied());
        }
        let denied: SmallVec<[Input; 1]> =
            starts.misses.iter().filter_map(|miss| Some(self.miss(*miss)?.input)).collect();
        for code in self.known(procedure.code.as_ref()) {
            let rules = self.rules_of(code, ResourceKind::Procedure).filter(|rule| !denied.contains(&rule.input));
            starts.add(FoundBy::Code(code), rules);
        }
        if claimed.is_empty() && !procedure.code.as_ref().is_some_and(CodeableConcept::is_coded) {
            for code in self.known(procedure.category.as_ref()) {
                let rules = self.profiles.categories().filter(|(category, _)| *category == code);
                starts.add(FoundBy::Code(code), rules.filter_map(|(_, rule)| self.rule(rule)));
            }
        }
        starts
    }
}

impl<'m> Starts<'m> {
    fn add(&mut self, by: FoundBy, rules: impl Iterator<Item = &'m Rule>) {
        for rule in rules {
            let mut earlier = self.rules.iter().filter(|(_, earlier)| earlier.input == rule.input).peekable();
            let is_first = earlier.peek().is_none();
            let by_profile = earlier.clone().any(|(by, _)| by.code().is_none());
            if !is_first && (by_profile || earlier.any(|(_, earlier)| earlier.says == rule.says)) {
                continue;
            }
            // A spine may be decompressed and fused in one operation; two techniques of imaging are not one examination.
            if is_first || rule.input == Input::Surgery {
                self.rules.push((by, rule));
            } else {
                self.conflicts.push((by, rule.input));
            }
        }
    }
}
