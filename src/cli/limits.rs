//! `--limit`: how much is read of what others wrote, where the usual is not enough.

use crate::bounds::{Bound, Bounds};
use clap::Args;

/// Other limits than the usual ones.
#[derive(Clone, Debug, Args)]
pub struct LimitArguments {
    /// Read up to another limit than the usual one (`--limit largest_document_mb=512`); the README lists them
    #[arg(long = "limit", value_name = "NAME=N", value_parser = limit, global = true)]
    limits: Vec<(Bound, u64)>,
}

impl LimitArguments {
    /// These limits, with those of the command line in their place.
    pub fn over(&self, bounds: Bounds) -> Bounds {
        // That each can be was seen when it was read.
        self.limits.iter().fold(bounds, |bounds, (bound, number)| bounds.with(*bound, *number).unwrap_or(bounds))
    }
}

fn limit(text: &str) -> Result<(Bound, u64), String> {
    let (name, number) = text.split_once('=').ok_or("not of the form NAME=N")?;
    let bound = Bound::of(name).ok_or_else(|| {
        let names = crate::bounds::ALL.map(|entry| entry.key);
        format!("no limit of that name; there are {}", names.join(", "))
    })?;
    let number = number.parse().map_err(|_| format!("`{number}` is not a whole number"))?;
    Bounds::default().with(bound, number).map_err(|error| error.to_string())?;
    Ok((bound, number))
}
