//! The reading of a record: each resource once, each coding looked up once, each entry with its source.

use super::Mappings;
use super::codes::{CodeId, KnownCode, MissId, RuleId};
use super::coverage::{Coverage, FoundBy, FoundCode, Unused};
use super::date::{self, Dated};
use super::file::ResourceKind;
use super::limits::Person;
use super::panel::Panels;
use super::part::Parts;
use super::reason::Reason;
use super::rule::{ExaminationPart, Miss, Rule};
use super::site::UnknownSite;
use crate::fhir::datatypes::{CodeableConcept, Coding, Identifier, Reference};
use crate::fhir::reference::Address;
use crate::fhir::resource::is_type;
use crate::fhir::{Common, Found, Record, Resource, Stored};
use crate::inputs::words::Modality;
use crate::inputs::{Aside, AsideReason, Day, Entry, Input, Inputs, Source, Value, When};
use smallvec::SmallVec;
use std::cell::OnceCell;
use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

/// The URI of the project's own codes (decision specification §11).
pub(super) const OWN: &str = "https://plasmabridge.org/fhir/CodeSystem/input";

/// A resource that is being read.
#[derive(Clone)]
pub(super) struct At<'r, 'a> {
    /// The resource.
    pub stored: &'r Stored<'a>,
    /// The place in the record of it, or of the resource around it.
    pub place: u32,
    /// Its reference, made when the first entry needs it.
    pub source: OnceCell<Source>,
    /// Whether the result is preliminary.
    pub preliminary: bool,
}

/// A part of an examination that waits for the others.
#[derive(Clone, Copy)]
pub(super) struct WaitingPart {
    part: ExaminationPart,
    entry: usize,
    day: Option<Day>,
}

/// The reading of one record.
pub(super) struct Mapper<'m, 'r, 'a> {
    pub mappings: &'m Mappings,
    pub record: &'r Record<'a>,
    pub entries: Vec<Entry>,
    pub set_aside: Vec<Aside>,
    pub coverage: Coverage,
    pub waiting: Vec<WaitingPart>,
    /// Results that a correction has replaced.
    pub replaced: HashSet<*const ()>,
    /// The panels and reports that each result belongs to, found when a result without a date asks for them.
    pub panels: OnceCell<Panels<'r, 'a>>,
    /// Who the patient is, found when reference limits ask for it.
    pub person: OnceCell<Person>,
}

impl Mappings {
    /// The inputs of a record, and what came of each of its resources.
    pub fn map(&self, record: &Record<'_>) -> (Inputs, Coverage) {
        let mut mapper = Mapper {
            mappings: self,
            record,
            entries: Vec::with_capacity(40),
            set_aside: Vec::new(),
            coverage: Coverage::default(),
            waiting: Vec::new(),
            replaced: super::observation::replaced(record),
            panels: OnceCell::new(),
            person: OnceCell::new(),
        };
        for (place, stored) in record.resources().enumerate() {
            let at = At {
                stored,
                place: u32::try_from(place).unwrap_or(u32::MAX),
                source: OnceCell::new(),
                preliminary: false,
            };
            mapper.resource(at);
        }
        mapper.join_parts();
        let Mapper { entries, set_aside, coverage, .. } = mapper;
        (Inputs::new(record.patient(), None, entries).setting_aside(set_aside), coverage)
    }

    /// What is known of a code.
    pub fn code(&self, id: CodeId) -> Option<&KnownCode> {
        self.codes.get(id)
    }

    /// The words of a near miss.
    pub(super) fn miss(&self, id: MissId) -> Option<&Miss> {
        self.misses.get(usize::from(id.0))
    }

    /// `system|code display` of a known code.
    pub(super) fn written_code(&self, id: CodeId) -> Option<String> {
        let known = self.codes.get(id)?;
        Some(format!("{}|{} {}", self.codes.short_name(known.system), known.code, known.display))
    }

    pub(super) fn found_code(&self, by: FoundBy) -> FoundCode {
        let named = |system: &str| FoundCode {
            system: system.to_owned(),
            code: String::new(),
            display: String::new(),
            entries: 1,
        };
        match by {
            FoundBy::OwnCode => named("own"),
            FoundBy::Element => named("patient"),
            FoundBy::Profile(id) => FoundCode {
                code: self.profiles.get(id).map(|known| known.url.to_string()).unwrap_or_default(),
                ..named("profile")
            },
            FoundBy::Code(id) => match self.codes.get(id) {
                Some(known) => FoundCode {
                    system: self.codes.short_name(known.system).to_owned(),
                    code: known.code.to_string(),
                    display: known.display.to_string(),
                    entries: 1,
                },
                None => named("unknown"),
            },
        }
    }

    /// The known codes of a concept.
    pub(super) fn known(&self, concept: Option<&CodeableConcept<'_>>) -> SmallVec<[CodeId; 4]> {
        concept.map_or_else(SmallVec::new, |concept| self.known_of(&concept.coding))
    }

