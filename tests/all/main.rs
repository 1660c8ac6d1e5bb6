//! All integration tests in one binary, so that linking happens once.

mod corpus;
mod definitions;
mod examples;
mod mappings;
mod traps;
