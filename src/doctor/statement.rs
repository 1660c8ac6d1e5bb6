//! What the server says of itself: its CapabilityStatement and the scopes that it granted, against what a sync needs.

use super::report::Checks;
use crate::pull::server::SearchSettings;
use serde_json::Value;

/// The types that are read; each with the search parameters that are used.
const READ: &[(&str, &[&str])] = &[
    ("Patient", &["_id"]),
    ("Condition", &["patient", "code"]),
    ("Observation", &["patient", "combo-code"]),
    ("DiagnosticReport", &["patient", "code", "conclusion"]),
    ("Procedure", &["patient"]),
];

/// The types that are written; each with what is done to them.
const WRITTEN: &[(&str, &[&str])] =
    &[("CarePlan", &["create", "update"]), ("RiskAssessment", &["create", "update"]), ("Provenance", &["create"])];

/// The types of which what stands is searched before anything is written.
const STANDING: [&str; 2] = ["CarePlan", "RiskAssessment"];

/// The name and version of the server's software.
pub fn software(statement: &Value) -> String {
    let text = |pointer: &str| statement.pointer(pointer).and_then(Value::as_str).map(shown);
    match (text("/software/name"), text("/software/version")) {
        (Some(name), Some(version)) => format!("{name} {version}"),
        (Some(name), None) => name,
        (None, _) => "a FHIR server that does not say its name".to_owned(),
    }
}

/// The server's own words as a line may have them.
fn shown(text: &str) -> String {
    const LONGEST: usize = 80;
    text.chars().map(|sign| if sign.is_control() { ' ' } else { sign }).take(LONGEST).collect()
}

/// Whether the server speaks R4; `None` where it speaks another version, so that all else is of no use.
pub fn version(statement: &Value, checks: &mut Checks) -> Option<()> {
    const NAME: &str = "FHIR version";
    match statement.get("fhirVersion").and_then(Value::as_str) {
        Some(version) if version == "4.0" || version.starts_with("4.0.") => {
            checks.ok(NAME, format!("{} (R4)", shown(version)), None);
            Some(())
        }
        Some(version) => {
            let detail = format!("{}; plasmabridge reads and writes R4 (4.0.1)", shown(version));
            checks.failed(NAME, detail, "give the address of the server's R4 endpoint", None);
            None
        }
        None => {
            let advice = "ask whoever runs it: plasmabridge reads and writes R4 (4.0.1) alone";
            checks.warning(NAME, "the server does not say which", advice, None);
            Some(())
        }
    }
}

/// Whether the statement names all that a sync does. Reading is tried afterwards, so a statement that is silent about it
/// is a warning; writing is not tried, so there the statement is all that there is.
pub fn needed(statement: &Value, search: &SearchSettings, checks: &mut Checks) {
    let rest = statement.get("rest").and_then(Value::as_array).into_iter().flatten();
    let Some(rest) = rest.into_iter().find(|rest| rest.get("mode").is_none_or(|mode| mode == "server")) else {
        let advice = "whether it can be written to is seen at the first sync: try `sync --patient` with one patient";
        return checks.warning("statement", "the CapabilityStatement has no part about the server", advice, None);
    };
    let resource = |kind: &str| {
        let list = rest.get("resource").and_then(Value::as_array).into_iter().flatten();
        list.into_iter().find(|it| it.get("type").is_some_and(|of| of == kind))
    };
    reading(&resource, search, checks);
    writing(&resource, checks);
    let whole = codes(rest.get("interaction"), "code");
    if whole.contains(&"transaction") {
        checks.ok("transactions", "stated", None);
    } else {
        let advice =
            "have transactions allowed: a plan, its risk assessment and Provenance are written together or not";
        checks.failed("transactions", "the CapabilityStatement names no `transaction`", advice, None);
    }
    safety(&resource, checks);
    export(&resource, checks);
}

/// Whether everyone, or the members of a Group, can be exported in bulk. No sync needs it, but one with `--bulk`.
fn export<'s>(resource: &impl Fn(&str) -> Option<&'s Value>, checks: &mut Checks) {
    let has_export = |kind: &&str| {
        let operations = resource(kind).map(|it| codes(it.get("operation"), "name")).unwrap_or_default();
        operations.into_iter().any(|name| name.trim_start_matches('$').ends_with("export"))
    };
    let stated: Vec<&str> = ["Patient", "Group"].into_iter().filter(has_export).collect();
    match stated.is_empty() {
        true => checks.ok("$export", "not stated; a sync does without it", None),
        false => checks.ok("$export", format!("stated for {}: `sync --bulk` can be tried", stated.join(", ")), None),
    }
}

fn reading<'s>(resource: &impl Fn(&str) -> Option<&'s Value>, search: &SearchSettings, checks: &mut Checks) {
    let mut silent = Vec::new();
    let is_searched = |kind: &str| search.types.get(kind).is_none_or(|of_site| !of_site.off);
    for (kind, parameters) in READ.iter().filter(|(kind, _)| is_searched(kind)) {
        let Some(stated) = resource(kind) else {
            silent.push((*kind).to_owned());
            continue;
        };
        let parameters_stated = codes(stated.get("searchParam"), "name");
        if !codes(stated.get("interaction"), "code").contains(&"search-type") {
            silent.push(format!("{kind} search-type"));
        }
        // Parameters of all resources need not be stated of each.
        let missing = parameters.iter().filter(|name| !name.starts_with('_') && !parameters_stated.contains(name));
        silent.extend(missing.map(|name| format!("{kind}?{name}")));
    }
    match silent.is_empty() {
        true => checks.ok("reading stated", "all types and search parameters", None),
        false => {
            let detail = format!("the CapabilityStatement does not name {}", silent.join(", "));
            checks.warning("reading stated", detail, "what the searches below say goes before it", None);
        }
    }
}

