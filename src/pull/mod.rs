//! From files to patients: each patient's record whole, or not decided at all.

mod assemble;
mod damage;
mod files;
mod in_order;
mod outline;
mod patients;
mod survey;

pub use assemble::records;
pub use damage::{Damage, Failure, Place};
