//! Brings what stands in agreement with what should stand: writes only where they differ, and never deletes.

pub mod difference;
pub mod folder;
pub mod gate;
pub mod json;
pub mod reconcile;
pub mod server;
pub mod standing;
