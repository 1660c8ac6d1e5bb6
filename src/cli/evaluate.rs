//! `evaluate`: from records, or from inputs as JSON, to decisions, inputs, text or coverage.

use super::{Common, Output, Written, json_line, tell, tell_failures};
use crate::error::{Exit, Failed};
use crate::guideline::{Decision, decide};
use crate::inputs::{Day, Inputs};
use crate::map::CoverageReport;
use crate::plan::Language;
use crate::pull::{PatientFiles, each_line};
use clap::{Args, ValueEnum};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

/// The arguments of `evaluate`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// FHIR Bundles, resources or NDJSON (.gz and .zst too), folders of them, or - for standard input
    #[arg(required_unless_present = "inputs", value_name = "FILES | DIR | -")]
    files: Vec<PathBuf>,
    /// Decide from inputs as JSON (one patient a line, as `--emit inputs` prints them), or - for standard input
    #[arg(long, value_name = "FILE", conflicts_with = "files")]
    inputs: Option<PathBuf>,
    /// What to print
    #[arg(long, value_name = "WHAT", default_value = "decisions")]
    emit: Emit,
    /// Print the coverage as JSON, a patient a line and the total in the last
    #[arg(long)]
    json: bool,
    /// Only this patient (p1 or Patient/p1)
    #[arg(long, value_name = "ID")]
    patient: Option<String>,
    #[command(flatten)]
    common: Common,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Emit {
    /// Decisions as JSON, a patient a line
    Decisions,
    /// The inputs that the decisions are made from, as JSON, a patient a line
    Inputs,
    /// What a person reads
    Text,
    /// What was found by which code, and what was seen and not used
    Coverage,
}

/// What came of one patient.
struct Printed {
    text: Vec<u8>,
    coverage: Option<CoverageReport>,
}

/// Evaluates.
pub fn run(arguments: &Arguments) -> Result<Exit, Failed> {
    if arguments.json && arguments.emit != Emit::Coverage {
        return Err(Failed::Arguments("`--json` goes with `--emit coverage`; the others have one form".to_owned()));
    }
    match &arguments.inputs {
        Some(file) => from_inputs(arguments, file),
        None => from_records(arguments),
    }
}

fn from_records(arguments: &Arguments) -> Result<Exit, Failed> {
    let mappings = arguments.common.mappings()?;
    let mut files = PatientFiles::open(&arguments.files, arguments.common.threads(), arguments.common.bounds());
    super::only(&mut files, arguments.patient.as_deref())?;
    let (as_of, language) = (arguments.common.day(), arguments.common.language());
    let mut failures = files.failures().to_vec();
    let mut total = CoverageReport::of_many();
    let mut output = Output::new();
    let mut ended = Ok(Written::Yes);
    let mut decided = 0;
    files.each(
        |record| {
            let (inputs, coverage) = mappings.map(record);
            if arguments.emit == Emit::Coverage {
                let report = coverage.report(&mappings, record);
                return printed_coverage(report, arguments.json);
            }
            let text = printed(arguments.emit, inputs.for_day(as_of), as_of, language);
            text.map(|text| Printed { text, coverage: None })
        },
        |result| {
            match result {
                Err(failure) => failures.push(failure),
                Ok(Err(failed)) => ended = Err(failed),
                Ok(Ok(printed)) => {
                    decided += 1;
                    if let Some(coverage) = &printed.coverage {
                        total.add(coverage);
                    }
                    ended = output.write(&printed.text);
                }
            }
            go_on(&ended)
        },
    );
    if ended? == Written::NobodyReads {
        return Ok(Exit::Done);
    }
    if arguments.emit == Emit::Coverage {
        let Printed { text, .. } = printed_coverage(total, arguments.json)?;
        output.write(&text)?;
    }
    output.finish()?;
    Ok(tell_failures(&failures, decided))
}

fn go_on(ended: &Result<Written, Failed>) -> ControlFlow<()> {
    match ended {
        Ok(Written::Yes) => ControlFlow::Continue(()),
        Ok(Written::NobodyReads) | Err(_) => ControlFlow::Break(()),
    }
}

fn printed_coverage(report: CoverageReport, as_json: bool) -> Result<Printed, Failed> {
    let text = if as_json { json_line(&report)? } else { report.to_string().into_bytes() };
    Ok(Printed { text, coverage: Some(report) })
}

fn printed(emit: Emit, inputs: Inputs, as_of: Day, language: Language) -> Result<Vec<u8>, Failed> {
    match emit {
        Emit::Inputs => json_line(&inputs),
        Emit::Decisions => json_line(&decide(&inputs, as_of)),
        Emit::Text => Ok(for_a_person(&decide(&inputs, as_of), language).into_bytes()),
        Emit::Coverage => Err(Failed::OurFault("coverage is of records, not of inputs".to_owned())),
    }
}

fn for_a_person(decision: &Decision<'_>, language: Language) -> String {
    let heading = format!("{} · {}", decision.patient, decision.as_of);
    let line = "─".repeat(heading.chars().count());
    let body = crate::plan::text(decision, language);
    format!("{heading}\n{line}\n{body}\n")
}

fn from_inputs(arguments: &Arguments, file: &Path) -> Result<Exit, Failed> {
    if arguments.emit == Emit::Coverage {
        return Err(Failed::Arguments(
            "`--emit coverage` is of FHIR records; inputs as JSON have no resources behind them".to_owned(),
        ));
    }
    let wanted = arguments.patient.as_deref();
    let is_wanted = |inputs: &Inputs| {
        wanted.is_none_or(|id| inputs.patient() == id || inputs.patient().strip_prefix("Patient/") == Some(id))
    };
    let language = arguments.common.language();
    let mut output = Output::new();
    let mut ended = Ok(Written::Yes);
    let (mut refused, mut read) = (0usize, 0usize);
    let work = |text: &str| {
        let inputs = match Inputs::from_json(text) {
            Err(error) => return Ok(Err(error)),
            Ok(inputs) if !is_wanted(&inputs) => return Ok(Ok(None)),
            Ok(inputs) => inputs,
        };
        let as_of = arguments.common.as_of.or(inputs.as_of()).unwrap_or_else(|| arguments.common.day());
        printed(arguments.emit, inputs.for_day(as_of), as_of, language).map(|text| Ok(Some(text)))
    };
    let mut refuse = |line: u64, why: &dyn std::fmt::Display| {
        refused += 1;
        tell(&format!("error: {}, line {line}: {why}; this patient is not decided", name(file)));
    };
    let lines = each_line(file, arguments.common.threads(), arguments.common.bounds(), work, |line, result| {
        match result {
            Err(damage) => refuse(line, &damage),
            Ok(Err(failed)) => ended = Err(failed),
            Ok(Ok(Err(error))) => refuse(line, &error),
            Ok(Ok(Ok(None))) => {}
            Ok(Ok(Ok(Some(text)))) => {
                read += 1;
                ended = output.write(&text);
            }
        }
        go_on(&ended)
    });
    if ended? == Written::NobodyReads {
        return Ok(Exit::Done);
    }
    output.finish()?;
    if let Err(damage) = lines {
        tell(&format!("error: {}: {damage}", name(file)));
        return Ok(Exit::SomeNotDecided);
    }
    match wanted {
        _ if refused > 0 => Ok(Exit::SomeNotDecided),
        Some(patient) if read == 0 => Err(super::no_such_patient(patient)),
        _ => Ok(Exit::Done),
    }
}

fn name(file: &Path) -> String {
    if file.as_os_str() == "-" { "standard input".to_owned() } else { format!("`{}`", file.display()) }
}
