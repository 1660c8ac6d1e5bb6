//! Whether a search for several patients brings what each brings alone; where it does not, results would be missed.

use super::report::Checks;
use crate::pull::server::key;
use crate::server::ServerError;
use serde_json::Value;
use std::collections::BTreeSet;

/// What came of asking for two patients together, against asking for each alone.
#[derive(Default)]
pub struct Lists {
    /// Types whose search for two brought less.
    pub less: BTreeSet<String>,
    /// Types whose search for two brought others' resources, or nobody's Patient: a sync notices that by itself.
    noticed: BTreeSet<String>,
    /// Types whose search for two was refused: a sync notices that too.
    refused: BTreeSet<String>,
    /// Searches of which not both patients have something, so that nothing can be compared.
    pub unseen: BTreeSet<String>,
}

impl Lists {
    pub fn note(
        &mut self,
        kind: &str,
        found: &Result<Vec<Value>, ServerError>,
        wanted: &BTreeSet<(String, String)>,
        is_strange: impl Fn(&Value) -> bool,
    ) {
        let Ok(found) = found else {
            self.refused.insert(kind.to_owned());
            return;
        };
        let keys: BTreeSet<(String, String)> = found.iter().filter_map(key).collect();
        if found.iter().any(is_strange) || (kind == "Patient" && keys.is_empty() && !wanted.is_empty()) {
            self.noticed.insert(kind.to_owned());
        } else if !wanted.is_subset(&keys) {
            self.less.insert(kind.to_owned());
        }
    }

    pub fn tell(&self, were_tried: bool, are_used: bool, checks: &mut Checks) {
        const NAME: &str = "lists of patients";
        let list = |kinds: &BTreeSet<String>| kinds.iter().cloned().collect::<Vec<_>>().join(", ");
        if !were_tried {
            let advice = "write `patients = 1` under `[search]` if you do not know that lists work";
            checks.warning(NAME, "cannot be tried: fewer than two patients were found", advice, None);
        } else if !self.noticed.is_empty() || !self.refused.is_empty() {
            let both: BTreeSet<String> = self.noticed.union(&self.refused).cloned().collect();
            let detail = format!("not understood for {}: a sync asks for one patient at a time", list(&both));
            let advice = "write `patients = 1` under `[search]`: it saves the attempts";
            checks.warning(NAME, detail, advice, None);
        } else if !self.less.is_empty() && are_used {
            let detail = format!("two patients together bring less than each alone: {}", list(&self.less));
            let advice = "results would be missed: write `patients = 1` under `[search]` of the configuration";
            checks.failed(NAME, detail, advice, None);
        } else if !self.less.is_empty() {
            checks.ok(NAME, "not understood, and not used by the configuration", None);
        } else {
            let unseen = match self.unseen.is_empty() {
                true => String::new(),
                false => format!("; too little is there to see it for {}", list(&self.unseen)),
            };
            checks.ok(NAME, format!("two patients together bring what each brings alone{unseen}"), None);
        }
    }
}
