//! From files to patients: each patient's record whole, or not decided at all.
//!
//! The input is read twice. The first reading looks only at whose each resource is and whether the text is sound; the
//! second reads each patient's texts, wherever they stand, and puts the record together. So the resources of one
//! patient may be spread over lines and files in any order, nobody is decided from half a record or twice, and memory
//! holds some fifty bytes for each stretch of a patient's lines, and the texts that are being worked on.
//!
//! What cannot be read twice (standard input, compressed lines) is kept, from 32 MB in a temporary file without a name.
//!
//! Damage (no JSON, no FHIR, another FHIR version, a field of the wrong type, a file that breaks off) is a [`Failure`],
//! with the place; whoever may have lost a resource by it is not decided:
//! - the patient whose the damaged resource is, as it says itself; else the patients whom the damaged text still names;
//! - if it names none: nobody, where every other patient of the file is in one Bundle and in no other file; the patients
//!   of the lines before and after it, where the lines of a patient stand together; else all who stand in the file, and,
//!   if these stand in other files too, all;
//! - if nothing of the file is left: nobody, where every patient is in one Bundle of one file; else all;
//! - all who may be meant by a name that several patients bear.
//!
//! A search that goes on at a page (`link` `next`) that is not in the input has not completed, and what it did not bring
//! is not known to be absent: the patients of that page are not decided; if it names none, nobody is.
//!
//! What is not read cannot be damaged: resources of other types, and fields that no input is read from. A value that FHIR
//! allows and that no input can use (a unit, a status, a date that is none) is no damage either: the coverage names it.

mod assemble;
mod compressed;
mod damage;
mod each_line;
mod feeder;
mod files;
mod groups;
mod in_order;
mod index;
mod lines;
mod outline;
mod patients;
mod read;
mod remains;
pub mod server;
mod survey;

pub use assemble::records;
pub use damage::{Damage, Failure, Place};
pub use each_line::each_line;
pub use read::PatientFiles;
