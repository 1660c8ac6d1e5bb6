//! Each shape in which FHIR can say a thing, and what the engine makes of it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
