//! The searches that a run makes: from the mapping files, as a site overrides them.

use crate::fhir::resource::READ;
use crate::inputs::Input;
use crate::map::Mappings;
use crate::map::file::{CodesIn, ResourceKind};
use crate::plan::codes::INPUTS;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The longest address of a search by GET; what is longer is split.
const LONGEST_QUERY: usize = 4_000;

/// Ids in an address, of FHIR's 64 letters each, if nothing else of length stands there.
const MOST_IDS_BY_GET: usize = 50;

/// Patients in an address, so that more than half of it is left for codes.
const MOST_PATIENTS_BY_GET: usize = 20;

/// Finds an Observation by its own code or by that of a component: a result may be part of a panel that no mapping knows.
const COMBO_CODE: &str = "combo-code";

/// How a site searches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SearchSettings {
    /// Patients in one search.
    pub patients: usize,
    /// Resources on one page.
    pub page: usize,
    /// Whether searches go by GET instead of POST.
    pub by_get: bool,
    /// Whether fewer resources may come than the server says that there are: for one that counts what it does not show.
    pub any_total: bool,
    /// What a site changes, by type.
    pub types: BTreeMap<String, TypeSettings>,
}

/// What a site changes about the searches of a type.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TypeSettings {
    /// Not searched at all.
    pub off: bool,
    /// All of a patient's resources of the type, whatever their code.
    pub all_codes: bool,
    /// The parameter by which Observations are searched for their codes, in place of `combo-code`: a server that has
    /// `code` alone finds no result within a panel whose own code is unknown.
    pub code_parameter: Option<String>,
    /// Further codes (`system|code`) to search for.
    pub codes: Vec<String>,
    /// Further parameters.
    pub parameters: BTreeMap<String, String>,
}

impl Default for SearchSettings {
    /// 50 patients a search, 1,000 resources a page (a server gives fewer where it has a limit), by POST.
    fn default() -> SearchSettings {
        SearchSettings { patients: 50, page: 1_000, by_get: false, any_total: false, types: BTreeMap::new() }
    }
}

/// A search as it is sent.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The type.
    pub kind: String,
    /// The parameters.
    pub parameters: Vec<(String, String)>,
    /// Whether it goes by GET.
    pub by_get: bool,
    /// Whether fewer resources may come than the server says that there are.
    pub any_total: bool,
}

/// The searches of a run.
#[derive(Clone, Debug)]
pub struct Searches {
    settings: SearchSettings,
    diagnoses: Vec<String>,
    observations: Vec<String>,
    reports: Vec<String>,
    conclusions: Vec<String>,
}

impl Searches {
    /// The searches for all codes that some input asks for.
    pub fn new(mappings: &Mappings, mut settings: SearchSettings) -> Searches {
        if settings.by_get {
            settings.patients = settings.patients.min(MOST_PATIENTS_BY_GET);
        }
        let any = |_: Input| true;
        let own = Input::ALL.iter().map(|input| format!("{INPUTS}|{}", input.word()));
        let mut observations = mappings.search_tokens(ResourceKind::Observation, CodesIn::Code, any);
        observations.extend(own);
        Searches {
            diagnoses: mappings.search_tokens(ResourceKind::Condition, CodesIn::Code, |it| it == Input::Diagnosis),
            observations,
            reports: mappings.search_tokens(ResourceKind::DiagnosticReport, CodesIn::Code, any),
            conclusions: mappings.search_tokens(ResourceKind::DiagnosticReport, CodesIn::Conclusion, any),
            settings,
        }
    }

    /// The settings.
    pub const fn settings(&self) -> &SearchSettings {
        &self.settings
    }

    /// Who has a diagnosis that the guideline speaks of; `since` an instant, only what changed.
    pub fn of_cohort(&self, since: Option<&str>) -> Vec<Asked> {
        let mut parameters = vec![("_elements".to_owned(), "subject,meta".to_owned())];
        parameters.extend(since.map(changed_since));
        self.by_codes("Condition", "code", &self.diagnoses, parameters)
    }

    /// All that is read of these patients.
    pub fn of_patients(&self, ids: &[String]) -> Vec<Asked> {
        self.all(Some(&ids.join(",")))
    }

