//! `sample`: invented patients as NDJSON.

use super::{Output, Written, day};
use crate::error::{Exit, Failed};
use crate::inputs::Day;
use crate::map::Mappings;
use crate::sample::{Course, Sample, Shape};
use clap::{Args, ValueEnum};

/// The arguments of `sample`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// How many patients
    #[arg(value_name = "N")]
    count: u64,
    /// The same seed gives the same patients, on every machine
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u64,
    /// The shape of FHIR
    #[arg(long, value_name = "SHAPE", default_value = "mixed")]
    shape: ShapeName,
    /// How far the disease has come
    #[arg(long, value_name = "COURSE", default_value = "mixed")]
    course: CourseName,
    /// As of this day instead of today
    #[arg(long, value_name = "DATE", value_parser = day)]
    as_of: Option<Day>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum ShapeName {
    /// NPU and SKS, units as text
    Danish,
    /// LOINC and SNOMED CT, units in UCUM
    International,
    /// The project's own codes
    Own,
    /// One of the three for each patient
    Mixed,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum CourseName {
    /// Worked up, not yet treated
    Untreated,
    /// Irradiated, in follow-up
    Treated,
    /// A relapse after treatment
    Relapsed,
    /// Myeloma after treatment
    Myeloma,
    /// One of these for each patient
    Mixed,
}

/// Prints invented patients.
pub fn run(arguments: &Arguments) -> Result<Exit, Failed> {
    let shape = match arguments.shape {
        ShapeName::Danish => Shape::Danish,
        ShapeName::International => Shape::International,
        ShapeName::Own => Shape::Own,
        ShapeName::Mixed => Shape::Mixed,
    };
    let course = match arguments.course {
        CourseName::Untreated => Course::Untreated,
        CourseName::Treated => Course::Treated,
        CourseName::Relapsed => Course::Relapsed,
        CourseName::Myeloma => Course::Myeloma,
        CourseName::Mixed => Course::Mixed,
    };
    let mappings = Mappings::embedded().map_err(Failed::Mappings)?;
    let as_of = arguments.as_of.unwrap_or_else(super::today);
    let sample = Sample::new(&mappings, arguments.seed, shape, course, as_of);
    let mut output = Output::new();
    for number in 1..=arguments.count {
        let mut line = sample.patient(number);
        line.push('\n');
        if output.write(line.as_bytes())? == Written::NobodyReads {
            return Ok(Exit::Done);
        }
    }
    output.finish()?;
    Ok(Exit::Done)
}
