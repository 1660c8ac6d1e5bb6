//! `explain`: what a recommendation says and reads, or why it came out as it did for a patient.

use super::{Common, Output, Written, tell_failures};
use crate::error::{Exit, Failed};
use crate::fhir::Record;
use crate::guideline::explanation::{Basis, DoseFigure, Figure};
use crate::guideline::{ALL, Decision, Recommendation, RecommendationId, all, decide};
use crate::inputs::{Input, Kind, Look};
use crate::map::Mappings;
use crate::plan::wording::words;
use crate::plan::{Language, recommendation_text, wording};
use crate::pull::PatientFiles;
use clap::Args;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::ops::ControlFlow;
use std::path::PathBuf;

/// The arguments of `explain`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Recommendations (R06; none: all), and with --patient the files or folders of the record
    #[arg(value_name = "R01 … R21 | FILES")]
    words: Vec<String>,
    /// Why the recommendations came out as they did for this patient (p1 or Patient/p1)
    #[arg(long, value_name = "ID")]
    patient: Option<String>,
    #[command(flatten)]
    common: Common,
}

/// Explains.
pub fn run(arguments: &Arguments) -> Result<Exit, Failed> {
    let (named, others): (Vec<_>, Vec<_>) = arguments.words.iter().partition(|word| recommendation(word).is_some());
    let wanted: Vec<RecommendationId> = match named.is_empty() {
        true => ALL.iter().map(|entry| entry.id).collect(),
        false => named.iter().filter_map(|word| recommendation(word)).collect(),
    };
    let mappings = arguments.common.mappings()?;
    match (&arguments.patient, others.as_slice()) {
        (None, []) => of_the_guideline(&wanted, &mappings, arguments.common.language()),
        (None, [word, ..]) => Err(Failed::Arguments(format!(
            "`{word}` is not a recommendation (R01 to R21); to explain a patient's record, say whose with `--patient ID`"
        ))),
        (Some(_), []) => Err(Failed::Arguments(
            "say in which files or folder the patient's record stands, or - for standard input".into(),
        )),
        (Some(patient), files) => of_a_patient(patient, &wanted, files, &mappings, &arguments.common),
    }
}

fn recommendation(word: &str) -> Option<RecommendationId> {
    RecommendationId::of(&word.to_uppercase())
}

fn of_the_guideline(wanted: &[RecommendationId], mappings: &Mappings, language: Language) -> Result<Exit, Failed> {
    let mut output = Output::new();
    for entry in ALL.iter().filter(|entry| wanted.contains(&entry.id)) {
        let text = described(entry, mappings, language).map_err(|error| Failed::OurFault(error.to_string()))?;
        if output.write(text.as_bytes())? == Written::NobodyReads {
            break;
        }
    }
    output.finish()?;
    Ok(Exit::Done)
}

/// One recommendation: its sentence in both languages, the rest in one; inputs by the names of the contract.
fn described(entry: &all::Entry, mappings: &Mappings, language: Language) -> Result<String, std::fmt::Error> {
    let say = |english, danish| words(english, danish).in_language(language);
    let mut text = String::new();
    let subject = wording::subject(entry.id).in_language(language);
    let strength = match entry.strength {
        Some(strength) => wording::strength(strength).in_language(language),
        None => say("no strength", "uden styrke"),
    };
    writeln!(text, "{} {subject} ({} {}, {strength})", entry.id, say("grade", "grad"), entry.grade)?;
    writeln!(text, "  en  {}\n  da  {}", entry.english, entry.danish)?;
    let Some(explanation) = entry.id.explanation() else { return Ok(text) };
    let mut read = BTreeSet::new();
    for basis in explanation.all() {
        described_basis(basis, language, &mut text)?;
        read.extend(basis.inputs.iter().copied());
    }
    if !explanation.ambiguities.is_empty() {
        writeln!(text, "  {}", say("where the guideline is unclear", "hvor retningslinjen er uklar"))?;
    }
    for ambiguity in explanation.ambiguities {
        writeln!(text, "    {ambiguity}  {}", wording::ambiguity(*ambiguity).in_language(language))?;
    }
    let files: BTreeSet<&str> = read.iter().flat_map(|input| mappings.files_of(*input)).collect();
    let files = files.into_iter().collect::<Vec<_>>().join(", ");
    writeln!(text, "  {} {files}\n", say("fed by", "får data via"))?;
    Ok(text)
}