    /// All that is read of patients: of these, or of all there are.
    fn all(&self, list: Option<&str>) -> Vec<Asked> {
        let of = |name: &str| list.map(|list| (name.to_owned(), list.to_owned())).into_iter().collect::<Vec<_>>();
        let mut searches = vec![self.asked("Patient", of("_id"))];
        // Codes of diagnoses and procedures come combined (`DC903+TUL1`) and in spellings without end, so these are
        // read whole: a patient has few of them.
        searches.extend(self.searched("Condition").then(|| self.asked("Condition", of("patient"))));
        searches.extend(self.searched("Procedure").then(|| self.asked("Procedure", of("patient"))));
        searches.extend(self.by_codes("Observation", &self.observed_by(), &self.observations, of("patient")));
        searches.extend(self.by_codes("DiagnosticReport", "code", &self.reports, of("patient")));
        if !self.of_type("DiagnosticReport").all_codes {
            searches.extend(self.by_codes("DiagnosticReport", "conclusion", &self.conclusions, of("patient")));
        }
        searches
    }

    /// What of these patients has changed since an instant, or of all there are; only whose it is.
    pub fn of_changes(&self, ids: Option<&[String]>, since: &str) -> Vec<Asked> {
        let mut searches = self.all(ids.map(|ids| ids.join(",")).as_deref());
        for asked in &mut searches {
            let elements = if asked.kind == "Patient" { "id,meta" } else { "subject,meta" };
            asked.parameters.push(("_elements".to_owned(), elements.to_owned()));
            asked.parameters.push(changed_since(since));
        }
        searches
    }

    /// One resource of a type, whoever's or of these patients; only whose it is.
    pub fn of_anyone(&self, kind: &str, ids: Option<&[&str]>) -> Asked {
        let mut parameters =
            vec![("_elements".to_owned(), "subject".to_owned()), ("_count".to_owned(), "1".to_owned())];
        parameters.extend(ids.map(|ids| ("patient".to_owned(), ids.join(","))));
        Asked { parameters, ..self.asked(kind, Vec::new()) }
    }

