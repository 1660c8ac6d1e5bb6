//! Words for values: days, doses and what an entry says, as a clinician of the language writes them.

use super::results::{modality, site};
use super::{Language, Words, words};
use crate::guideline::{Amount, Due, thresholds};
use crate::inputs::words::*;
use crate::inputs::{Day, Entry, Input, Log, Shown};

/// A day: `2026-11-22`, in Danish `22-11-2026`.
pub fn day(day: Day, language: Language) -> String {
    let iso = day.to_string();
    match (language, iso.split('-').collect::<Vec<_>>().as_slice()) {
        (Language::Danish, [year, month, day]) => format!("{day}-{month}-{year}"),
        _ => iso,
    }
}

/// From a day to a day.
pub fn days(due: Due, language: Language) -> String {
    let (start, end) = (day(due.start, language), day(due.end, language));
    match language {
        Language::English => format!("{start} to {end}"),
        Language::Danish => format!("{start} til {end}"),
    }
}

/// A number with the decimal sign of the language.
pub fn decimal(number: &str, language: Language) -> String {
    match language {
        Language::English => number.to_owned(),
        Language::Danish => number.replace('.', ","),
    }
}

/// A whole number, or from one to another.
pub fn amount(amount: Amount) -> String {
    match amount {
        Amount::Exactly(number) => number.to_string(),
        Amount::Between(low, high) => format!("{low}–{high}"),
    }
}

/// A dose in Gy, in so many fractions where that is said.
pub fn dose(gy: Amount, fractions: Option<Amount>, language: Language) -> String {
    let dose = format!("{} Gy", amount(gy));
    let Some(fractions) = fractions else { return dose };
    let on = words("in", "på").in_language(language);
    let unit = match fractions {
        Amount::Exactly(1) => words("fraction", "fraktion"),
        _ => words("fractions", "fraktioner"),
    };
    format!("{dose} {on} {} {}", amount(fractions), unit.in_language(language))
}

/// What an entry says, with its day.
pub fn entry(entry: &Entry, language: Language) -> String {
    let log = Log::new();
    let said = match entry.input {
        Input::Radiotherapy => return radiotherapy(entry, &log, language),
        Input::SystemicTherapy => {
            let therapy = log.systemic_therapy(entry);
            return between(therapy.and_then(|it| it.start), therapy.and_then(|it| it.end), language);
        }
        Input::Diagnosis => diagnosis(entry, &log, language),
        Input::Surgery => surgery(entry, &log, language),
        Input::Imaging => log.modality(entry).map(|it| modality(it).in_language(language).to_owned()),
        Input::TumourSite => log.site(entry).map(|it| site(it).in_language(language).to_owned()),
        Input::SpinalCordCompression | Input::Fracture => {
            log.severity(entry).map(|it| severity(it).in_language(language).to_owned())
        }
        Input::Response => log.response(entry).map(|it| response(it).in_language(language).to_owned()),
        Input::Relapse => log.relapse(entry).map(|it| super::relapse(it).in_language(language).to_owned()),
        Input::EventAttribution => attribution(entry, &log, language),
        Input::MarrowAspirate | Input::MarrowBiopsy => Some(words("done", "udført").in_language(language).to_owned()),
        Input::Fish => fish(entry, &log, language),
        Input::TumourBiopsyLightChainRestriction => {
            log.light_chain(entry).map(|it| light_chain(it).in_language(language).to_owned())
        }
        Input::LifeExpectancy => {
            log.life_expectancy(entry).map(|it| life_expectancy(it).in_language(language).to_owned())
        }
        _ => None,
    };
    let said = said.or_else(|| log.flag(entry).map(|it| yes_or_no(it).in_language(language).to_owned()));
    let said = said.unwrap_or_else(|| number(entry, language));
    let place = entry.site.map(|it| format!(", {}", site(it).in_language(language))).unwrap_or_default();
    let when = entry.day().map(|it| format!(" ({})", day(it, language))).unwrap_or_default();
    format!("{said}{place}{when}")
}