    /// The known codes among these.
    pub(super) fn known_of(&self, codings: &[Coding<'_>]) -> SmallVec<[CodeId; 4]> {
        let found = codings
            .iter()
            .filter_map(|coding| self.codes.find(coding.system.as_ref()?.trimmed(), coding.code.as_ref()?.trimmed()));
        let mut codes: SmallVec<[CodeId; 4]> = SmallVec::new();
        for code in found {
            if !codes.contains(&code) {
                codes.push(code);
            }
        }
        codes
    }

    /// The rules that a code starts in a kind of resource.
    pub(super) fn rules_of(&self, code: CodeId, kind: ResourceKind) -> impl Iterator<Item = &Rule> {
        let rules = self.codes.get(code).map(|known| known.rules.as_slice()).unwrap_or_default();
        rules
            .iter()
            .filter(move |(resource, _)| *resource == kind)
            .filter_map(|(_, id)| self.rules.get(usize::from(id.0)))
    }

    /// A rule.
    pub(super) fn rule(&self, id: RuleId) -> Option<&Rule> {
        self.rules.get(usize::from(id.0))
    }
}

impl<'m, 'r, 'a> Mapper<'m, 'r, 'a> {
    fn resource(&mut self, mut at: At<'r, 'a>) {
        match &at.stored.resource {
            Resource::Unread(_) if !is_type(at.stored.resource.kind()) => {
                return self.unused(&at, None, None, Reason::UnknownType);
            }
            Resource::BodyStructure(_) | Resource::Unread(_) => return,
            _ => {}
        }
        if self.contradicts_the_patient(&at.stored.resource) {
            return self.unused(&at, None, None, Reason::OtherPatient);
        }
        if let Some(reason) = modified(&at.stored.resource.common()) {
            self.unused(&at, None, None, reason);
            return;
        }
        match &at.stored.resource {
            Resource::Patient(patient) => self.patient(&at, patient),
            Resource::Condition(condition) => self.condition(&at, condition),
            Resource::Observation(observation) => self.observation(&mut at, observation),
            Resource::DiagnosticReport(report) => self.report(&mut at, report),
            Resource::Procedure(procedure) => self.procedure(&at, procedure),
            Resource::BodyStructure(_) | Resource::Unread(_) => {}
        }
    }

    /// Reads the Observations among these that exist only within this resource; all others come by themselves.
    pub fn contained_results(&mut self, at: &At<'r, 'a>, references: &[Reference<'a>]) {
        for reference in references {
            if !reference.reference.as_deref().is_some_and(|text| text.starts_with('#')) {
                continue;
            }
            let Found::Resource(stored) = self.record.find(at.stored, reference) else { continue };
            if std::ptr::eq(stored, at.stored) || !matches!(stored.resource, Resource::Observation(_)) {
                continue;
            }
            let key = std::ptr::from_ref(stored).cast();
            if !self.replaced.insert(key) {
                continue;
            }
            let inner = At { stored, place: at.place, source: OnceCell::new(), preliminary: false };
            if self.is_another_patients(stored) {
                self.unused(&inner, None, None, Reason::OtherPatient);
                continue;
            }
            self.resource(inner);
        }
    }

    /// Whether a contained resource says that it is somebody's or something's other than the patient's. The others
    /// were asked by the pull; what names the patient in another way than by address is not taken for another.
    fn is_another_patients(&self, stored: &Stored<'a>) -> bool {
        let Some(subject) = stored.resource.subject() else { return false };
        match subject.reference.as_deref().map(Address::of) {
            Some(Address::Server { kind, id, .. }) => {
                kind != "Patient" || self.record.patient().rsplit('/').next() != Some(id)
            }
            _ => false,
        }
    }

    /// Whether a resource that is the patient's by address names the patient by an identifier that is not the patient's,
    /// of a system in which the patient has one: one of the two is wrong, and which is not for us to say.
    fn contradicts_the_patient(&self, resource: &Resource<'a>) -> bool {
        let Some(subject) = resource.subject() else { return false };
        let Some(said) = subject.identifier.as_deref().filter(|it| it.value.is_some() && it.system.is_some()) else {
            return false;
        };
        // `010161-0000` and `0101610000` are one number.
        let bare = |it: &Identifier<'_>| -> String {
            it.value.as_deref().unwrap_or_default().chars().filter(|sign| sign.is_alphanumeric()).collect()
        };
        let mut of_system = self
            .record
            .patients()
            .flat_map(|patient| patient.identifier.iter())
            .filter(|it| it.system == said.system && it.value.is_some())
            .peekable();
        of_system.peek().is_some() && !of_system.any(|it| bare(it) == bare(said))
    }

    /// The reference that entries of a resource carry.
    pub fn source(&self, at: &At<'r, 'a>) -> Source {
        Arc::clone(at.source.get_or_init(|| self.record.source(at.stored).into()))
    }

