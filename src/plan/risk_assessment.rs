//! A prognosis as a RiskAssessment: each factor and each study's figure by itself, no score.

use super::codes::{self, IDENTIFIER, RISK_ASSESSMENT_PROFILE, ResourceKind, extension, part};
use super::wording::{self, Language, words};
use super::{care_plan, narrative, phrases, sources};
use crate::fhir::resources::{Assessment, AssessmentStatus, Expectation, Extra, Frame, Probability, Said};
use crate::guideline::{
    Ambiguity, Decision, Factor, FactorState, Figure, Outcomes, Prediction, Prognosis, PrognosisStatus,
};
use crate::guideline::{Recommendation, RecommendationId};
use crate::inputs::Day;

/// The RiskAssessment of a patient to whom recommendation 5 applies, decided for a day.
pub fn risk_assessment(
    decision: &Decision<'_>,
    outcome: &Outcomes<'_>,
    prognosis: &Prognosis,
    language: Language,
    decided_on: Day,
) -> Assessment {
    let id = codes::identifier(ResourceKind::RiskAssessment, decision.patient);
    Assessment {
        frame: Frame {
            id: id.clone(),
            profile: RISK_ASSESSMENT_PROFILE,
            language: language.tag(),
            div: narrative::risk_assessment(prognosis, language, decided_on).xhtml(),
            identifier_system: IDENTIFIER,
            identifier: id,
            subject: decision.patient.to_owned(),
            decided_on: decided_on.to_string(),
            extensions: std::iter::once(instantiates()).chain(factors(prognosis)).collect(),
            notes: notes(prognosis, language),
        },
        status: match prognosis.status {
            PrognosisStatus::Final => AssessmentStatus::Final,
            PrognosisStatus::Preliminary => AssessmentStatus::Preliminary,
        },
        method: method(language),
        condition: sources::conditions(outcome).into_iter().next(),
        basis: basis(decision, outcome),
        predictions: prognosis.predictions.iter().map(|it| expectation(it, language)).collect(),
    }
}

fn method(language: Language) -> String {
    let said = words(
        "Studies named in the guideline, side by side; no combined score",
        "Retningslinjens studier, side om side; ingen samlet score",
    );
    said.in_language(language).to_owned()
}

/// What recommendation 5 looked at.
fn basis(decision: &Decision<'_>, outcome: &Outcomes<'_>) -> Vec<String> {
    let fifth = |it: &&Recommendation<'_>| it.id == RecommendationId::R05;
    outcome.recommendations.iter().find(fifth).map(|it| sources::of_recommendation(decision, it)).unwrap_or_default()
}

/// The guideline with its version. R4 has no element for it here, and does not allow HL7's extension for it
/// (`workflow-instantiatesCanonical`) on a RiskAssessment.
fn instantiates() -> Extra {
    extension("instantiates-canonical", Said::Canonical(codes::guideline()))
}

fn factors(prognosis: &Prognosis) -> impl Iterator<Item = Extra> {
    let also = prognosis.also.iter().map(|it| (*it, FactorState::Present));
    let all = prognosis.factors.iter().copied().chain(also);
    all.map(|(factor, state)| extension("prognostic-factor", Said::Parts(parts(factor, state))))
}

fn parts(factor: Factor, state: FactorState) -> Vec<Extra> {
    vec![part("factor", Said::Code(factor.word())), part("state", Said::Code(state.word()))]
}

fn notes(prognosis: &Prognosis, language: Language) -> Vec<(String, Vec<Extra>)> {
    let cited = |it: &Ambiguity| {
        let said = wording::ambiguity(*it).in_language(language).to_owned();
        (said, vec![extension("ambiguity", Said::Code(it.word()))])
    };
    prognosis.ambiguities.iter().map(cited).collect()
}

fn expectation(prediction: &Prediction, language: Language) -> Expectation {
    Expectation {
        id: prediction.id.to_owned(),
        outcome: codes::outcome(prediction.outcome, language),
        probability: match prediction.figure {
            Figure::Percent(percent) => Some(Probability::Exactly(percent)),
            Figure::PercentBetween(low, high) => Some(Probability::Between(low, high)),
            Figure::MedianTenthMonths(_) | Figure::MedianNotReached => None,
        },
        when: phrases::period(prediction).map(care_plan::period),
        rationale: phrases::sentence(&phrases::rationale(prediction, language)),
    }
}
