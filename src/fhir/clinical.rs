//! Patient, Condition, DiagnosticReport, Procedure and BodyStructure, as they are read.

use super::common::resource;
use super::datatypes::*;
use super::observation::BodySite;
use super::text::{List, Presence, Text};
use serde::Deserialize;
use serde_json::value::RawValue;

resource! {
    /// The patient.
    Patient {
        /// The day of birth; may be partial.
        #[serde(borrow)]
        pub birth_date: Option<Text<'a>>,
        /// The administrative gender: `male`, `female`, `other`, `unknown`.
        #[serde(borrow)]
        pub gender: Option<Text<'a>>,
        /// Whether the patient has died.
        pub deceased_boolean: Option<bool>,
        /// When the patient died.
        #[serde(borrow)]
        pub deceased_date_time: Option<Text<'a>>,
        /// Other records of the same person.
        #[serde(borrow)]
        pub link: List<PatientLink<'a>>,
        /// STU3's `animal`.
        pub(super) animal: Presence,
    }
}

/// Another record of the same person.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct PatientLink<'a> {
    /// The other record.
    #[serde(borrow)]
    pub other: Option<Reference<'a>>,
    /// How the two go together: `replaced-by`, `replaces`, `refer`, `seealso`.
    #[serde(borrow, rename = "type")]
    pub kind: Option<Text<'a>>,
}

resource! {
    /// A diagnosis or a problem.
    Condition {
        /// How it stands.
        #[serde(borrow)]
        pub clinical_status: Option<CodeableConcept<'a>>,
        /// How sure it is.
        #[serde(borrow)]
        pub verification_status: Option<CodeableConcept<'a>>,
        /// What it is.
        #[serde(borrow)]
        pub code: Option<CodeableConcept<'a>>,
        /// Where on the body.
        #[serde(borrow)]
        pub body_site: List<BodySite<'a>>,
        /// Whose it is.
        #[serde(borrow)]
        pub subject: Option<Reference<'a>>,
        /// When it began.
        #[serde(borrow)]
        pub onset_date_time: Option<Text<'a>>,
        /// When it began, as a time with start and end.
        #[serde(borrow)]
        pub onset_period: Option<Box<Period<'a>>>,
        /// The age at which it began; it gives no date, and is not read.
        pub onset_age: Presence,
        /// The ages between which it began; they give no date, and are not read.
        pub onset_range: Presence,
        /// When it began, in words; not read.
        pub onset_string: Presence,
        /// When it ended.
        #[serde(borrow)]
        pub abatement_date_time: Option<Text<'a>>,
        /// When it ended, as a time with start and end.
        #[serde(borrow)]
        pub abatement_period: Option<Box<Period<'a>>>,
        /// When it was recorded.
        #[serde(borrow)]
        pub recorded_date: Option<Text<'a>>,
        /// STU3's `context`.
        pub(super) context: Presence,
        /// STU3's `assertedDate`.
        pub(super) asserted_date: Presence,
        /// R5's `participant`.
        pub(super) participant: Presence,
    }
}

resource! {
    /// A report: laboratory, imaging, pathology.
    DiagnosticReport {
        /// How far it has come: `final`, `preliminary`, `partial`, `entered-in-error` …
        #[serde(borrow)]
        pub status: Option<Text<'a>>,
        /// The examination.
        #[serde(borrow)]
        pub code: Option<CodeableConcept<'a>>,
        /// Whose it is.
        #[serde(borrow)]
        pub subject: Option<Reference<'a>>,
        /// When the examination was made.
        #[serde(borrow)]
        pub effective_date_time: Option<Text<'a>>,
        /// When the examination was made, as a time with start and end.
        #[serde(borrow)]
        pub effective_period: Option<Box<Period<'a>>>,
        /// When this version was made available.
        #[serde(borrow)]
        pub issued: Option<Text<'a>>,
        /// The results that belong to it.
        #[serde(borrow)]
        pub result: List<Reference<'a>>,
        /// The conclusion in words; not read.
        pub conclusion: Presence,
        /// The conclusion as codes.
        #[serde(borrow)]
        pub conclusion_code: List<CodeableConcept<'a>>,
        /// Further statements.
        #[serde(borrow)]
        pub extension: List<Extension<'a>>,
        /// The report as a document; not read.
        pub presented_form: Presence,
        /// STU3's `context`.
        pub(super) context: Presence,
        /// STU3's `codedDiagnosis`.
        pub(super) coded_diagnosis: Presence,
    }
}

