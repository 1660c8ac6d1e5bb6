//! The guideline's decision: pure, without clock, files or FHIR; reads the inputs alone.

pub mod all;
mod decision;
mod json;
mod vocabulary;

pub use decision::*;