fn writing<'s>(resource: &impl Fn(&str) -> Option<&'s Value>, checks: &mut Checks) {
    let mut missing = Vec::new();
    for (kind, interactions) in WRITTEN {
        let stated = resource(kind).map(|it| codes(it.get("interaction"), "code")).unwrap_or_default();
        missing.extend(interactions.iter().filter(|it| !stated.contains(it)).map(|it| format!("{kind} {it}")));
    }
    match missing.is_empty() {
        true => checks.ok("writing stated", "CarePlan, RiskAssessment, Provenance", None),
        false => {
            let detail = format!("the CapabilityStatement does not name {}", missing.join(", "));
            checks.failed("writing stated", detail, "have the server allow these: a sync writes them", None);
        }
    }
}

/// What keeps two runs, or a run and a clinician, from writing over each other.
fn safety<'s>(resource: &impl Fn(&str) -> Option<&'s Value>, checks: &mut Checks) {
    let of = |is: &dyn Fn(&Value) -> bool| -> Vec<&str> {
        STANDING.into_iter().filter(|kind| resource(kind).is_none_or(|it| !is(it))).collect()
    };
    let twice = of(&|it| it.get("conditionalCreate").and_then(Value::as_bool) == Some(true));
    match twice.is_empty() {
        true => checks.ok("conditional create", "stated", None),
        false => {
            let detail = format!("not stated for {}", twice.join(", "));
            let advice = "let only one sync run at a time: two at once could write a plan twice";
            checks.warning("conditional create", detail, advice, None);
        }
    }
    let over = of(&|it| it.get("versioning").and_then(Value::as_str).is_some_and(|it| it != "no-version"));
    match over.is_empty() {
        true => checks.ok("versions", "stated: a change of another hand in between is noticed", None),
        false => {
            let detail = format!("no versions are stated for {}", over.join(", "));
            let advice = "a change that a clinician makes while a sync writes could be lost: have versions switched on";
            checks.warning("versions", detail, advice, None);
        }
    }
}

/// The words that stand under a key in each part of a list.
fn codes<'v>(list: Option<&'v Value>, key: &str) -> Vec<&'v str> {
    let list = list.and_then(Value::as_array).into_iter().flatten();
    list.filter_map(|it| it.get(key)?.as_str()).collect()
}

/// Whether the granted scopes allow what a sync does.
pub fn scopes(granted: Option<&str>, search: &SearchSettings, checks: &mut Checks) {
    const NAME: &str = "scopes";
    let Some(granted) = granted else {
        return checks.ok(NAME, "those that were asked for: the server names no others", None);
    };
    let scopes: Vec<Scope<'_>> = granted.split_whitespace().filter_map(Scope::read).collect();
    let is_searched = |kind: &str| search.types.get(kind).is_none_or(|of_site| !of_site.off);
    // Sites are read where something refers to one.
    let reads = READ
        .iter()
        .map(|(kind, _)| (*kind, "rs"))
        .chain([("BodyStructure", "rs")])
        .filter(|(kind, _)| is_searched(kind));
    let writes = [("CarePlan", "crus"), ("RiskAssessment", "crus"), ("Provenance", "c")];
    let (mut missing, mut partly) = (Vec::new(), Vec::new());
    for (kind, letters) in reads.chain(writes) {
        let allowing = |letter: char, whole: bool| scopes.iter().any(|it| it.allows(kind, letter, whole));
        let none: String = letters.chars().filter(|letter| !allowing(*letter, false)).collect();
        let part = letters.chars().any(|letter| allowing(letter, false) && !allowing(letter, true));
        if !none.is_empty() {
            missing.push(format!("system/{kind}.{none}"));
        } else if part {
            partly.push(kind);
        }
    }
    if !missing.is_empty() {
        let detail = format!("not granted: {}", missing.join(" "));
        checks.failed(NAME, detail, "have these scopes granted to the client", None);
    } else if !partly.is_empty() {
        let detail = format!("granted for a part of {} only", partly.join(", "));
        let advice = "what the scope leaves out looks as if it were not there: have the whole granted";
        checks.failed(NAME, detail, advice, None);
    } else {
        checks.ok(NAME, "all that a sync needs", None);
    }
}

/// A scope of SMART, as version 1 (`system/Patient.read`) or 2 (`system/Patient.rs`) writes it.
struct Scope<'s> {
    kind: &'s str,
    letters: &'s str,
    /// Whether it is for all resources of the type.
    is_whole: bool,
}

impl<'s> Scope<'s> {
    fn read(text: &'s str) -> Option<Scope<'s>> {
        let (kind, rest) = text.strip_prefix("system/")?.split_once('.')?;
        let (letters, is_whole) = rest.split_once('?').map_or((rest, true), |(letters, _)| (letters, false));
        let letters = match letters {
            "*" => "cruds",
            "read" => "rs",
            "write" => "cud",
            letters => letters,
        };
        Some(Scope { kind, letters, is_whole })
    }

    fn allows(&self, kind: &str, letter: char, whole: bool) -> bool {
        (self.kind == "*" || self.kind == kind) && self.letters.contains(letter) && (self.is_whole || !whole)
    }
}