/// A number with its unit, in the spelling of the language and with the decimals that laboratories report: the exact
/// number, converted from other units, is the decision's.
fn number(entry: &Entry, language: Language) -> String {
    let shown = Shown::from(entry);
    let Some(decimals) = decimals(entry.input) else { return decimal(&shown.to_string(), language) };
    let rounded =
        shown.rounded(decimals, thresholds::limits_of(entry.input), thresholds::beyond_own_limits(entry.input));
    let Some(number) = rounded else { return decimal(&shown.to_string(), language) };
    let unit = super::unit(entry.input, language).map(|unit| format!(" {unit}")).unwrap_or_default();
    format!("{}{unit}", decimal(&number, language))
}

/// The decimals of a number that may come from another unit; nothing for counts, scores and what keeps its own.
const fn decimals(input: Input) -> Option<u32> {
    Some(match input {
        Input::Creatinine | Input::CreatinineClearance | Input::UrineMProtein => 0,
        Input::Haemoglobin
        | Input::SerumFlcKappa
        | Input::SerumFlcLambda
        | Input::SerumMProtein
        | Input::TumourLargestDimension
        | Input::MarrowClonalPlasmaCellPercent
        | Input::MarrowPlasmaCellPercent => 1,
        Input::CalciumTotal | Input::CalciumCorrected | Input::CalciumIonised | Input::SerumFlcRatio => 2,
        _ => return None,
    })
}

fn radiotherapy<'i>(entry: &'i Entry, log: &Log<'i>, language: Language) -> String {
    let Some(course) = log.radiotherapy(entry) else { return String::new() };
    let mut said = match course.dose_gy {
        Some(dose) => format!("{} Gy", decimal(&dose.normalize().to_string(), language)),
        None => words("dose not recorded", "dosis ikke angivet").in_language(language).to_owned(),
    };
    if let Some(fractions) = course.fractions {
        let on = words("in", "på").in_language(language);
        let unit = match fractions.normalize().to_string().as_str() {
            "1" => words("fraction", "fraktion"),
            _ => words("fractions", "fraktioner"),
        };
        let unit = unit.in_language(language);
        said.push_str(&format!(" {on} {} {unit}", decimal(&fractions.normalize().to_string(), language)));
    }
    if let Some(place) = course.site {
        said.push_str(&format!(", {}", site(place).in_language(language)));
    }
    if let Some(meant) = course.intent {
        said.push_str(&format!(", {}", intent(meant).in_language(language)));
    }
    format!("{said} ({})", between(course.start, course.end, language))
}

/// What an entry of radiotherapy does not say.
pub fn lacks(entry: &Entry) -> Vec<Words> {
    let log = Log::new();
    let Some(course) = log.radiotherapy(entry) else { return Vec::new() };
    let parts = [
        (course.dose_gy.is_none(), words("its dose", "dosis")),
        (course.site.is_none(), words("its site", "stedet")),
        (course.start.is_none() && course.end.is_none(), words("its dates", "datoerne")),
    ];
    parts.into_iter().filter_map(|(is_missing, words)| is_missing.then_some(words)).collect()
}

fn between(start: Option<Day>, end: Option<Day>, language: Language) -> String {
    match (start, end) {
        (Some(start), Some(end)) => days(Due { start, end }, language),
        (Some(start), None) => {
            format!("{} {}", words("from", "fra").in_language(language), day(start, language))
        }
        (None, Some(end)) => format!("{} {}", words("until", "til").in_language(language), day(end, language)),
        (None, None) => words("no date", "uden dato").in_language(language).to_owned(),
    }
}

fn diagnosis<'i>(entry: &'i Entry, log: &Log<'i>, language: Language) -> Option<String> {
    let diagnosis = log.diagnosis(entry)?;
    let kind = match diagnosis.kind {
        DiagnosisKind::PlasmacytomaBone => words("plasmacytoma of bone", "plasmacytom i knogle"),
        DiagnosisKind::PlasmacytomaExtramedullary => {
            words("extramedullary plasmacytoma", "ekstramedullært plasmacytom")
        }
        DiagnosisKind::PlasmacytomaUnspecified => words("plasmacytoma", "plasmacytom"),
        DiagnosisKind::MultipleMyeloma => words("multiple myeloma", "myelomatose"),
        DiagnosisKind::SmoulderingMyeloma => words("smouldering myeloma", "asymptomatisk myelomatose"),
    };
    let certainty = match diagnosis.certainty {
        Certainty::Confirmed => words("", ""),
        Certainty::Suspected => words(", suspected", ", mistænkt"),
        Certainty::Refuted => words(", refuted", ", afkræftet"),
    };
    let dated = diagnosis.date().map(|it| format!(" ({})", day(it, language))).unwrap_or_default();
    Some(format!("{}{}{dated}", kind.in_language(language), certainty.in_language(language)))
}