resource! {
    /// Something that was done: radiotherapy, surgery.
    Procedure {
        /// How far it has come: `completed`, `in-progress`, `not-done` …
        #[serde(borrow)]
        pub status: Option<Text<'a>>,
        /// Its kind.
        #[serde(borrow)]
        pub category: Option<CodeableConcept<'a>>,
        /// What was done.
        #[serde(borrow)]
        pub code: Option<CodeableConcept<'a>>,
        /// Whose it is.
        #[serde(borrow)]
        pub subject: Option<Reference<'a>>,
        /// When: a day or a moment.
        #[serde(borrow)]
        pub performed_date_time: Option<Text<'a>>,
        /// When: a time with start and end.
        #[serde(borrow)]
        pub performed_period: Option<Box<Period<'a>>>,
        /// When, in words; not read.
        pub performed_string: Presence,
        /// The age at that time; it gives no date, and is not read.
        pub performed_age: Presence,
        /// The ages at that time; they give no date, and are not read.
        pub performed_range: Presence,
        /// Why, as codes.
        #[serde(borrow)]
        pub reason_code: List<CodeableConcept<'a>>,
        /// Why, as resources.
        #[serde(borrow)]
        pub reason_reference: List<Reference<'a>>,
        /// Where on the body.
        #[serde(borrow)]
        pub body_site: List<BodySite<'a>>,
        /// How it went.
        #[serde(borrow)]
        pub outcome: Option<CodeableConcept<'a>>,
        /// Further statements.
        #[serde(borrow)]
        pub extension: List<Extension<'a>>,
        /// The procedure that it is a part of.
        #[serde(borrow)]
        pub part_of: List<Reference<'a>>,
        /// STU3's `context`.
        pub(super) context: Presence,
        /// STU3's `notDone`.
        pub(super) not_done: Presence,
        /// DSTU2's `notPerformed`.
        pub(super) not_performed: Presence,
        /// R5's `occurrence[x]`, in any form.
        #[serde(
            alias = "occurrencePeriod",
            alias = "occurrenceString",
            alias = "occurrenceAge",
            alias = "occurrenceRange",
            alias = "occurrenceTiming"
        )]
        pub(super) occurrence_date_time: Presence,
    }
}

resource! {
    /// A site that others refer to: a tumour, a volume of radiotherapy.
    BodyStructure {
        /// Where.
        #[serde(borrow)]
        pub location: Option<CodeableConcept<'a>>,
        /// Whose it is.
        #[serde(borrow)]
        pub patient: Option<Reference<'a>>,
    }
}

/// A resource of a type that no input is read from; only whose it is is looked at, where FHIR has no such type.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Unread<'a> {
    /// Its type.
    #[serde(borrow)]
    pub resource_type: Option<Text<'a>>,
    /// The resource's id on its server.
    #[serde(borrow)]
    pub id: Option<Text<'a>>,
    /// Its version.
    #[serde(borrow)]
    pub meta: Option<Meta<'a>>,
    /// Whose it is, in whatever shape its type has.
    #[serde(borrow)]
    pub subject: Option<&'a RawValue>,
    /// Whose it is, in types that say `patient`.
    #[serde(borrow)]
    pub patient: Option<&'a RawValue>,
}

impl<'a> Unread<'a> {
    /// Whose it is, where that is one reference.
    pub fn subject(&self) -> Option<Reference<'a>> {
        self.subject.or(self.patient).and_then(|raw| serde_json::from_str(raw.get()).ok())
    }
}
