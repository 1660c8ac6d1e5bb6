//! Invented patients, by the guideline's own figures: for benchmarks, for tests, and to look at.

mod random;
mod shape;
mod story;
mod written;

pub use shape::{TAG_CODE, TAG_SYSTEM};

use crate::inputs::Day;
use crate::map::Mappings;
use random::Random;
use shape::Writer;
use story::Story;
use written::as_servers_write;

/// The shape of FHIR that a record comes in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Shape {
    /// NPU and SKS, units as text.
    Danish,
    /// LOINC and SNOMED CT, units in UCUM.
    International,
    /// The project's own codes.
    Own,
    /// One of the three for each patient.
    #[default]
    Mixed,
}

/// How far the disease has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Course {
    /// Worked up, not yet treated.
    Untreated,
    /// Irradiated, in follow-up.
    Treated,
    /// A relapse after treatment.
    Relapsed,
    /// Myeloma after treatment.
    Myeloma,
    /// One of these for each patient.
    #[default]
    Mixed,
}

/// Invented patients, the same for the same seed.
#[derive(Debug)]
pub struct Sample {
    writer: Writer,
    seed: u64,
    shape: Shape,
    course: Course,
    as_of: Day,
}

impl Sample {
    /// With the codes of these mapping files, as of a day.
    pub fn new(mappings: &Mappings, seed: u64, shape: Shape, course: Course, as_of: Day) -> Sample {
        Sample { writer: Writer::new(mappings, seed), seed, shape, course, as_of }
    }

    /// The patient of a number (from 1) as the text of a collection Bundle, on one line.
    pub fn patient(&self, number: u64) -> String {
        let story = Story::new(self.seed, number, self.course, self.as_of);
        let shape = match self.shape {
            Shape::Mixed => {
                let shapes = [Shape::Danish, Shape::International, Shape::Own];
                Random::new(!self.seed, number).one_of(&shapes).unwrap_or(Shape::Own)
            }
            shape => shape,
        };
        as_servers_write(&self.writer.bundle(&story, shape))
    }
}
