//! The FHIR resources that are written: fhir-sdk's types, made and serialised here and nowhere else.
//!
//! Serialising fhir-sdk's types is what costs time to compile, so the functions here are not generic and the
//! rest of the crate sees [`serde_json::Value`].

use fhir_sdk::r4b::codes::NarrativeStatus;
pub use fhir_sdk::r4b::codes::{
    CarePlanActivityStatus as ActivityStatus, ObservationStatus as AssessmentStatus, RequestStatus as PlanStatus,
};
use fhir_sdk::r4b::resources::{
    CarePlan, CarePlanActivity, CarePlanActivityDetail, CarePlanActivityDetailScheduled, RiskAssessment,
    RiskAssessmentOccurrence, RiskAssessmentPrediction, RiskAssessmentPredictionProbability,
    RiskAssessmentPredictionWhen,
};
use fhir_sdk::r4b::types::{
    Annotation, CodeableConcept, Coding, Extension, ExtensionValue, Identifier, Meta, Narrative, Period, Quantity,
    Range, Reference,
};
use fhir_sdk::{BuilderError, Date, DateTime};
use serde_json::Value;

/// UCUM's system URI.
const UCUM: &str = "http://unitsofmeasure.org";

/// Why a resource could not be made; always our bug.
#[derive(Debug, thiserror::Error)]
pub enum ResourceError {
    /// A required element was not given.
    #[error("a resource could not be made: {0}")]
    Incomplete(#[from] BuilderError),
    /// It could not be turned into JSON.
    #[error("a resource could not be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// A day is none of FHIR's.
    #[error("`{0}` is not a day that FHIR can say")]
    Day(String),
}

type Made<T> = Result<T, ResourceError>;

/// A code with its system and display.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Code {
    /// The URI of its system.
    pub system: &'static str,
    /// The code.
    pub code: String,
    /// What it means, in words; nothing where the display is not ours to say.
    pub display: Option<String>,
}

/// From a day to a day, ISO dates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Days {
    /// The first day.
    pub start: String,
    /// The last day.
    pub end: String,
}

