//! The guideline's decision: pure, without clock, files or FHIR; reads the inputs alone.

pub mod all;
mod anchors;
mod bases;
mod case;
mod classification;
mod complications;
mod courses;
mod decide;
mod decision;
mod diagnosis;
mod dose;
mod draft;
mod events;
pub mod explanation;
mod facts;
mod findings;
mod follow_up;
mod json;
mod light_chains;
mod palliation;
mod prognosis;
mod relapse;
mod relapse_state;
mod standing;
pub mod thresholds;
mod treatment;
mod vocabulary;

pub use all::ALL;
pub use decide::decide;
pub use decision::*;
