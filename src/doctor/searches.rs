//! Which searches of a sync the server answers, and whether it answers what was asked.

use super::Doctor;
use super::lists::Lists;
use super::page::Page;
use super::report::Checks;
use crate::plan::ResourceKind;
use crate::plan::codes::IDENTIFIER;
use crate::pull::server::{Asked, SearchSettings, Searches, key, patient_id, resources};
use crate::server::ServerError;
use serde_json::Value;
use std::collections::BTreeSet;
use std::time::Instant;

/// The most pages that are turned to find the sample's patients.
const MOST_PAGES: usize = 10;

/// A patient who is nowhere: where nobody is found, the searches are tried on this one.
const NOBODY: &str = "plasmabridge-doctor-asks";

/// Later than anything was changed.
const NEVER: &str = "2999-01-01T00:00:00Z";

/// Whether the server does not take this way of asking, rather than being unable to answer at all.
fn is_refused(error: &ServerError) -> bool {
    matches!(error.status(), Some(400 | 404 | 405 | 406 | 415 | 422 | 501))
        || matches!(error, ServerError::NotFhir { .. })
}

impl Doctor<'_> {
    /// Tries the searches; how the server has to be searched, and patients with a diagnosis (ids). `None` where it cannot
    /// be searched at all.
    pub(super) async fn searches(&self, checks: &mut Checks) -> Option<(SearchSettings, Vec<String>)> {
        let (mut settings, first) = self.cohort(checks).await?;
        let searches = Searches::new(self.mappings, settings.clone());
        let patients = match first {
            Some(first) => self.patients(first, checks).await,
            None => Vec::new(),
        };
        self.pages(&searches, checks).await;
        self.since(&searches, &patients, checks).await;
        if !self.by_patient(&searches, &patients, checks).await {
            settings.patients = 1;
        }
        self.include(&searches, &patients, checks).await;
        for kind in ResourceKind::ALL {
            self.identifiers(&searches, kind, checks).await;
        }
        Some((settings, patients))
    }

    /// Asks for a page.
    async fn page(&self, asked: &Asked) -> Result<Page, ServerError> {
        let answer = match asked.by_get {
            true => self.server.search_by_get(&asked.kind, &asked.parameters).await?,
            false => self.server.search(&asked.kind, &asked.parameters).await?,
        };
        Page::of(&answer)
    }

    /// Whether patients with a diagnosis can be searched for as the configuration says, and if not, what it is due to.
    async fn cohort(&self, checks: &mut Checks) -> Option<(SearchSettings, Option<Page>)> {
        let mut settings = self.search.clone();
        let Some(asked) = Searches::new(self.mappings, settings.clone()).of_cohort(None).into_iter().next() else {
            let detail = "the configuration leaves out Condition: patients have to be named";
            checks.warning("search for patients", detail, "`sync --patients FILE`, or search Condition", None);
            return Some((settings, None));
        };
        let way = if asked.by_get { "GET" } else { "POST" };
        let start = Instant::now();
        let error = match self.page(&asked).await {
            Ok(page) => {
                checks.ok(format!("search by {way}"), "answered", Some(start));
                elements(&page, checks);
                return Some((settings, Some(page)));
            }
            Err(error) => error,
        };
        if is_refused(&error) {
            let mut whole = asked.clone();
            whole.parameters.retain(|(name, _)| name != "_elements");
            if let Ok(page) = self.page(&whole).await {
                checks.ok(format!("search by {way}"), "answered", None);
                let advice = "have `_elements` allowed: a sync looks with it for who is concerned";
                checks.failed("_elements", error.to_string(), advice, Some(start));
                return Some((settings, Some(page)));
            }
            settings.by_get = true;
            let by_get = Searches::new(self.mappings, settings.clone()).of_cohort(None).into_iter().next();
            if let Some(by_get) = by_get.filter(|_| !asked.by_get)
                && let Ok(page) = self.page(&by_get).await
            {
                let advice = "it answers by GET: write `by_get = true` under `[search]` of the configuration";
                checks.failed("search by POST", error.to_string(), advice, Some(start));
                elements(&page, checks);
                return Some((settings, Some(page)));
            }
        }
        let advice = "a sync has to search Condition by `code`: check credentials and what the server allows";
        checks.failed(format!("search by {way}"), error.to_string(), advice, Some(start));
        None
    }

    /// Patients for the sample: as many as it needs, and two at least, so that a list of patients can be tried.
    async fn patients(&self, first: Page, checks: &mut Checks) -> Vec<String> {
        let start = Instant::now();
        let mut patients: Vec<String> = Vec::new();
        let mut page = first;
        for _ in 0..MOST_PAGES {
            for resource in &page.resources {
                let subject = resource.pointer("/subject/reference").and_then(Value::as_str);
                let id = subject.and_then(|it| patient_id(self.server.base(), it));
                if let Some(id) = id.filter(|id| patients.iter().all(|other| other != id)) {
                    patients.push(id.to_owned());
                }
            }
            let is_enough = patients.len() >= self.sample.max(2);
            let Some(next) = page.next.take().filter(|_| !is_enough) else { break };
            page = match self.server.follow(&next).await.and_then(|answer| Page::of(&answer)) {
                Ok(page) => page,
                Err(error) => {
                    let advice = "a sync reads all pages by the server's own links: they have to work";
                    checks.failed("next page", error.to_string(), advice, Some(start));
                    break;
                }
            };
        }
        if patients.is_empty() {
            let advice = "if there should be some, add the server's codes to `diagnosis` of the mapping files";
            checks.warning("patients", "nobody has a diagnosis that the mapping files know", advice, Some(start));
        } else {
            patients.truncate(self.sample.max(2));
            checks.ok("patients", "some have a diagnosis that the mapping files know", Some(start));
        }
        patients
    }

    /// Whether pages are as small as asked for, and can be turned.
    async fn pages(&self, searches: &Searches, checks: &mut Checks) {
        let Some(mut asked) = searches.of_cohort(None).into_iter().next() else { return };
        asked.parameters.retain(|(name, _)| name != "_count");
        asked.parameters.push(("_count".to_owned(), "1".to_owned()));
        let start = Instant::now();
        let page = match self.page(&asked).await {
            Ok(page) => page,
            Err(error) => {
                let advice = "a sync asks for pages with `_count`: have it allowed";
                return checks.failed("page size", error.to_string(), advice, Some(start));
            }
        };
        if page.resources.len() < 2 && page.next.is_none() {
            checks.ok("page size", "answered; too little is there to see whether it is honoured", Some(start));
        } else if page.resources.len() > 1 {
            let advice = "nothing to do, unless an answer grows larger than `largest_answer_mb`";
            let detail = format!("ignored: {} resources where 1 was asked for", page.resources.len());
            checks.warning("page size", detail, advice, Some(start));
        } else {
            checks.ok("page size", "honoured", Some(start));
        }
        let Some(next) = page.next else { return };
        let start = Instant::now();
        match self.server.follow(&next).await.and_then(|answer| Page::of(&answer)) {
            Ok(second) if second.resources.first().is_some_and(|it| page.resources.first() == Some(it)) => {
                let advice = "a search cannot be completed so; have the server's paging mended";
                checks.failed("next page", "the second page is the first again", advice, Some(start));
            }
            Ok(_) => checks.ok("next page", "the server's link leads on", Some(start)),
            Err(error) => {
                let advice = "the links have to lead to the address that a sync is given";
                checks.failed("next page", error.to_string(), advice, Some(start));
            }
        }
    }

    /// Whether what changed since can be asked for.
    async fn since(&self, searches: &Searches, patients: &[String], checks: &mut Checks) {
        const NAME: &str = "_lastUpdated";
        let Some(asked) = searches.of_cohort(Some(NEVER)).into_iter().next() else { return };
        let start = Instant::now();
        match self.page(&asked).await {
            Ok(page) if page.resources.is_empty() && patients.is_empty() => {
                checks.ok(NAME, "answered; nobody is there to see whether it is honoured", Some(start));
            }
            Ok(page) if page.resources.is_empty() => checks.ok(NAME, "honoured", Some(start)),
            Ok(_) => {
                let detail = "ignored: each run would read everyone";
                checks.warning(NAME, detail, "runs are longer, and right; let them be rarer", Some(start));
            }
            Err(error) => {
                let advice = "run `sync` without `--state`: then everyone is read each time";
                checks.warning(NAME, error.to_string(), advice, Some(start));
            }
        }
    }

    /// All searches that read a patient, for one at a time and for two together; whether the latter bring all.
    async fn by_patient(&self, searches: &Searches, patients: &[String], checks: &mut Checks) -> bool {
        let some: Vec<String> = match patients {
            [] => vec![NOBODY.to_owned()],
            patients => patients.iter().take(2).cloned().collect(),
        };
        let alone: Vec<Vec<Asked>> = some.iter().map(|id| searches.of_patients(std::slice::from_ref(id))).collect();
        let mut lists = Lists::default();
        for (place, together) in searches.of_patients(&some).iter().enumerate() {
            let name = named(together);
            let (mut wanted, mut refused, mut with_some) = (BTreeSet::new(), None, 0);
            let mut start = Instant::now();
            for asked in alone.iter().filter_map(|of_one| of_one.get(place)) {
                match resources(self.server, asked).await {
                    Ok(found) => {
                        with_some += usize::from(!found.is_empty());
                        wanted.extend(found.iter().filter_map(key));
                    }
                    Err(error) => refused = Some(error),
                }
            }
            if let Some(error) = refused {
                let advice = match name.as_str() {
                    "DiagnosticReport by conclusion" => {
                        "write `all_codes = true` under `[search.types.DiagnosticReport]`: then it is not asked"
                    }
                    _ => "no patient is decided while a search fails; have it allowed",
                };
                checks.failed(name, error.to_string(), advice, Some(start));
                continue;
            }
            if some.len() < 2 {
                checks.ok(name, "answered", Some(start));
                continue;
            }
            start = Instant::now();
            let found = resources(self.server, together).await;
            if with_some < 2 {
                lists.unseen.insert(name.clone());
            }
            lists.note(&together.kind, &found, &wanted, self.is_of_none(&some));
            match found {
                Ok(_) => checks.ok(name, format!("{} resources of two patients", wanted.len()), Some(start)),
                Err(_) => checks.ok(name, "answered for one patient", Some(start)),
            }
        }
        lists.tell(some.len() > 1, searches.settings().patients > 1, checks);
        lists.less.is_empty()
    }

    /// Whether a resource is of none of these patients.
    fn is_of_none<'s>(&'s self, some: &'s [String]) -> impl Fn(&Value) -> bool + 's {
        |resource: &Value| {
            let id = match resource.get("resourceType").and_then(Value::as_str) {
                Some("Patient") => resource.get("id").and_then(Value::as_str),
                _ => {
                    let subject = resource.pointer("/subject/reference").and_then(Value::as_str);
                    subject.and_then(|it| patient_id(self.server.base(), it))
                }
            };
            id.is_none_or(|id| some.iter().all(|wanted| wanted != id))
        }
    }

    /// Whether results come along with reports. A sync does not need it: it fetches them by id.
    async fn include(&self, searches: &Searches, patients: &[String], checks: &mut Checks) {
        let list = patients.iter().take(searches.settings().patients.max(1)).cloned().collect::<Vec<_>>().join(",");
        let patient = if list.is_empty() { NOBODY.to_owned() } else { list };
        let parameters = [("patient", patient.as_str()), ("_include", "DiagnosticReport:result"), ("_count", "5")];
        let parameters = parameters.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        let asked = Asked {
            kind: "DiagnosticReport".to_owned(),
            parameters,
            by_get: searches.settings().by_get,
            any_total: true,
        };
        let start = Instant::now();
        let detail = match self.page(&asked).await {
            Ok(page)
                if page.resources.iter().any(|it| it.get("resourceType").is_some_and(|it| it == "Observation")) =>
            {
                "brings results along; a sync does not need it"
            }
            Ok(_) => "answered without results; a sync does not need it",
            Err(_) => "refused; a sync does not need it: it fetches results by id",
        };
        checks.ok("_include", detail, Some(start));
    }

    /// Whether what stands of ours can be found by its identifier.
    async fn identifiers(&self, searches: &Searches, kind: ResourceKind, checks: &mut Checks) {
        let name = format!("{} by identifier", kind.name());
        let start = Instant::now();
        let all = searches.of_identifiers(kind.name(), &[format!("{IDENTIFIER}|")]);
        let none = searches.of_identifiers(kind.name(), &[format!("{IDENTIFIER}|{NOBODY}")]);
        let answers = async {
            let all = self.page(&all).await?;
            Ok::<_, ServerError>((all, self.page(&none).await?))
        };
        match answers.await {
            Ok((_, none)) if !none.resources.is_empty() => {
                let advice = "have `identifier` supported: without it a sync cannot tell what it has written";
                checks.failed(name, "ignored: resources came of which none was asked for", advice, Some(start));
            }
            Ok((all, _)) if all.resources.is_empty() => checks.ok(name, "answered; none of ours is there", Some(start)),
            Ok(_) => checks.ok(name, "honoured; some of ours are there", Some(start)),
            Err(error) => {
                let advice = "have the search by `identifier` allowed: a sync finds what it has written by it";
                checks.failed(name, error.to_string(), advice, Some(start));
            }
        }
    }
}

/// Whether `_elements` left out what was not asked for.
fn elements(page: &Page, checks: &mut Checks) {
    let detail = match page.resources.first() {
        None => "answered",
        Some(first) if first.get("code").is_none() => "honoured",
        Some(_) => "ignored: answers are larger than they need be",
    };
    checks.ok("_elements", detail, None);
}

fn named(asked: &Asked) -> String {
    let by = |wanted: &str| asked.parameters.iter().any(|(name, _)| name == wanted);
    let kind = &asked.kind;
    match () {
        () if by("conclusion") => format!("{kind} by conclusion"),
        () if by("combo-code") => format!("{kind} by combo-code"),
        () if by("code") => format!("{kind} by code"),
        () if by("_id") => format!("{kind} by id"),
        () => format!("{kind} by patient"),
    }
}
