//! The addresses of the plan's own definitions (`mappings/definitions/`), and the codes made with them.

use super::wording::{self, Language};
use crate::digest::hexadecimal;
use crate::fhir::resources::{Code, Extra, Said};
use crate::guideline::{GUIDELINE_ID, GUIDELINE_VERSION, Outcome, RecommendationId};
use crate::inputs::Input;
use crate::inputs::words::Modality;
use sha2::{Digest, Sha256};

/// Where all of the project's definitions stand.
pub const BASE: &str = "https://plasmabridge.org/fhir";

/// The system of the business identifiers.
pub const IDENTIFIER: &str = "https://plasmabridge.org/fhir/identifier/plan";
/// The profile of the CarePlan.
pub const CARE_PLAN_PROFILE: &str = "https://plasmabridge.org/fhir/StructureDefinition/guideline-care-plan";
/// The profile of the RiskAssessment.
pub const RISK_ASSESSMENT_PROFILE: &str = "https://plasmabridge.org/fhir/StructureDefinition/guideline-risk-assessment";
/// The code system of the recommendations.
pub const RECOMMENDATIONS: &str = "https://plasmabridge.org/fhir/CodeSystem/recommendation";
/// The code system of the inputs.
pub const INPUTS: &str = "https://plasmabridge.org/fhir/CodeSystem/input";
/// The code system of what predictions are of.
pub const OUTCOMES: &str = "https://plasmabridge.org/fhir/CodeSystem/outcome";

/// The guideline's canonical with its version.
pub fn guideline() -> String {
    format!("{BASE}/PlanDefinition/{GUIDELINE_ID}|{GUIDELINE_VERSION}")
}

/// The address of an extension's definition.
pub fn extension_url(name: &str) -> String {
    format!("{BASE}/StructureDefinition/{name}")
}

/// An extension of ours.
pub fn extension(name: &str, said: Said) -> Extra {
    Extra { url: extension_url(name), said }
}

/// A part of an extension of ours, by its name.
pub fn part(name: &str, said: Said) -> Extra {
    Extra { url: name.to_owned(), said }
}

/// The code of a recommendation, its sentence as display.
pub fn recommendation(id: RecommendationId, language: Language) -> Code {
    let display = wording::recommendation(id).in_language(language).to_owned();
    Code { system: RECOMMENDATIONS, code: id.word().to_owned(), display: Some(display) }
}

/// The code of an input; its display stands in its own code system.
pub fn input(input: Input) -> Code {
    Code { system: INPUTS, code: input.word().to_owned(), display: None }
}

/// The code of what a prediction is of.
pub fn outcome(outcome: Outcome, language: Language) -> Code {
    let display = wording::outcome(outcome).in_language(language).to_owned();
    Code { system: OUTCOMES, code: outcome.word().to_owned(), display: Some(display) }
}

/// The two resources that a patient may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ResourceKind {
    /// The plan.
    CarePlan,
    /// The prognosis.
    RiskAssessment,
}

impl ResourceKind {
    /// Both.
    pub const ALL: [ResourceKind; 2] = [ResourceKind::CarePlan, ResourceKind::RiskAssessment];

    /// FHIR's name of the type.
    pub const fn name(self) -> &'static str {
        match self {
            ResourceKind::CarePlan => "CarePlan",
            ResourceKind::RiskAssessment => "RiskAssessment",
        }
    }
}

/// The business identifier of a patient's resource: from patient and guideline, not from time or version, so that a
/// later run finds what an earlier one wrote. It is the logical id too, where we may choose it.
pub fn identifier(kind: ResourceKind, patient: &str) -> String {
    let mut hash = Sha256::new();
    for part in [BASE, kind.name(), GUIDELINE_ID, patient] {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    let mut digits = hexadecimal(&hash.finalize());
    digits.truncate(32);
    format!("plasmabridge-{digits}")
}

/// The code of an imaging technique: a word of the inputs' code system.
pub fn modality(modality: Modality) -> Code {
    Code { system: INPUTS, code: modality.word().to_owned(), display: None }
}
