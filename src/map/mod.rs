//! From a record to typed inputs: the mapping files, their checks, and the reading of resources by them.

pub mod file;
