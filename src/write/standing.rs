//! What stands of ours for a patient: untouched, changed by another hand, or there twice.

use crate::fhir::reference::is_id;
use crate::plan::{ResourceKind, codes, fingerprint, withdrawal};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The resources of one kind that stand for a patient, sorted out.
#[derive(Clone, Debug, Default)]
pub struct Standing<'s> {
    /// The newest that nobody else has changed.
    pub own: Option<&'s Value>,
    /// Further ones of the same identifier, from a race in the past.
    pub copies: Vec<&'s Value>,
    /// Those that another hand has changed, the oldest first: they are no longer ours.
    pub theirs: Vec<&'s Value>,
}

impl<'s> Standing<'s> {
    /// Sorts out what stands. Of copies, one that is taken back is older than any that is not: taking it back made it
    /// the last that was written.
    pub fn of(kind: ResourceKind, standing: &'s [Value]) -> Standing<'s> {
        let mut all: Vec<&Value> = standing.iter().collect();
        let stands = |resource: &Value| !withdrawal::is_withdrawn(kind, resource);
        all.sort_by_key(|resource| (number(resource), stands(resource), last_updated(resource)));
        let (own, theirs): (Vec<_>, Vec<_>) = all.into_iter().partition(|resource| fingerprint::is_intact(resource));
        // Of what is ours the newest counts; one that a replacement has followed is no copy.
        let mut own = own;
        let newest = own.pop();
        let same = |other: &&&Value| newest.is_some_and(|newest| identifier(newest) == identifier(other));
        let copies = own.iter().filter(same).copied().collect();
        // A draft that their change has overtaken is not what stands: theirs is.
        let overtaken = |own: &&Value| theirs.iter().any(|it| number(it) > number(own));
        Standing { own: newest.filter(|own| !overtaken(own)), copies, theirs }
    }
}

/// The business identifier that a resource carries.
pub fn identifier(resource: &Value) -> Option<&str> {
    resource.pointer("/identifier/0/value").and_then(Value::as_str)
}

fn last_updated(resource: &Value) -> String {
    resource.pointer("/meta/lastUpdated").and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// The place in the row of replacements: 1 for the first, 2 for what replaces it.
fn number(resource: &Value) -> u32 {
    let suffix = identifier(resource).and_then(|it| it.strip_prefix("plasmabridge-")?.split_once('-'));
    suffix.and_then(|(_, number)| number.parse().ok()).unwrap_or(1)
}

/// The identifier of a resource that replaces so many others.
pub fn replacing(kind: ResourceKind, patient: &str, replaced: usize) -> String {
    let first = codes::identifier(kind, patient);
    if replaced == 0 { first } else { format!("{first}-{}", replaced + 1) }
}

/// The activities of a plan that a clinician has rejected, each with what it rested on.
fn rejected(plan: &Value) -> BTreeMap<&str, Option<&str>> {
    let details =
        plan.get("activity").and_then(Value::as_array).into_iter().flatten().filter_map(|it| it.get("detail"));
    let is_rejected =
        |detail: &&Value| matches!(detail.get("status").and_then(Value::as_str), Some("cancelled" | "stopped"));
    details.filter(is_rejected).filter_map(|detail| Some((code(detail)?, basis(detail)))).collect()
}

fn code(detail: &Value) -> Option<&str> {
    detail.pointer("/code/coding/0/code").and_then(Value::as_str)
}

fn basis(detail: &Value) -> Option<&str> {
    let url = codes::extension_url(fingerprint::BASIS);
    let extensions = detail.get("extension").and_then(Value::as_array)?;
    extensions
        .iter()
        .find(|it| it.get("url").and_then(Value::as_str) == Some(url.as_str()))?
        .get("valueString")?
        .as_str()
}

/// What should stand beside plans that clinicians have made theirs: it replaces them, and does not propose again what
/// they rejected, until something that it rests on has changed.
pub fn beside(mut wanted: Value, kind: ResourceKind, patient: &str, theirs: &[&Value]) -> Value {
    let Some(last) = theirs.last() else { return wanted };
    let withdrawn = withdrawal::is_withdrawn(kind, last);
    let mut refused: BTreeMap<&str, Option<&str>> = BTreeMap::new();
    theirs.iter().for_each(|plan| refused.extend(rejected(plan)));
    let id = replacing(kind, patient, theirs.len());
    if let Some(fields) = wanted.as_object_mut() {
        fields.insert("id".to_owned(), json!(id));
        if let Some(reference) = reference(kind, last).filter(|_| kind == ResourceKind::CarePlan && !withdrawn) {
            fields.insert("replaces".to_owned(), json!([{ "reference": reference }]));
        }
    }
    if let Some(value) = wanted.pointer_mut("/identifier/0/value") {
        *value = json!(id);
    }
    if let Some(activities) = wanted.get_mut("activity").and_then(Value::as_array_mut) {
        activities.retain(|activity| {
            let Some(detail) = activity.get("detail") else { return true };
            let refused = code(detail).and_then(|code| refused.get(code));
            refused.is_none_or(|rested_on| *rested_on != basis(detail))
        });
    }
    fingerprint::seal(&mut wanted);
    wanted
}

/// Whether a plan that should stand beside theirs advises what is left of theirs without what they rejected: then there
/// is nothing new to say.
pub fn advises_the_same(wanted: &Value, theirs: &Value) -> bool {
    let rejected = rejected(theirs);
    let advice = |plan: &Value, without: &BTreeMap<&str, Option<&str>>| -> BTreeMap<String, String> {
        let activities = plan.get("activity").and_then(Value::as_array).into_iter().flatten();
        let details = activities.filter_map(|it| it.get("detail"));
        let said = |detail: &Value| {
            let text = |name: &str| detail.get(name).map(Value::to_string).unwrap_or_default();
            let reason = detail.pointer("/statusReason/text").map(Value::to_string).unwrap_or_default();
            Some((code(detail)?.to_owned(), format!("{} {} {reason}", text("description"), text("doNotPerform"))))
        };
        details.filter_map(said).filter(|(code, _)| !without.contains_key(code.as_str())).collect()
    };
    advice(wanted, &BTreeMap::new()) == advice(theirs, &rejected)
}

/// The reference of a standing resource; none where it has no id that a reference could have.
pub fn reference(kind: ResourceKind, resource: &Value) -> Option<String> {
    let id = resource.get("id")?.as_str().filter(|id| is_id(id))?;
    Some(format!("{}/{id}", kind.name()))
}
