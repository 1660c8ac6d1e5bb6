//! Places in the body: what a resource says of where it is, and what of that is known here.

use super::Mappings;
use super::codes::CodeId;
use super::engine::{At, Mapper, OWN};
use super::reason::Reason;
use crate::fhir::datatypes::{Coding, Extension, Reference};
use crate::fhir::observation::BodySite;
use crate::fhir::{Found, Resource};
use crate::inputs::Input;
use crate::inputs::words::Site;
use smallvec::SmallVec;

const BODY_STRUCTURE: &str = "http://hl7.org/fhir/StructureDefinition/bodySite";

/// What a resource says of its place. That it says one which is not known here is not the same as that it says none.
#[derive(Clone, Debug, Default)]
pub(super) struct SaidSite {
    /// The place; the first of several.
    known: Option<Site>,
    /// Further places that are known, and differ.
    differs: bool,
    /// What else it says: codes of no place here, words alone, a reference that leads to no place.
    unknown: SmallVec<[UnknownSite; 1]>,
}

/// A place that is said and not known here.
#[derive(Clone, Debug, Default)]
pub(super) struct UnknownSite {
    /// Its code, if the mapping files know it as something else.
    known: Option<CodeId>,
    /// `system|code` as it is written.
    pub written: Option<Box<str>>,
}

impl SaidSite {
    /// A place that is known.
    pub fn of(site: Site) -> SaidSite {
        SaidSite { known: Some(site), ..SaidSite::default() }
    }

    /// Something that is no place here.
    pub fn unknown() -> SaidSite {
        SaidSite { unknown: SmallVec::from_iter([UnknownSite::default()]), ..SaidSite::default() }
    }

    /// Whether anything is said.
    pub fn is_said(&self) -> bool {
        self.known.is_some() || !self.unknown.is_empty()
    }

    /// Whether it is one place that is known, and nothing else.
    pub fn is_one(&self) -> bool {
        self.one().is_some() && self.unknown.is_empty()
    }

    /// The one place that is known.
    pub fn one(&self) -> Option<Site> {
        self.known.filter(|_| !self.differs)
    }

    /// Where a treatment was: as it says, else as its code does, else nowhere that is said; an error where something
    /// is said and it cannot be told which place it is.
    pub fn of_treatment(&self, by_code: Option<Site>) -> Result<Option<Site>, CannotBeTold> {
        match self.one().or(by_code) {
            None if self.is_said() => Err(CannotBeTold),
            site => Ok(site),
        }
    }

    /// What is said and not known.
    pub fn not_known(&self) -> &[UnknownSite] {
        &self.unknown
    }

    /// Both together.
    pub fn and(mut self, other: SaidSite) -> SaidSite {
        self.add(other);
        self
    }

    fn add(&mut self, other: SaidSite) {
        self.differs |= other.differs || self.known.zip(other.known).is_some_and(|(one, other)| one != other);
        self.known = self.known.or(other.known);
        self.unknown.extend(other.unknown);
    }
}

/// A place is said, and which one it is cannot be told.
#[derive(Clone, Copy, Debug)]
pub(super) struct CannotBeTold;

impl Mappings {
    /// The place that a coding means.
    fn site_of_coding(&self, coding: &Coding<'_>) -> Option<Site> {
        let (system, code) = (coding.system.as_deref()?.trim(), coding.code.as_deref()?.trim());
        if system == OWN {
            return Site::of(code);
        }
        self.codes.find(system, code).and_then(|id| self.codes.get(id)).and_then(|known| known.site)
    }

    /// The place that a concept means, if all of its codes that mean one mean the same.
    pub(super) fn site_of(&self, codings: &[Coding<'_>]) -> Result<Option<Site>, Reason> {
        let said = self.said_by(codings);
        if said.differs { Err(Reason::Conflict) } else { Ok(said.known) }
    }

    /// What the codes of one concept say: of several of one meaning it is enough that one is known.
    pub(super) fn said_by(&self, codings: &[Coding<'_>]) -> SaidSite {
        let mut said = SaidSite::default();
        for site in codings.iter().filter_map(|coding| self.site_of_coding(coding)) {
            said.add(SaidSite::of(site));
        }
        if said.known.is_none() {
            let written = |coding: &Coding<'_>| {
                let system = coding.system.as_deref().unwrap_or("no system");
                Some(format!("{system}|{}", coding.code.as_deref()?).into_boxed_str())
            };
            let known = self.known_of(codings).first().copied();
            said.unknown.push(UnknownSite { known, written: codings.iter().find_map(written) });
        }
        said
    }
}

impl<'r, 'a> Mapper<'_, 'r, 'a> {
    /// What body sites say, by their codes or by a BodyStructure.
    pub(super) fn said_by_sites(&self, at: &At<'r, 'a>, sites: &[BodySite<'a>]) -> SaidSite {
        let mut said = SaidSite::default();
        for site in sites {
            let by_code = self.mappings.said_by(&site.coding);
            let structure = site.extension.iter().find(|extension| extension.url.as_deref() == Some(BODY_STRUCTURE));
            said.add(match structure.and_then(|extension| extension.value_reference.as_deref()) {
                Some(reference) if by_code.known.is_none() => {
                    let by_structure = self.said_by_structure(at, reference);
                    if by_structure.known.is_some() { by_structure } else { by_code }
                }
                _ => by_code,
            });
        }
        said
    }

    /// What the BodyStructure says that a reference leads to; one that leads to none says a place that is not known.
    pub(super) fn said_by_structure(&self, at: &At<'r, 'a>, reference: &Reference<'a>) -> SaidSite {
        let Found::Resource(stored) = self.record.find(at.stored, reference) else { return SaidSite::unknown() };
        match &stored.resource {
            Resource::BodyStructure(structure) => match &structure.location {
                Some(location) => self.mappings.said_by(&location.coding),
                None => SaidSite::unknown(),
            },
            _ => SaidSite::unknown(),
        }
    }

    /// What an extension says that should name a place.
    pub(super) fn said_by_extension(&self, at: &At<'r, 'a>, extension: &Extension<'a>) -> SaidSite {
        match (&extension.value_reference, &extension.value_codeable_concept) {
            (Some(reference), _) => self.said_by_structure(at, reference),
            (None, Some(concept)) => self.mappings.said_by(&concept.coding),
            (None, None) => SaidSite::unknown(),
        }
    }

    /// The place that is said of anything but a treatment: it is used without the place where that cannot be told.
    pub(super) fn site(
        &mut self,
        at: &At<'r, 'a>,
        input: Input,
        code: Option<CodeId>,
        said: &SaidSite,
    ) -> Option<Site> {
        if said.differs {
            self.unused(at, Some(input), code, Reason::PartNotUsed);
        }
        for unknown in said.not_known() {
            if !self.near_miss_of_site(at, unknown) {
                self.unused_place(at, input, Reason::SiteNotUsed, unknown);
            }
        }
        said.one()
    }

    /// Names the near miss that a place is; whether it is one.
    pub(super) fn near_miss_of_site(&mut self, at: &At<'r, 'a>, unknown: &UnknownSite) -> bool {
        let mappings = self.mappings;
        let misses = unknown.known.and_then(|code| mappings.code(code)).map(|known| known.misses.as_slice());
        let of_site =
            |miss: &super::codes::MissId| mappings.miss(*miss).map(|miss| miss.input) == Some(Input::TumourSite);
        let misses: SmallVec<[_; 1]> = misses.unwrap_or_default().iter().copied().filter(of_site).collect();
        self.name_misses(at, unknown.known, &misses);
        !misses.is_empty()
    }
}
