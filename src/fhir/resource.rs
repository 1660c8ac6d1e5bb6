//! One resource of any type, read from its JSON text, or the reason why it cannot be.

use super::clinical::{BodyStructure, Condition, DiagnosticReport, Patient, Procedure, Unread};
use super::common::Common;
use super::datatypes::{Extension, Quantity, Reference};
use super::observation::{BodySite, Observation};
use super::reference::is_id;
use super::text::{Presence, Text};
use fhir_sdk::r4b::resources::ResourceType;
use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, Error, IgnoredAny, MapAccess, Visitor};
use std::fmt;
use std::str::FromStr;

/// A resource of a type that is read, or of another.
#[derive(Clone, Debug)]
pub enum Resource<'a> {
    /// The patient.
    Patient(Box<Patient<'a>>),
    /// A diagnosis.
    Condition(Box<Condition<'a>>),
    /// A result or a finding.
    Observation(Box<Observation<'a>>),
    /// A report.
    DiagnosticReport(Box<DiagnosticReport<'a>>),
    /// Something that was done.
    Procedure(Box<Procedure<'a>>),
    /// A site.
    BodyStructure(Box<BodyStructure<'a>>),
    /// Of a type that no input is read from.
    Unread(Box<Unread<'a>>),
}

/// Why a piece of JSON is no resource that can be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// It is JSON, but has no `resourceType`.
    #[error("it has no `resourceType`, so it is not a FHIR resource")]
    NotFhir,
    /// Its shape is that of another FHIR version, in which the same words mean other things.
    #[error("it has the shape of FHIR {version} (`{field}`); R4 is read")]
    OtherVersion {
        /// The version's name.
        version: &'static str,
        /// The field that shows it.
        field: &'static str,
    },
    /// A field holds what does not belong there.
    #[error("`{field}` does not hold what FHIR R4 has there ({problem})")]
    Field {
        /// The field.
        field: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// A resource that it contains is none that can be read.
    #[error("a resource that it contains cannot be read: {0}")]
    Contained(Box<Unreadable>),
}

/// The types that inputs are read from, and those that they refer to.
pub const READ: [&str; 6] = ["Patient", "Condition", "Observation", "DiagnosticReport", "Procedure", "BodyStructure"];

/// Whether inputs are read from a type of resource, or it is referred to by what they are read from.
pub fn is_read(kind: &str) -> bool {
    READ.contains(&kind)
}

/// Whether FHIR has a type of this name, and nothing is read from it. (A name that it does not have may be a misspelt one.)
pub fn is_never_read(kind: &str) -> bool {
    is_type(kind) && !is_read(kind)
}

/// The type of a resource, where so much of its text can be read.
pub fn kind_of(text: &str) -> Option<Text<'_>> {
    head(text).ok()
}

fn head(text: &str) -> serde_json::Result<Text<'_>> {
    #[derive(Deserialize)]
    struct Head<'a> {
        #[serde(rename = "resourceType", borrow)]
        kind: Text<'a>,
    }
    serde_json::from_str::<Head<'_>>(text).map(|head| head.kind)
}

/// Whether FHIR R4 has a type of this name. The types that R4B knows are R4's, but for some of medicinal products,
/// substances and evidence.
pub fn is_type(kind: &str) -> bool {
    let only_in_r4 =
        kind.starts_with("MedicinalProduct") || kind.starts_with("Substance") || kind.ends_with("EvidenceSynthesis");
    only_in_r4 || ResourceType::from_str(kind).is_ok()
}

impl<'a> Resource<'a> {
    /// Reads one resource from its JSON text.
    ///
    /// # Errors
    /// The reason, without any of the text's values.
    pub fn read(text: &'a str) -> Result<Resource<'a>, Unreadable> {
        let resource = match serde_json::from_str::<Resource<'a>>(text) {
            Ok(resource) => resource,
            Err(_) => Resource::read_slowly(text)?,
        };
        match resource.other_version() {
            Some((version, field)) => Err(Unreadable::OtherVersion { version, field }),
            None => Ok(resource),
        }
    }

    /// Reads a resource whose `resourceType` is not its first field, or finds out why it cannot be read.
    fn read_slowly(text: &'a str) -> Result<Resource<'a>, Unreadable> {
        let kind = head(text).map_err(|error| match error.is_data() {
            true => Unreadable::NotFhir,
            false => problem(text, &error),
        })?;
        let mut json = serde_json::Deserializer::from_str(text);
        let read = Resource::of_type(&kind, &mut json);
        read.map_err(|error| shape_of_other_version(text).unwrap_or_else(|| problem(text, &error)))
    }

    pub(super) fn of_type<D: Deserializer<'a>>(kind: &str, deserializer: D) -> Result<Resource<'a>, D::Error> {
        Ok(match kind {
            "Patient" => Resource::Patient(Box::deserialize(deserializer)?),
            "Condition" => Resource::Condition(Box::deserialize(deserializer)?),
            "Observation" => Resource::Observation(Box::deserialize(deserializer)?),
            "DiagnosticReport" => Resource::DiagnosticReport(Box::deserialize(deserializer)?),
            "Procedure" => Resource::Procedure(Box::deserialize(deserializer)?),
            "BodyStructure" => Resource::BodyStructure(Box::deserialize(deserializer)?),
            _ => {
                let mut unread: Box<Unread<'a>> = Box::deserialize(deserializer)?;
                unread.resource_type.get_or_insert_with(|| Text::from(kind.to_owned()));
                Resource::Unread(unread)
            }
        })
    }

    /// Its type's name.
    pub fn kind(&self) -> &str {
        match self {
            Resource::Patient(_) => "Patient",
            Resource::Condition(_) => "Condition",
            Resource::Observation(_) => "Observation",
            Resource::DiagnosticReport(_) => "DiagnosticReport",
            Resource::Procedure(_) => "Procedure",
            Resource::BodyStructure(_) => "BodyStructure",
            Resource::Unread(unread) => unread.resource_type.as_deref().unwrap_or_default(),
        }
    }

    /// What it has in common with the others.
    pub fn common(&self) -> Common<'_, 'a> {
        match self {
            Resource::Patient(resource) => resource.common(),
            Resource::Condition(resource) => resource.common(),
            Resource::Observation(resource) => resource.common(),
            Resource::DiagnosticReport(resource) => resource.common(),
            Resource::Procedure(resource) => resource.common(),
            Resource::BodyStructure(resource) => resource.common(),
            Resource::Unread(resource) => Common {
                id: resource.id.as_ref(),
                meta: resource.meta.as_ref(),
                implicit_rules: Presence::Absent,
                identifier: &[],
                contained: &[],
                modifier_extension: Presence::Absent,
            },
        }
    }

    /// Whose it is, as it says; a Patient is its own, and says nothing here.
    pub fn subject(&self) -> Option<&Reference<'a>> {
        match self {
            Resource::Patient(_) | Resource::Unread(_) => None,
            Resource::Condition(resource) => resource.subject.as_ref(),
            Resource::Observation(resource) => resource.subject.as_ref(),
            Resource::DiagnosticReport(resource) => resource.subject.as_ref(),
            Resource::Procedure(resource) => resource.subject.as_ref(),
            Resource::BodyStructure(resource) => resource.patient.as_ref(),
        }
    }

    /// The amounts that an Observation and its components have as values; none of another resource.
    pub fn quantities(&self) -> impl Iterator<Item = &Quantity<'a>> {
        let observation = match self {
            Resource::Observation(observation) => Some(observation),
            _ => None,
        };
        observation.into_iter().flat_map(|it| {
            it.value_quantity.iter().chain(it.component.iter().filter_map(|part| part.value_quantity.as_ref()))
        })
    }

    /// The references in extensions of it and of its body sites: a BodyStructure is named there.
    pub fn named_in_extensions(&self) -> Vec<&Reference<'a>> {
        let (own, sites): (&[Extension<'a>], &[BodySite<'a>]) = match self {
            Resource::Condition(resource) => (&[], &resource.body_site),
            Resource::Observation(resource) => (&resource.extension, resource.sites()),
            Resource::DiagnosticReport(resource) => (&resource.extension, &[]),
            Resource::Procedure(resource) => (&resource.extension, &resource.body_site),
            Resource::Patient(_) | Resource::BodyStructure(_) | Resource::Unread(_) => (&[], &[]),
        };
        let mut found = Vec::new();
        let mut open: Vec<&Extension<'a>> = own.iter().chain(sites.iter().flat_map(|site| &site.extension)).collect();
        while let Some(extension) = open.pop() {
            found.extend(extension.value_reference.as_deref());
            open.extend(&extension.extension);
        }
        found
    }

    /// `Type/id`, with `/_history/version` where the version is known; the type alone where there is no id that a
    /// reference could have.
    pub fn source(&self) -> String {
        let common = self.common();
        let kind = self.kind();
        let Some(id) = common.id.filter(|id| is_id(id)) else { return kind.to_owned() };
        match common.meta.and_then(|meta| meta.version_id.as_ref()).filter(|version| is_id(version)) {
            Some(version) => [kind, "/", id, "/_history/", version].concat(),
            None => [kind, "/", id].concat(),
        }
    }

    pub(super) fn other_version(&self) -> Option<(&'static str, &'static str)> {
        let shown = match self {
            Resource::Patient(patient) => [(patient.animal, "STU3", "animal"), NONE, NONE, NONE],
            Resource::Condition(condition) => [
                (condition.asserted_date, "STU3", "assertedDate"),
                (condition.context, "STU3", "context"),
                (condition.participant, "R5", "participant"),
                NONE,
            ],
            Resource::Observation(observation) => [
                (observation.related, "STU3", "related"),
                (observation.context, "STU3", "context"),
                (observation.triggered_by, "R5", "triggeredBy"),
                NONE,
            ],
            Resource::DiagnosticReport(report) => {
                [(report.coded_diagnosis, "STU3", "codedDiagnosis"), (report.context, "STU3", "context"), NONE, NONE]
            }
            Resource::Procedure(procedure) => [
                (procedure.not_performed, "DSTU2", "notPerformed"),
                (procedure.not_done, "STU3", "notDone"),
                (procedure.context, "STU3", "context"),
                (procedure.occurrence_date_time, "R5", "occurrence[x]"),
            ],
            Resource::BodyStructure(_) | Resource::Unread(_) => [NONE; 4],
        };
        shown
            .into_iter()
            .find(|(presence, ..)| *presence == Presence::Present)
            .map(|(_, version, field)| (version, field))
    }
}

const NONE: (Presence, &str, &str) = (Presence::Absent, "", "");

/// Reads on from `resourceType`, which servers write first: so the text is gone through once.
impl<'de: 'a, 'a> Deserialize<'de> for Resource<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TypeFirst;
        impl<'de> Visitor<'de> for TypeFirst {
            type Value = Resource<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a resource")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                match map.next_key::<Text<'de>>()? {
                    Some(key) if key == "resourceType" => {
                        let kind: Text<'de> = map.next_value()?;
                        Resource::of_type(&kind, MapAccessDeserializer::new(map))
                    }
                    _ => Err(A::Error::custom("`resourceType` does not stand first")),
                }
            }
        }
        deserializer.deserialize_map(TypeFirst)
    }
}

