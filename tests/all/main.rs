//! All integration tests in one binary, so that linking happens once.

mod bad_input;
mod definitions;
mod examples;
mod hostile;
mod mappings;
mod traps;
