//! Taking back what no longer holds: a resource is never deleted, it says that it no longer stands, and why.

use super::codes::{ResourceKind, extension_url};
use super::page::Page;
use super::wording::{self, Language, Words, words};
use super::{fingerprint, phrases};
use crate::guideline::Decision;
use crate::inputs::{Day, Input};
use serde_json::{Value, json};

/// Why a resource no longer stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The patient has died.
    Died,
    /// The record no longer has a diagnosis that the guideline speaks of.
    OutOfScope,
    /// The server has no such patient any more.
    Deleted,
    /// The patient's record is another's now.
    Merged,
    /// The same is said twice; the newest stands.
    Copy,
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
            Reason::Deleted => "deleted",
            Reason::Merged => "merged",
            Reason::Copy => "copy",
        }
    }

    /// The reason in words.
    pub const fn words(self) -> Words {
        match self {
            Reason::Died => words("the patient has died", "patienten er død"),
            Reason::OutOfScope => words(
                "the record has no diagnosis (any more) that the guideline speaks of",
                "journalen har ikke (længere) en diagnose, som retningslinjen omfatter",
            ),
            Reason::Deleted => {
                words("the patient's record is no longer there", "patientens journal findes ikke længere")
            }
            Reason::Merged => words(
                "the patient's record has been merged into another",
                "patientens journal er lagt sammen med en anden",
            ),
            Reason::Copy => words("the same is said in a newer copy", "det samme står i en nyere kopi"),
            Reason::NoPrognosis => words(
                "the findings no longer support a solitary plasmacytoma, so its prognosis does not apply",
                "fundene støtter ikke længere et solitært plasmacytom, så dets prognose gælder ikke",
            ),
        }
    }

    /// That nothing is decided, and why.
    pub fn sentence(self, language: Language) -> String {
        let nothing = words("Nothing is decided", "Intet er beregnet").in_language(language);
        format!("{nothing}: {}.", self.words().in_language(language))
    }

    /// How a resource of a kind stands after it: a plan is `revoked`; a risk assessment is `entered-in-error` where
    /// the diagnosis that it was made for is gone, and `corrected`, without predictions, where it was right in its time.
    const fn status(self, kind: ResourceKind) -> &'static str {
        match (kind, self) {
            (ResourceKind::CarePlan, _) => "revoked",
            (ResourceKind::RiskAssessment, Reason::OutOfScope | Reason::Copy | Reason::Merged) => "entered-in-error",
            (ResourceKind::RiskAssessment, Reason::Died | Reason::NoPrognosis | Reason::Deleted) => "corrected",
        }
    }
}

/// Why a decision has no outcome, by what it looked at.
pub fn why_no_outcome(decision: &Decision<'_>) -> Reason {
    let died = decision.looks.iter().any(|look| look.input == Input::Deceased && look.result.is_true());
    if died { Reason::Died } else { Reason::OutOfScope }
}

/// Whether a standing resource says already that it no longer stands.
pub fn is_withdrawn(kind: ResourceKind, standing: &Value) -> bool {
    let status = standing.get("status").and_then(Value::as_str);
    match kind {
        ResourceKind::CarePlan => status == Some("revoked"),
        ResourceKind::RiskAssessment => matches!(status, Some("corrected" | "entered-in-error")),
    }
}

/// A standing resource as it says that it no longer stands.
pub fn withdrawn(kind: ResourceKind, standing: &Value, reason: Reason, language: Language, on: Day) -> Value {
    let mut resource = standing.clone();
    let Some(fields) = resource.as_object_mut() else { return resource };
    let said = sentence(kind, reason, language, on);
    let mut page = Page::new(language);
    page.strong(&said);
    page.paragraph(&wording::about(language));
    fields.insert("status".to_owned(), json!(reason.status(kind)));
    fields.insert("language".to_owned(), json!(language.tag()));
    fields.insert("text".to_owned(), json!({ "status": "generated", "div": page.xhtml() }));
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

/// The basis of an activity that was cancelled with its plan: it rests on nothing, so that this is not taken for a
/// clinician's rejection of what it rested on.
const NO_BASIS: &str = "withdrawn";

/// What has not been done, or not to its end, is not to be done any more; what was done stays as it is.
fn cancel_activities(activities: Option<&mut Value>) {
    let url = extension_url(fingerprint::BASIS);
    let all = activities.and_then(Value::as_array_mut).into_iter().flatten();
    for detail in all.filter_map(|it| it.get_mut("detail")).filter_map(Value::as_object_mut) {
        let ended = match detail.get("status").and_then(Value::as_str) {
            Some("not-started" | "scheduled" | "unknown") => "cancelled",
            Some("in-progress" | "on-hold") => "stopped",
            _ => continue,
        };
        detail.insert("status".to_owned(), json!(ended));
        let extensions = detail.get_mut("extension").and_then(Value::as_array_mut).into_iter().flatten();
        for basis in extensions.filter(|it| it.get("url").and_then(Value::as_str) == Some(&url)) {
            basis["valueString"] = json!(NO_BASIS);
        }
    }
}