    /// Adds an entry.
    pub fn entry(
        &mut self,
        at: &At<'r, 'a>,
        by: FoundBy,
        input: Input,
        value: Value,
        time: Option<When>,
        parts: &Parts,
    ) {
        let mut entry = self.made(at, input, value, time);
        entry.adjudicated = parts.adjudicated.unwrap_or(false);
        if input.is_complication() {
            entry.site = parts.site;
            entry.weight_bearing = parts.weight_bearing;
        }
        self.entries.push(entry);
        self.coverage.used.push((input, by));
    }

    /// Sets a treatment aside: no rule reads it as treatment of this disease, and the plan names it.
    pub fn aside(&mut self, at: &At<'r, 'a>, input: Input, value: Value, time: Option<When>, why: AsideReason) {
        let entry = self.made(at, input, value, time);
        self.set_aside.push(Aside { why, entry });
    }

    fn made(&self, at: &At<'r, 'a>, input: Input, value: Value, time: Option<When>) -> Entry {
        let mut entry = Entry::new(input, value).at(time).from_source(Some(self.source(at)));
        entry.preliminary = at.preliminary;
        entry
    }

    /// Names what is not used, or not quite as it stands.
    pub fn unused(&mut self, at: &At<'r, 'a>, input: Option<Input>, code: Option<CodeId>, reason: Reason) {
        self.coverage.unused.push(Unused { resource: at.place, input, code, written: None, reason, miss: None });
    }

    /// Names a place that is not known, by its own code.
    pub fn unused_place(&mut self, at: &At<'r, 'a>, input: Input, reason: Reason, place: &UnknownSite) {
        let (resource, written) = (at.place, place.written.clone());
        self.coverage.unused.push(Unused { resource, input: Some(input), code: None, written, reason, miss: None });
    }

    /// Names the near misses that a code is; whether it is any.
    pub fn near_misses(&mut self, at: &At<'r, 'a>, code: CodeId) -> bool {
        let misses: SmallVec<[MissId; 1]> =
            self.mappings.code(code).map(|known| known.misses.clone()).unwrap_or_default();
        self.name_misses(at, Some(code), &misses);
        !misses.is_empty()
    }

    /// Names near misses.
    pub fn name_misses(&mut self, at: &At<'r, 'a>, code: Option<CodeId>, misses: &[MissId]) {
        for miss in misses {
            let input = self.mappings.miss(*miss).map(|miss| miss.input);
            let reason = Reason::NearMiss;
            self.coverage.unused.push(Unused {
                resource: at.place,
                input,
                code,
                written: None,
                reason,
                miss: Some(*miss),
            });
        }
    }

    /// Notes the last entry as a part of an examination.
    pub fn part(&mut self, part: ExaminationPart, time: Option<When>) {
        let entry = self.entries.len().saturating_sub(1);
        self.waiting.push(WaitingPart { part, entry, day: time.map(When::day) });
    }

    /// Puts the parts of examinations together that were made on one day; a part alone is another examination.
    fn join_parts(&mut self) {
        let waiting = std::mem::take(&mut self.waiting);
        let mut made: BTreeMap<(u8, Day), u8> = BTreeMap::new();
        for part in &waiting {
            if let Some(day) = part.day {
                *made.entry((part.part.group, day)).or_default() |= part.part.bit;
            }
        }
        for WaitingPart { part, entry, day } in waiting {
            let bits = day.and_then(|day| made.get(&(part.group, day)).copied()).unwrap_or(part.bit);
            if bits != part.all
                && let Some(entry) = self.entries.get_mut(entry)
            {
                let (source, preliminary) = (entry.source.clone(), entry.preliminary);
                *entry = Entry::new(entry.input, Value::Imaging(Modality::Other)).at(entry.time).from_source(source);
                entry.preliminary = preliminary;
            }
        }
    }

    /// The time of a dated thing, and what is to be said of it; an error where it is not used without one.
    pub fn time(
        &mut self,
        at: &At<'r, 'a>,
        input: Input,
        code: Option<CodeId>,
        dated: Dated,
    ) -> Result<Option<When>, Reason> {
        match dated {
            Dated::At(when) => Ok(Some(when)),
            Dated::Issued(when) => {
                self.unused(at, Some(input), code, Reason::IssuedDateUsed);
                Ok(Some(when))
            }
            Dated::OfPanel(when) => {
                self.unused(at, Some(input), code, Reason::PanelDateUsed);
                Ok(Some(when))
            }
            Dated::Not(reason) if date::is_kept_undated(input) => {
                self.unused(at, Some(input), code, date::used_without(reason));
                Ok(None)
            }
            Dated::Not(reason) => Err(reason),
        }
    }
}

/// Whether a resource must not be read since something that is not known here may change its meaning.
pub(super) fn modified(common: &Common<'_, '_>) -> Option<Reason> {
    (common.modifier_extension.is_there() || common.implicit_rules.is_there()).then_some(Reason::ModifierExtension)
}
