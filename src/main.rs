//! The command line of plasmabridge.
fn main() {}
