//! Against a real HAPI FHIR server (`tests/hapi/`), where `PLASMABRIDGE_TEST_HAPI=1` asks for it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod again;
mod bulk;
mod changes;
mod hands;
mod quiet;
mod seeding;
mod server;
mod who;