fn described_basis(basis: &Basis, language: Language, text: &mut String) -> std::fmt::Result {
    let Basis { name, inputs, limits, periods, doses } = basis;
    if inputs.is_empty() && limits.is_empty() && periods.is_empty() && doses.is_empty() {
        return Ok(());
    }
    let source = |source| wording::source(source).in_language(language);
    writeln!(text, "  {} {}", words("reads", "læser").in_language(language), wording::phrase(*name, language))?;
    if !inputs.is_empty() {
        let inputs: Vec<&str> = inputs.iter().map(|input: &Input| input.word()).collect();
        writeln!(text, "    {}", inputs.join(", "))?;
    }
    for DoseFigure { what, dose } in *doses {
        let said = wording::dose(dose.gy, dose.fractions, language);
        writeln!(text, "    {said} {} [{}]", wording::phrase(*what, language), source(dose.source))?;
    }
    for Figure { what, limit } in *limits {
        let said = wording::limit(*limit, language);
        writeln!(text, "    {} {said} [{}]", wording::phrase(*what, language), source(limit.source))?;
    }
    for period in *periods {
        let (length, what) = (wording::length(period.length, language), wording::phrase(period.what, language));
        let said = match language {
            Language::English => format!("{length} {what}"),
            Language::Danish => format!("{what}: {length}"),
        };
        writeln!(text, "    {said} [{}]", source(period.source))?;
    }
    Ok(())
}

fn of_a_patient(
    patient: &str,
    wanted: &[RecommendationId],
    files: &[&String],
    mappings: &Mappings,
    common: &Common,
) -> Result<Exit, Failed> {
    let paths: Vec<PathBuf> = files.iter().map(PathBuf::from).collect();
    let mut files = PatientFiles::open(&paths, common.threads(), common.bounds());
    super::only(&mut files, Some(patient))?;
    let mut failures = files.failures().to_vec();
    let mut output = Output::new();
    let mut ended = Ok(Written::Yes);
    let mut decided = 0;
    files.each(
        |record| {
            let (inputs, _) = mappings.map(record);
            let decision = decide(&inputs, common.day());
            explained(&decision, record, wanted, common.language()).map_err(|error| Failed::OurFault(error.to_string()))
        },
        |result| {
            match result {
                Err(failure) => failures.push(failure),
                Ok(text) => {
                    decided += 1;
                    ended = text.and_then(|text| output.write(text.as_bytes()));
                }
            }
            ControlFlow::Continue(())
        },
    );
    ended?;
    output.finish()?;
    Ok(tell_failures(&failures, decided))
}

fn explained(
    decision: &Decision<'_>,
    record: &Record<'_>,
    wanted: &[RecommendationId],
    language: Language,
) -> Result<String, std::fmt::Error> {
    let mut text = format!("{} · {}\n", decision.patient, decision.as_of);
    let Some(outcome) = &decision.outcome else {
        text.push_str(&crate::plan::text(decision, language));
        for look in &decision.looks {
            explained_look(look, record, &mut text)?;
        }
        return Ok(text);
    };
    for recommendation in outcome.recommendations.iter().filter(|it| wanted.contains(&it.id)) {
        explained_outcome(decision, record, recommendation, language, &mut text)?;
    }
    Ok(text)
}

fn explained_outcome(
    decision: &Decision<'_>,
    record: &Record<'_>,
    recommendation: &Recommendation<'_>,
    language: Language,
    text: &mut String,
) -> std::fmt::Result {
    let subject = wording::subject(recommendation.id).in_language(language);
    let status = wording::status(recommendation.status).in_language(language);
    writeln!(text, "\n{} {subject}: {status}", recommendation.id)?;
    writeln!(text, "  {}", recommendation_text(recommendation, language))?;
    if !recommendation.missing.is_empty() {
        let missing: Vec<&str> = recommendation.missing.iter().map(Input::word).collect();
        let open = words("open until known", "uafklaret, til dette kendes").in_language(language);
        writeln!(text, "  {open}: {}", missing.join(", "))?;
    }
    for ambiguity in &recommendation.ambiguities {
        writeln!(text, "  {ambiguity}: {}", wording::ambiguity(*ambiguity).in_language(language))?;
    }
    let mut last = String::new();
    for look in decision.because(recommendation) {
        let mut line = String::new();
        explained_look(look, record, &mut line)?;
        // A fact may look at the same value for the same test on its way to two results.
        if line != last {
            text.push_str(&line);
        }
        last = line;
    }
    Ok(())
}

/// The input, its value, the test and its result, and the resource with its version and date.
fn explained_look(look: &Look<'_>, record: &Record<'_>, text: &mut String) -> std::fmt::Result {
    let time = look.entry.and_then(|entry| entry.time).map(|time| format!(" ({time})")).unwrap_or_default();
    let source = look.source().map(|source| format!("  {source}")).unwrap_or_default();
    let mut value = look.value().to_string();
    if let Some(unit) = unit_as_written(look, &value, record) {
        value = format!("{value} {unit}");
    }
    let test = look.test.to_string();
    writeln!(text, "    {:<38} {value:<34} {test:<24} {:<8}{source}{time}", look.input.word(), look.result.word())
}

/// The unit of a value of the work-up panel, which keeps the one that it came in: as the resource writes it.
fn unit_as_written<'r>(look: &Look<'_>, value: &str, record: &'r Record<'_>) -> Option<&'r str> {
    let keeps_its_unit = look.input.kind() == Kind::Quantity && look.input.unit().is_none();
    let number = value.rsplit(' ').next().filter(|_| keeps_its_unit)?;
    record.unit_as_written(look.source()?, number.parse().ok()?)
}
