//! All integration tests in one binary, so that linking happens once.

mod bad_input;
mod definitions;
mod examples;
mod explanations;
mod hostile;
mod mappings;
mod readme;
mod rules;
mod traps;