/// What an extension says.
#[derive(Clone, Debug, PartialEq)]
pub enum Said {
    /// A code of a closed list that its definition binds.
    Code(&'static str),
    /// A code with its system.
    Coding(Code),
    /// A text.
    Text(String),
    /// The canonical address of a definition, with its version.
    Canonical(String),
    /// Yes or no.
    Flag(bool),
    /// A resource.
    Reference(String),
    /// From a day to a day.
    Period(Days),
    /// A whole number.
    Count(i32),
    /// From a number to a number, with UCUM's code of the unit.
    Range(f64, f64, &'static str),
    /// Extensions within.
    Parts(Vec<Extra>),
}

/// An extension: its URL (or, within another, its name) and what it says.
#[derive(Clone, Debug, PartialEq)]
pub struct Extra {
    /// The URL.
    pub url: String,
    /// What it says.
    pub said: Said,
}

/// What CarePlan and RiskAssessment have in common.
#[derive(Clone, Debug)]
pub struct Frame {
    /// The logical id.
    pub id: String,
    /// The profile that it claims.
    pub profile: &'static str,
    /// The language of its texts.
    pub language: &'static str,
    /// The narrative, a whole `div`.
    pub div: String,
    /// The system of the business identifier.
    pub identifier_system: &'static str,
    /// The business identifier.
    pub identifier: String,
    /// The patient's reference.
    pub subject: String,
    /// The day that it was decided for.
    pub decided_on: String,
    /// The extensions.
    pub extensions: Vec<Extra>,
    /// What to say beside it, each with its extensions.
    pub notes: Vec<(String, Vec<Extra>)>,
}

/// A CarePlan as it is written.
#[derive(Clone, Debug)]
pub struct Plan {
    /// What it shares.
    pub frame: Frame,
    /// The guideline's canonical with its version.
    pub instantiates: String,
    /// How it stands.
    pub status: PlanStatus,
    /// Its title.
    pub title: String,
    /// The first thing to say.
    pub description: String,
    /// Who made it, in words.
    pub author: String,
    /// The conditions that it is about.
    pub addresses: Vec<String>,
    /// The resources that were read.
    pub supporting: Vec<String>,
    /// What is advised.
    pub activities: Vec<Activity>,
}

/// One activity of a CarePlan.
#[derive(Clone, Debug)]
pub struct Activity {
    /// Its id within the plan.
    pub id: String,
    /// The recommendation.
    pub code: Code,
    /// How it stands.
    pub status: ActivityStatus,
    /// Why it stands so: the codes of what is missing, and the words.
    pub status_reason: Option<(Vec<Code>, String)>,
    /// Whether it is advice against.
    pub do_not_perform: bool,
    /// When it is due.
    pub due: Option<Days>,
    /// What is to be done.
    pub description: String,
    /// The resources that it rests on, of the types that FHIR takes here.
    pub reasons: Vec<String>,
    /// The extensions.
    pub extensions: Vec<Extra>,
}

/// A RiskAssessment as it is written.
#[derive(Clone, Debug)]
pub struct Assessment {
    /// What it shares.
    pub frame: Frame,
    /// How it stands.
    pub status: AssessmentStatus,
    /// The guideline as its method, in words.
    pub method: String,
    /// The condition that it is about.
    pub condition: Option<String>,
    /// The resources that were read.
    pub basis: Vec<String>,
    /// The predictions.
    pub predictions: Vec<Expectation>,
}

/// One prediction of a RiskAssessment.
#[derive(Clone, Debug)]
pub struct Expectation {
    /// Its id within the assessment.
    pub id: String,
    /// Of what.
    pub outcome: Code,
    /// How probable, %: FHIR R4 writes probabilities as percentages.
    pub probability: Option<Probability>,
    /// In which period.
    pub when: Option<Days>,
    /// The figure in words, with its study.
    pub rationale: String,
}

/// A probability, %.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Probability {
    /// Just that.
    Exactly(u8),
    /// From the first to the second.
    Between(u8, u8),
}

/// A CarePlan as JSON.
///
/// # Errors
/// Where a day is none of FHIR's; anything else would be our bug.
pub fn care_plan(plan: &Plan) -> Made<Value> {
    let frame = &plan.frame;
    let activities = plan.activities.iter().map(activity).collect::<Made<Vec<_>>>()?;
    let resource = CarePlan::builder()
        .id(frame.id.clone())
        .meta(meta(frame)?)
        .language(frame.language.to_owned())
        .text(narrative(frame)?)
        .extension(extensions(&frame.extensions)?)
        .identifier(vec![Some(identifier(frame)?)])
        .instantiates_canonical(vec![Some(plan.instantiates.clone())])
        .status(plan.status)
        .intent("proposal".to_owned())
        .title(plan.title.clone())
        .description(plan.description.clone())
        .subject(reference(&frame.subject)?)
        .created(day(&frame.decided_on)?)
        .author(Reference::builder().display(plan.author.clone()).build()?)
        .addresses(references(&plan.addresses)?)
        .supporting_info(references(&plan.supporting)?)
        .activity(activities)
        .note(notes(frame)?)
        .build()?;
    Ok(serde_json::to_value(&resource)?)
}

fn activity(activity: &Activity) -> Made<Option<CarePlanActivity>> {
    let mut detail = CarePlanActivityDetail::builder()
        .extension(extensions(&activity.extensions)?)
        .code(concept(&[&activity.code], None)?)
        .status(activity.status)
        .reason_reference(references(&activity.reasons)?)
        .description(activity.description.clone());
    if activity.do_not_perform {
        detail = detail.do_not_perform(true);
    }
    if let Some((codes, text)) = &activity.status_reason {
        detail = detail.status_reason(concept(&codes.iter().collect::<Vec<_>>(), Some(text))?);
    }
    if let Some(due) = &activity.due {
        detail = detail.scheduled(CarePlanActivityDetailScheduled::Period(period(due)?));
    }
    Ok(Some(CarePlanActivity::builder().id(activity.id.clone()).detail(detail.build()?).build()?))
}

/// A RiskAssessment as JSON.
///
/// # Errors
/// Where a day is none of FHIR's; anything else would be our bug.
pub fn risk_assessment(assessment: &Assessment) -> Made<Value> {
    let frame = &assessment.frame;
    let predictions = assessment.predictions.iter().map(prediction).collect::<Made<Vec<_>>>()?;
    let mut resource = RiskAssessment::builder()
        .id(frame.id.clone())
        .meta(meta(frame)?)
        .language(frame.language.to_owned())
        .text(narrative(frame)?)
        .extension(extensions(&frame.extensions)?)
        .identifier(vec![Some(identifier(frame)?)])
        .status(assessment.status)
        .method(CodeableConcept::builder().text(assessment.method.clone()).build()?)
        .subject(reference(&frame.subject)?)
        .occurrence(RiskAssessmentOccurrence::DateTime(day(&frame.decided_on)?))
        .basis(references(&assessment.basis)?)
        .prediction(predictions)
        .note(notes(frame)?);
    if let Some(condition) = &assessment.condition {
        resource = resource.condition(reference(condition)?);
    }
    Ok(serde_json::to_value(&resource.build()?)?)
}

fn prediction(expectation: &Expectation) -> Made<Option<RiskAssessmentPrediction>> {
    let mut prediction = RiskAssessmentPrediction::builder()
        .id(expectation.id.clone())
        .outcome(concept(&[&expectation.outcome], None)?)
        .rationale(expectation.rationale.clone());
    if let Some(probability) = expectation.probability {
        prediction = prediction.probability(match probability {
            Probability::Exactly(percent) => RiskAssessmentPredictionProbability::Decimal(f64::from(percent)),
            Probability::Between(low, high) => {
                RiskAssessmentPredictionProbability::Range(range(f64::from(low), f64::from(high), "%")?)
            }
        });
    }
    if let Some(when) = &expectation.when {
        prediction = prediction.when(RiskAssessmentPredictionWhen::Period(period(when)?));
    }
    Ok(Some(prediction.build()?))
}

fn meta(frame: &Frame) -> Made<Meta> {
    Ok(Meta::builder().profile(vec![Some(frame.profile.to_owned())]).build()?)
}

fn narrative(frame: &Frame) -> Made<Narrative> {
    Ok(Narrative::builder().status(NarrativeStatus::Generated).div(frame.div.clone()).build()?)
}

fn identifier(frame: &Frame) -> Made<Identifier> {
    Ok(Identifier::builder().system(frame.identifier_system.to_owned()).value(frame.identifier.clone()).build()?)
}

/// A reference; its version is said in words too, since some servers take it out of the reference when they store it.
fn reference(to: &str) -> Made<Reference> {
    let made = Reference::builder().reference(to.to_owned());
    Ok(match to.split_once("/_history/") {
        Some((_, version)) => made.display(format!("version {version}")).build()?,
        None => made.build()?,
    })
}

fn references(to: &[String]) -> Made<Vec<Option<Reference>>> {
    to.iter().map(|to| Ok(Some(reference(to)?))).collect()
}

fn concept(codes: &[&Code], text: Option<&String>) -> Made<CodeableConcept> {
    let codings = codes.iter().map(|code| Ok(Some(coding(code)?))).collect::<Made<Vec<_>>>()?;
    let concept = CodeableConcept::builder().coding(codings);
    Ok(match text {
        Some(text) => concept.text(text.clone()),
        None => concept,
    }
    .build()?)
}

fn coding(code: &Code) -> Made<Coding> {
    let coding = Coding::builder().system(code.system.to_owned()).code(code.code.clone());
    Ok(match &code.display {
        Some(display) => coding.display(display.clone()),
        None => coding,
    }
    .build()?)
}

fn notes(frame: &Frame) -> Made<Vec<Option<Annotation>>> {
    let note = |(text, extra): &(String, Vec<Extra>)| -> Made<Option<Annotation>> {
        Ok(Some(Annotation::builder().text(text.clone()).extension(extensions(extra)?).build()?))
    };
    frame.notes.iter().map(note).collect()
}

fn extensions(extra: &[Extra]) -> Made<Vec<Extension>> {
    extra.iter().map(extension).collect()
}

fn extension(extra: &Extra) -> Made<Extension> {
    let extension = Extension::builder().url(extra.url.clone());
    let value = match &extra.said {
        Said::Parts(parts) => return Ok(extension.extension(extensions(parts)?).build()?),
        Said::Code(code) => ExtensionValue::Code((*code).to_owned()),
        Said::Coding(code) => ExtensionValue::Coding(coding(code)?),
        Said::Text(text) => ExtensionValue::String(text.clone()),
        Said::Canonical(address) => ExtensionValue::Canonical(address.clone()),
        Said::Flag(flag) => ExtensionValue::Boolean(*flag),
        Said::Reference(to) => ExtensionValue::Reference(reference(to)?),
        Said::Period(days) => ExtensionValue::Period(period(days)?),
        Said::Count(number) => ExtensionValue::Integer(*number),
        Said::Range(low, high, unit) => ExtensionValue::Range(range(*low, *high, unit)?),
    };
    Ok(extension.value(value).build()?)
}

fn period(days: &Days) -> Made<Period> {
    Ok(Period::builder().start(day(&days.start)?).end(day(&days.end)?).build()?)
}

fn range(low: f64, high: f64, unit: &str) -> Made<Range> {
    Ok(Range::builder().low(quantity(low, unit)?).high(quantity(high, unit)?).build()?)
}

fn quantity(value: f64, unit: &str) -> Made<Quantity> {
    Ok(Quantity::builder().value(value).unit(unit.to_owned()).system(UCUM.to_owned()).code(unit.to_owned()).build()?)
}

fn day(iso: &str) -> Made<DateTime> {
    iso.parse::<Date>().map(DateTime::Date).map_err(|_| ResourceError::Day(iso.to_owned()))
}