/// The version whose shape a resource has that is not R4's, where a field's JSON type tells.
fn shape_of_other_version(text: &str) -> Option<Unreadable> {
    #[derive(Deserialize, Default)]
    #[serde(default, rename_all = "camelCase")]
    struct Shape<'a> {
        #[serde(borrow)]
        clinical_status: Option<&'a serde_json::value::RawValue>,
        #[serde(borrow)]
        verification_status: Option<&'a serde_json::value::RawValue>,
        #[serde(borrow)]
        interpretation: Option<&'a serde_json::value::RawValue>,
        related: Option<IgnoredAny>,
        context: Option<IgnoredAny>,
    }
    let shape: Shape<'_> = serde_json::from_str(text).ok()?;
    let starts =
        |raw: Option<&serde_json::value::RawValue>, with: char| raw.is_some_and(|raw| raw.get().starts_with(with));
    let field = if starts(shape.verification_status, '"') {
        "verificationStatus"
    } else if starts(shape.clinical_status, '"') {
        "clinicalStatus"
    } else if starts(shape.interpretation, '{') {
        "interpretation"
    } else if shape.related.is_some() {
        "related"
    } else if shape.context.is_some() {
        "context"
    } else {
        return None;
    };
    Some(Unreadable::OtherVersion { version: "STU3", field })
}

