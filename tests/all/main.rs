//! All integration tests in one binary, so that linking happens once.

mod definitions;
mod examples;
mod mappings;
mod rules;
mod traps;
