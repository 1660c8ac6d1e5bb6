//! From a record to typed inputs: the mapping files, their checks, and the reading of resources by them.

mod answered;
mod code_system;
mod codes;
mod condition;
mod coverage;
mod date;
mod engine;
pub mod file;
mod hash;
mod input_table;
mod limits;
mod list;
mod load;
mod number;
mod observation;
mod own;
mod panel;
mod part;
mod performed;
mod problem;
mod procedure;
mod profiles;
mod purpose;
mod read;
mod reading;
mod reason;
mod report;
mod rule;
mod selectors;
mod sharing;
mod site;
mod starts;
mod units;

pub use code_system::code_system_problems;
pub use codes::{CodeId, KnownCode};
pub use coverage::{Coverage, CoverageReport, FoundBy, FoundCode, NotUsed};
pub use list::{ListedCode, Listing, schema};
pub use problem::{Problem, SourceFile, picture};
pub use profiles::ProfileId;
pub use reason::Reason;
pub use rule::Rule;

use codes::Codes;
use profiles::Profiles;
use rule::{InputSettings, Miss};
use units::Units;

/// The mapping files, read and checked: what each code means for the inputs.
#[derive(Debug)]
pub struct Mappings {
    codes: Codes,
    profiles: Profiles,
    units: Units,
    rules: Vec<Rule>,
    misses: Vec<Miss>,
    settings: Vec<InputSettings>,
    digest: String,
}
