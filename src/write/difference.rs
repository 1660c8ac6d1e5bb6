//! What a change makes different, in lines that a person reads: `+` new, `-` gone, `~` said otherwise.

use super::reconcile::Change;
use serde_json::Value;
use std::collections::BTreeMap;

/// The lines of a change; nothing where nothing is written.
pub fn difference(change: &Change) -> Vec<String> {
    match change {
        Change::Nothing | Change::Unchanged | Change::OtherHand => Vec::new(),
        Change::Create(wanted) => compared(&BTreeMap::new(), &said(wanted)),
        Change::Update { from, to } => compared(&said(from), &said(to)),
        Change::Withdraw(withdrawn, _) => {
            let status = withdrawn.get("status").and_then(Value::as_str).unwrap_or_default();
            let why = withdrawn.pointer("/note/0/text").and_then(Value::as_str).unwrap_or_default();
            vec![format!("~ {status}: {why}")]
        }
    }
}

/// What a resource says, by the code of an activity or prediction; the rest of it under `status` and `description`.
fn said(resource: &Value) -> BTreeMap<String, String> {
    let text = |name: &str| resource.get(name).and_then(Value::as_str).map(str::to_owned);
    let of_all = ["status", "description"].into_iter().filter_map(|name| Some((name.to_owned(), text(name)?)));
    let activities = items(resource, "activity").filter_map(|activity| {
        let detail = activity.get("detail")?;
        let code = detail.pointer("/code/coding/0/code")?.as_str()?;
        let part = |pointer: &str| detail.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        Some((
            code.to_owned(),
            format!("[{}] {} {}", part("/status"), part("/description"), part("/statusReason/text")),
        ))
    });
    let predictions = items(resource, "prediction").filter_map(|prediction| {
        Some((prediction.get("id")?.as_str()?.to_owned(), prediction.get("rationale")?.as_str()?.to_owned()))
    });
    of_all.chain(activities).chain(predictions).collect()
}

fn items<'v>(resource: &'v Value, name: &str) -> impl Iterator<Item = &'v Value> {
    resource.get(name).and_then(Value::as_array).into_iter().flatten()
}

fn compared(from: &BTreeMap<String, String>, to: &BTreeMap<String, String>) -> Vec<String> {
    let gone = from.iter().filter(|(name, _)| !to.contains_key(*name)).map(|(name, was)| format!("- {name}: {was}"));
    let other = to.iter().filter_map(|(name, is)| match from.get(name) {
        None => Some(format!("+ {name}: {is}")),
        Some(was) if was != is => Some(format!("~ {name}: {is} (was: {was})")),
        Some(_) => None,
    });
    gone.chain(other).map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
}
