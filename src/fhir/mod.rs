//! FHIR's JSON, the only place that knows it: what is read of a resource, and how resources refer to each other.

pub mod bundle;
pub mod clinical;
mod common;
pub mod datatypes;
pub mod observation;
pub mod record;
pub mod reference;
pub mod resource;
pub mod resources;
pub mod schema;
pub mod text;
pub mod versions;

pub use common::Common;
pub use record::{Found, Oddity, Record, Stored};
pub use resource::{Resource, Unreadable};