/// What is said of a field that holds a string where an object is due, or the like.
pub const WRONG_TYPE: &str = "it is of the wrong type";

/// A parser's error in our words: it quotes the value, and a value is a patient's.
pub(crate) fn problem(text: &str, error: &serde_json::Error) -> Unreadable {
    let words = error.to_string();
    let problem = if words.starts_with("duplicate field") {
        "it stands there twice"
    } else if words.starts_with("recursion limit") {
        "it is nested too deeply"
    } else if words.starts_with("invalid type: null") {
        "it is null"
    } else if words.starts_with("invalid type") || words.starts_with("invalid value") {
        WRONG_TYPE
    } else {
        "it cannot be read as JSON"
    };
    // A field that comes again is named by the parser, by our name for it; the place is before its value.
    let again = words.strip_prefix("duplicate field `").and_then(|rest| rest.split('`').next()).map(str::to_owned);
    let field = again.unwrap_or_else(|| field_before(text, error.line(), error.column()));
    Unreadable::Field { field, problem }
}

/// The last field that begins before a position (line and column from 1) of a JSON text.
fn field_before(text: &str, line: usize, column: usize) -> String {
    let start: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    let end = (start + column).min(text.len());
    let before = text.as_bytes().get(..end).unwrap_or_default();
    let colon = before.iter().rposition(|byte| *byte == b':');
    let name = colon.and_then(|colon| before.get(..colon)).and_then(|name| {
        let close = name.iter().rposition(|byte| *byte == b'"')?;
        let open = name.get(..close)?.iter().rposition(|byte| *byte == b'"')?;
        std::str::from_utf8(name.get(open + 1..close)?).ok()
    });
    match name {
        Some(name)
            if !name.is_empty() && name.len() < 60 && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') =>
        {
            name.to_owned()
        }
        _ => "a field".to_owned(),
    }
}
