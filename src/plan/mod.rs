//! A decision as what is written about it: CarePlan and RiskAssessment, with the words in English and Danish.

mod care_plan;
pub mod codes;
pub mod fingerprint;
mod narrative;
mod page;
mod phrases;
pub mod provenance;
pub mod ranges;
mod risk_assessment;
mod sources;
pub mod withdrawal;
pub mod wording;

pub use care_plan::activity_status;
pub use codes::ResourceKind;
pub use phrases::recommendation as recommendation_text;
pub use sources::stored;
pub use wording::Language;

use crate::fhir::resources::{self, ResourceError};
use crate::guideline::Decision;
use crate::inputs::Day;
use serde_json::Value;

/// A patient's resource of one kind as it should stand, decided for a day; nothing where the decision supports none:
/// the patient is out of scope, or (RiskAssessment) recommendation 5 does not apply.
///
/// The day stands in `created` (`occurrenceDateTime`) and in the narrative, nowhere else: two decisions that are alike
/// give the same resource for the same day, whenever they were made.
///
/// # Errors
/// Where FHIR cannot say one of the days; anything else would be our bug.
pub fn resource(
    kind: ResourceKind,
    decision: &Decision<'_>,
    language: Language,
    decided_on: Day,
) -> Result<Option<Value>, ResourceError> {
    let Some(outcome) = &decision.outcome else { return Ok(None) };
    let mut made = match (kind, &outcome.prognosis) {
        (ResourceKind::CarePlan, _) => {
            resources::care_plan(&care_plan::care_plan(decision, outcome, language, decided_on))?
        }
        (ResourceKind::RiskAssessment, Some(prognosis)) => resources::risk_assessment(
            &risk_assessment::risk_assessment(decision, outcome, prognosis, language, decided_on),
        )?,
        (ResourceKind::RiskAssessment, None) => return Ok(None),
    };
    fingerprint::seal(&mut made);
    Ok(Some(made))
}

/// All resources that a decision looked at, as the plan refers to them.
pub fn sources(decision: &Decision<'_>) -> Vec<String> {
    sources::of_decision(decision)
}

/// What a decision says to a person, as plain text: the plan's narrative, then the prognosis's.
pub fn text(decision: &Decision<'_>, language: Language) -> String {
    let Some(outcome) = &decision.outcome else {
        let mut page = page::Page::new(language);
        page.paragraph(&withdrawal::why_no_outcome(decision).sentence(language));
        return page.text(2);
    };
    let plan = narrative::care_plan(outcome, language, decision.as_of);
    let prognosis = outcome.prognosis.as_ref().map(|it| narrative::risk_assessment(it, language, decision.as_of));
    [Some(plan), prognosis].into_iter().flatten().map(|page| page.text(2)).collect()
}
