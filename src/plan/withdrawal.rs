//! Taking back what no longer holds: a resource is never deleted, it says that it no longer stands, and why.

use super::codes::ResourceKind;
use super::wording::{self, Language, Words, words};
use super::xhtml::Div;
use super::{fingerprint, phrases};
use crate::inputs::Day;
use serde_json::{Value, json};

/// Why a resource no longer stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The patient has died.
    Died,
    /// The record no longer has a diagnosis that the guideline speaks of.
    OutOfScope,
    /// Recommendation 5 no longer applies: nothing is left for which there is a prognosis.
    NoPrognosis,
}

impl Reason {
    /// The code that a report names it by.
    pub const fn word(self) -> &'static str {
        match self {
            Reason::Died => "died",
            Reason::OutOfScope => "out_of_scope",
            Reason::NoPrognosis => "no_prognosis",
        }
    }

    /// The reason in words.
    pub const fn words(self) -> Words {
        match self {
            Reason::Died => words("the patient has died", "patienten er død"),
            Reason::OutOfScope => words(
                "the record no longer has a diagnosis that the guideline speaks of",
                "journalen har ikke længere en diagnose, som retningslinjen omfatter",
            ),
            Reason::NoPrognosis => words(
                "the findings no longer support a solitary plasmacytoma, so its prognosis does not apply",
                "fundene støtter ikke længere et solitært plasmacytom, så dets prognose gælder ikke",
            ),
        }
    }

    /// How a resource of a kind stands after it: a plan is `revoked`; a risk assessment is `entered-in-error` where
    /// the diagnosis that it was made for is gone, and `corrected`, without predictions, where it was right in its time.
    const fn status(self, kind: ResourceKind) -> &'static str {
        match (kind, self) {
            (ResourceKind::CarePlan, _) => "revoked",
            (ResourceKind::RiskAssessment, Reason::OutOfScope) => "entered-in-error",
            (ResourceKind::RiskAssessment, Reason::Died | Reason::NoPrognosis) => "corrected",
        }
    }
}

/// A standing resource as it says that it no longer stands.
pub fn withdrawn(kind: ResourceKind, standing: &Value, reason: Reason, language: Language, on: Day) -> Value {
    let mut resource = standing.clone();
    let Some(fields) = resource.as_object_mut() else { return resource };
    let said = sentence(kind, reason, language, on);
    let mut div = Div::new(language);
    div.strong(&said);
    div.paragraph(&wording::about(language));
    fields.insert("status".to_owned(), json!(reason.status(kind)));
    fields.insert("language".to_owned(), json!(language.tag()));
    fields.insert("text".to_owned(), json!({ "status": "generated", "div": div.finish() }));
    fields.insert("note".to_owned(), json!([{ "text": said }]));
    match kind {
        ResourceKind::CarePlan => {
            fields.insert("description".to_owned(), json!(said));
            cancel_activities(fields.get_mut("activity"));
        }
        ResourceKind::RiskAssessment => {
            fields.remove("prediction");
        }
    }
    fingerprint::seal(&mut resource);
    resource
}

fn sentence(kind: ResourceKind, reason: Reason, language: Language, on: Day) -> String {
    let why = reason.words().in_language(language);
    let day = wording::day(on, language);
    let what = match kind {
        ResourceKind::CarePlan => words("This plan was revoked on", "Denne plan blev trukket tilbage den"),
        ResourceKind::RiskAssessment => {
            words("This risk assessment was withdrawn on", "Denne risikovurdering blev trukket tilbage den")
        }
    };
    phrases::sentence(&format!("{} {day}: {why}.", what.in_language(language)))
}

/// What has not been done is not to be done any more; what was done stays as it is.
fn cancel_activities(activities: Option<&mut Value>) {
    let all = activities.and_then(Value::as_array_mut).into_iter().flatten();
    for detail in all.filter_map(|it| it.get_mut("detail")).filter_map(Value::as_object_mut) {
        if matches!(detail.get("status").and_then(Value::as_str), Some("not-started" | "unknown")) {
            detail.insert("status".to_owned(), json!("cancelled"));
        }
    }
}