fn surgery<'i>(entry: &'i Entry, log: &Log<'i>, language: Language) -> Option<String> {
    let surgery = log.surgery(entry)?;
    let kind = match surgery.kind {
        SurgeryKind::Resection => words("resection", "resektion"),
        SurgeryKind::Stabilisation => words("stabilisation", "stabilisering"),
        SurgeryKind::Decompression => words("decompression", "dekompression"),
    };
    let mut said = kind.in_language(language).to_owned();
    if let Some(place) = surgery.site {
        said.push_str(&format!(", {}", site(place).in_language(language)));
    }
    match surgery.margin {
        Some(Margin::R0) => said.push_str(", R0"),
        Some(Margin::R1) => said.push_str(", R1"),
        Some(Margin::R2) => said.push_str(", R2"),
        Some(Margin::Unknown) | None => {}
    }
    Some(said)
}

fn attribution<'i>(entry: &'i Entry, log: &Log<'i>, language: Language) -> Option<String> {
    let attribution = log.attribution(entry)?;
    let event = match attribution.event {
        AttributedEvent::Hypercalcaemia => crate::guideline::Event::Hypercalcaemia,
        AttributedEvent::Renal => crate::guideline::Event::Renal,
        AttributedEvent::Anaemia => crate::guideline::Event::Anaemia,
    };
    let cause = if attribution.plasma_cell_disease {
        words("caused by the plasma cell disease", "skyldes plasmacellesygdommen")
    } else {
        words("not caused by the plasma cell disease", "skyldes ikke plasmacellesygdommen")
    };
    Some(format!("{} {}", super::event(event).in_language(language), cause.in_language(language)))
}

const fn yes_or_no(said: bool) -> Words {
    if said { words("yes", "ja") } else { words("no", "nej") }
}

const fn severity(severity: Severity) -> Words {
    match severity {
        Severity::None => words("none", "ingen"),
        Severity::Threatened => words("threatened", "truende"),
        Severity::Established => words("established", "manifest"),
    }
}

const fn response(response: Response) -> Words {
    match response {
        Response::Complete => words("complete remission", "komplet remission"),
        Response::Partial => words("partial remission", "partiel remission"),
        Response::Stable => words("stable disease", "stabil sygdom"),
        Response::Residual => words("residual disease", "residual sygdom"),
        Response::Progression => words("progression", "progression"),
    }
}

const fn intent(intent: Intent) -> Words {
    match intent {
        Intent::Curative => words("curative", "kurativ"),
        Intent::Palliative => words("palliative", "palliativ"),
    }
}

fn fish<'i>(entry: &'i Entry, log: &Log<'i>, language: Language) -> Option<String> {
    let result = log.fish(entry)?;
    let abnormality = match result.abnormality {
        Abnormality::Del17p => "del(17p)",
        Abnormality::Gain1q => "gain/amp 1q",
        Abnormality::T414 => "t(4;14)",
        Abnormality::T1416 => "t(14;16)",
        Abnormality::T1420 => "t(14;20)",
    };
    let found = if result.detected { words("detected", "påvist") } else { words("not detected", "ikke påvist") };
    Some(format!("{abnormality} {}", found.in_language(language)))
}

const fn light_chain(chain: LightChain) -> Words {
    match chain {
        LightChain::Kappa => words("kappa", "kappa"),
        LightChain::Lambda => words("lambda", "lambda"),
        LightChain::None => words("none", "ingen"),
    }
}

const fn life_expectancy(expectancy: LifeExpectancy) -> Words {
    match expectancy {
        LifeExpectancy::Short => words("short", "kort"),
        LifeExpectancy::Usual => words("usual", "sædvanlig"),
        LifeExpectancy::VeryLong => words("very long", "meget lang"),
    }
}
