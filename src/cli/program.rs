//! Which program this is: the digest of the file that it was started from.

use crate::digest::Digest;
use std::fs::File;
use std::path::PathBuf;

/// SHA-256 of the program's own file; nothing where the system does not let it be read.
pub fn executable() -> Option<String> {
    let digest = File::open(path()?).and_then(Digest::of_all);
    match digest {
        Ok(digest) => Some(digest.to_string()),
        Err(error) => {
            tracing::warn!(%error, "the program's own file cannot be read; runs are recorded without its digest");
            None
        }
    }
}

/// Where the file is to be read that runs, even if another has been put in its place since.
#[cfg(target_os = "linux")]
fn path() -> Option<PathBuf> {
    Some(PathBuf::from("/proc/self/exe"))
}

#[cfg(not(target_os = "linux"))]
fn path() -> Option<PathBuf> {
    std::env::current_exe().ok()
}
