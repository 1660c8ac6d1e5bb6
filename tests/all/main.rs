//! All integration tests in one binary, so that linking happens once.

mod definitions;
mod mappings;
mod traps;