    /// The types that an export is to have.
    pub fn exported(&self) -> Vec<&'static str> {
        READ.into_iter().filter(|kind| self.searched(kind)).collect()
    }

    /// The types whose searches have parameters of the site: an export cannot be asked for these, so it would bring
    /// what the searches leave out.
    pub fn not_as_exported(&self) -> Vec<&'static str> {
        self.exported().into_iter().filter(|kind| !self.of_type(kind).parameters.is_empty()).collect()
    }

    /// Whether the searches for its patient would bring a resource of an export.
    pub fn bring(&self, resource: &Value) -> bool {
        let kind = resource.get("resourceType").and_then(Value::as_str).unwrap_or_default();
        let of_site = self.of_type(kind);
        let has_code = |concepts: &[&Value], tokens: &[String]| {
            let tokens = || tokens.iter().chain(&of_site.codes);
            concepts.iter().any(|concept| has_any(concept, tokens()))
        };
        match kind {
            "Patient" | "Condition" | "Procedure" => true,
            "Observation" | "DiagnosticReport" if of_site.all_codes => true,
            "Observation" => {
                let components = resource.get("component").and_then(Value::as_array).into_iter().flatten();
                let components = components.filter(|_| self.observed_by() == COMBO_CODE);
                let codes = components.filter_map(|component| component.get("code"));
                has_code(&codes.chain(concepts(resource, "code")).collect::<Vec<_>>(), &self.observations)
            }
            "DiagnosticReport" => {
                has_code(&concepts(resource, "code"), &self.reports)
                    || has_code(&concepts(resource, "conclusionCode"), &self.conclusions)
            }
            _ => false,
        }
    }

    /// The parameter by which Observations are searched.
    fn observed_by(&self) -> String {
        self.of_type("Observation").code_parameter.unwrap_or_else(|| COMBO_CODE.to_owned())
    }

    /// So many ids in one search: a page of what they name, or what an address holds.
    pub fn ids_at_once(&self) -> usize {
        if self.settings.by_get { self.settings.page.clamp(1, MOST_IDS_BY_GET) } else { self.settings.page.max(1) }
    }

    /// Which of these patients are there.
    pub fn of_presence(&self, ids: &[String]) -> Asked {
        self.asked("Patient", vec![("_id".to_owned(), ids.join(",")), ("_elements".to_owned(), "id".to_owned())])
    }

    /// Resources by their references (`Observation/o1`).
    pub fn of_references(&self, references: &BTreeSet<String>) -> Vec<Asked> {
        let mut by_kind: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (kind, id) in references.iter().filter_map(|reference| reference.split_once('/')) {
            by_kind.entry(kind).or_default().push(id);
        }
        let mut searches = Vec::new();
        for (kind, ids) in by_kind.into_iter().filter(|(kind, _)| self.searched(kind)) {
            for ids in ids.chunks(self.ids_at_once()) {
                searches.push(self.asked(kind, vec![("_id".to_owned(), ids.join(","))]));
            }
        }
        searches
    }

    /// Resources of a type by business identifiers (`system|value`), or all of a system (`system|`).
    pub fn of_identifiers(&self, kind: &str, identifiers: &[String]) -> Asked {
        self.asked(kind, vec![("identifier".to_owned(), identifiers.join(","))])
    }

    fn of_type(&self, kind: &str) -> TypeSettings {
        self.settings.types.get(kind).cloned().unwrap_or_default()
    }

    fn searched(&self, kind: &str) -> bool {
        !self.of_type(kind).off
    }

    fn by_codes(&self, kind: &str, parameter: &str, codes: &[String], parameters: Vec<(String, String)>) -> Vec<Asked> {
        let of_site = self.of_type(kind);
        if of_site.off {
            return Vec::new();
        }
        if of_site.all_codes {
            return vec![self.asked(kind, parameters)];
        }
        let codes: Vec<&str> = codes.iter().chain(&of_site.codes).map(String::as_str).collect();
        if codes.is_empty() {
            return Vec::new();
        }
        let mut searches = Vec::new();
        for codes in self.parts(&codes, &parameters) {
            let mut parameters = parameters.clone();
            parameters.push((parameter.to_owned(), codes.join(",")));
            searches.push(self.asked(kind, parameters));
        }
        searches
    }

    /// All codes in one part; by GET in as many as keep the address short.
    fn parts<'c>(&self, codes: &[&'c str], parameters: &[(String, String)]) -> Vec<Vec<&'c str>> {
        if !self.settings.by_get {
            return vec![codes.to_vec()];
        }
        // Every sign of a code may be written as three.
        let length = |text: &str| text.len() * 3 / 2 + 3;
        let others: usize = parameters.iter().map(|(name, value)| name.len() + length(value)).sum();
        let mut parts: Vec<Vec<&str>> = Vec::new();
        let mut used = LONGEST_QUERY;
        for code in codes {
            if used + length(code) > LONGEST_QUERY {
                parts.push(Vec::new());
                used = others;
            }
            used += length(code);
            if let Some(part) = parts.last_mut() {
                part.push(code);
            }
        }
        parts
    }

    fn asked(&self, kind: &str, mut parameters: Vec<(String, String)>) -> Asked {
        parameters.extend(self.of_type(kind).parameters);
        parameters.push(("_count".to_owned(), self.settings.page.to_string()));
        let SearchSettings { by_get, any_total, .. } = self.settings;
        Asked { kind: kind.to_owned(), parameters, by_get, any_total }
    }
}

/// The concepts of a field that holds one or several.
fn concepts<'v>(resource: &'v Value, field: &str) -> Vec<&'v Value> {
    match resource.get(field) {
        Some(Value::Array(concepts)) => concepts.iter().collect(),
        other => other.into_iter().collect(),
    }
}

/// Whether a concept has a code that one of these tokens means: `system|code`, `|code` without a system, `code` whatever
/// its system, or `system|` whatever its code.
fn has_any<'t>(concept: &Value, mut tokens: impl Iterator<Item = &'t String>) -> bool {
    let codings = concept.get("coding").and_then(Value::as_array).into_iter().flatten();
    let text = |coding: &Value, name: &str| coding.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let written: Vec<[String; 3]> = codings
        .map(|coding| (text(coding, "system"), text(coding, "code")))
        .filter(|(_, code)| !code.is_empty())
        .map(|(system, code)| [format!("{system}|{code}"), format!("{system}|"), code])
        .collect();
    tokens.any(|token| token != "|" && written.iter().flatten().any(|it| it == token))
}

fn changed_since(since: &str) -> (String, String) {
    ("_lastUpdated".to_owned(), format!("ge{since}"))
}
