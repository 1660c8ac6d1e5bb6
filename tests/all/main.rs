//! All integration tests in one binary, so that linking happens once.

mod definitions;
mod examples;
mod explanations;
mod mappings;
mod readme;
mod traps;
