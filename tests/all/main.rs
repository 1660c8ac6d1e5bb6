//! All integration tests in one binary, so that linking happens once.

mod definitions;
mod examples;
mod mappings;
mod standing;
mod stories;
mod stories_cover;
mod traps;
mod written;
