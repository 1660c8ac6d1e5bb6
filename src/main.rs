//! The command line of plasmabridge.

use plasmabridge::error::Exit;
use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    std::panic::catch_unwind(plasmabridge::cli::run).unwrap_or(Exit::OurFault).into()
}
