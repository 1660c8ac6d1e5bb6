//! When a decision may change with time alone: a due date passes, a finding is no longer current, a course has ended.

use crate::guideline::{Decision, decide};
use crate::inputs::{Day, Inputs};

/// The day by which everyone is looked at again, whatever their decision.
const HORIZON_DAYS: i32 = 30;

/// The first day after a decision's own on which the same inputs decide otherwise; at the latest a month on.
pub fn next_look(inputs: &Inputs, decision: &Decision<'_>) -> Day {
    let today = but_for_its_day(decision);
    let days = (1..=HORIZON_DAYS).map(|days| decision.as_of.plus_days(days));
    let mut changing = days.filter(|day| but_for_its_day(&decide(inputs, *day)) != today);
    changing.next().unwrap_or(decision.as_of.plus_days(HORIZON_DAYS))
}

/// All that a decision says but for its day; nothing where it cannot be written, which then counts as changing.
fn but_for_its_day(decision: &Decision<'_>) -> Option<String> {
    let text = serde_json::to_string(decision).ok()?;
    Some(text.replacen(&format!("\"as_of\":\"{}\"", decision.as_of), "", 1))
}
