//! All integration tests in one binary, so that linking happens once.

mod corpus;
mod definitions;
mod examples;
mod generate;
mod mappings;
mod missing;
mod ordinary;
mod own_codes;
mod properties;
mod traps;
