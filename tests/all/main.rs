//! All integration tests in one binary, so that linking happens once.

mod architecture;
mod bad_input;
mod configuration;
mod copies;
mod corpus;
mod definitions;
mod examples;
mod explanations;
mod generate;
mod hapi;
mod hostile;
mod later;
mod mappings;
mod missing;
mod ordinary;
mod own_codes;
mod properties;
mod readme;
mod rules;
mod sample;
mod seed;
mod standing;
mod stories;
mod stories_cover;
mod traps;
mod written;
