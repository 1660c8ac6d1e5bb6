//! Runs the Danish guideline on solitary plasmacytoma over FHIR R4 records: pull, map, decide, plan, write.

pub mod bounds;
pub mod cli;
pub mod config;
pub mod digest;
pub mod doctor;
pub mod error;
pub mod fhir;
pub mod guideline;
pub mod inputs;
pub mod map;
pub mod plan;
pub mod pull;
pub mod sample;
pub mod seed;
pub mod server;
pub mod sync;
pub mod write;
