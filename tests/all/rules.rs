//! The rows of `fixtures/rules`: every threshold and every date edge, each below, at and above, in a person's words.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use plasmabridge::guideline::{ALL, Decision, decide, thresholds::*};
use plasmabridge::inputs::{Inputs, Limit, Test};
use rust_decimal::Decimal;
use serde_json::{Map, Value, json};
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

/// A patient that rows start from.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Base {
    as_of: toml::Value,
    inputs: toml::Table,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleFile {
    base: String,
    row: Vec<Row>,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    claim: String,
    base: Option<String>,
    as_of: Option<toml::Value>,
    #[serde(default)]
    with: toml::Table,
    #[serde(default)]
    also: toml::Table,
    #[serde(default)]
    without: Vec<String>,
    #[serde(default)]
    expect: toml::Table,
    #[serde(default)]
    absent: Vec<String>,
    below: Option<String>,
    at: Option<String>,
    above: Option<String>,
}

impl Row {
    /// The threshold that the row tries, and on which side.
    fn tried(&self) -> Option<(&str, Ordering)> {
        let sides = [(&self.below, Ordering::Less), (&self.at, Ordering::Equal), (&self.above, Ordering::Greater)];
        sides.into_iter().find_map(|(name, side)| Some((name.as_deref()?, side)))
    }
}

/// TOML as JSON: a number keeps the digits that were written, a bare date becomes its text.
fn as_json(value: &toml::Value) -> Value {
    match value {
        toml::Value::String(text) => json!(text),
        toml::Value::Integer(number) => json!(number),
        toml::Value::Float(number) => json!(number),
        toml::Value::Boolean(value) => json!(value),
        toml::Value::Datetime(time) => json!(time.to_string()),
        toml::Value::Array(items) => items.iter().map(as_json).collect(),
        toml::Value::Table(fields) => fields.iter().map(|(name, field)| (name.clone(), as_json(field))).collect(),
    }
}

/// The §9 object of a row: its base's, with what the row replaces, adds and leaves out.
fn patient(base: &Base, row: &Row) -> Result<String, String> {
    let mut inputs: Map<String, Value> =
        base.inputs.iter().map(|(name, entries)| (name.clone(), as_json(entries))).collect();
    for name in &row.without {
        inputs.remove(name).ok_or_else(|| format!("`without` names `{name}`, which the base has not"))?;
    }
    inputs.extend(row.with.iter().map(|(name, entries)| (name.clone(), as_json(entries))));
    for (name, entries) in &row.also {
        let list = inputs.entry(name.clone()).or_insert_with(|| json!([]));
        let (list, more) = (list.as_array_mut().unwrap(), as_json(entries));
        list.extend(more.as_array().ok_or_else(|| format!("`also.{name}` is no list"))?.iter().cloned());
    }
    let as_of = as_json(row.as_of.as_ref().unwrap_or(&base.as_of));
    Ok(json!({"patient": "Patient/rule", "as_of": as_of, "inputs": inputs}).to_string())
}

/// What stands at a step of a path: a field, a position in a list, or the item of a list with this `id` or `code`.
fn step<'v>(value: &'v Value, name: &str) -> Option<&'v Value> {
    match value {
        Value::Object(fields) => fields.get(name).or_else(|| step(fields.get("recommendations")?, name)),
        Value::Array(items) => match name.parse::<usize>() {
            Ok(position) => items.get(position),
            Err(_) => items.iter().find(|item| label(item) == Some(name)),
        },
        _ => None,
    }
}

fn label(item: &Value) -> Option<&str> {
    ["id", "code", "input"].into_iter().find_map(|field| item.get(field)?.as_str())
}

/// A list's words: its own, or the `id` or `code` of its items; their order says nothing.
fn words(items: &[Value]) -> Option<BTreeSet<&str>> {
    items.iter().map(|item| item.as_str().or_else(|| label(item))).collect()
}

/// Where what was found is not as expected: of a table only the fields that it names are looked at.
fn compare(found: Option<&Value>, expected: &Value, path: &str, wrong: &mut Vec<String>) {
    let equal = match (found, expected) {
        (Some(found), Value::Object(fields)) => {
            for (name, field) in fields {
                compare(step(found, name), field, &format!("{path}.{name}"), wrong);
            }
            return;
        }
        (Some(Value::Array(found)), Value::Array(expected)) => {
            found.len() == expected.len()
                && (found == expected || words(found).is_some_and(|it| Some(it) == words(expected)))
        }
        (Some(Value::Number(found)), Value::Number(expected)) => found.as_f64() == expected.as_f64(),
        (found, expected) => found == Some(expected),
    };
    if !equal {
        let found = found.map_or_else(|| "nothing".to_owned(), Value::to_string);
        wrong.push(format!("{}: expected {expected}, found {found}", path.trim_start_matches('.')));
    }
}

/// Whether a value was compared with this limit in the decision, and lay on this side of it.
fn was_compared(decision: &Decision<'_>, wanted: Limit, side: Ordering) -> bool {
    decision.looks.iter().any(|look| {
        // An exact number as a person reads it: "8.4 mmol/L"; one with a comparator is on no side.
        let shown = look.value().to_string();
        let Some(value) = shown.split(' ').next().and_then(|number| number.parse::<Decimal>().ok()) else {
            return false;
        };
        let limits = match look.test {
            Test::Above(limit) | Test::AtLeast(limit) | Test::Below(limit) => [(limit, limit.value); 2],
            Test::RatioAtLeast(limit) | Test::RatioAtMost(limit) => [(limit, limit.value); 2],
            Test::RatioOutside(low, high) => [(low, low.value), (high, high.value)],
            Test::AboveUpperLimitBy(upper, by) => [(by, upper + by.value); 2],
            Test::BelowLowerLimitBy(lower, by) => [(by, lower - by.value); 2],
            Test::RiseBy(_) | Test::RiseByFactor(_) | Test::Stated | Test::Read | Test::Recorded => return false,
        };
        limits.iter().any(|(limit, edge)| *limit == wanted && value.cmp(edge) == side)
    })
}

/// The limits whose comparison every decision writes down, so that a row's word on its side can be checked.
const LOOKED_AT: [(&str, Limit); 24] = [
    ("CALCIUM", CALCIUM),
    ("CALCIUM_ABOVE_UPPER", CALCIUM_ABOVE_UPPER),
    ("IONISED_ABOVE_UPPER", IONISED_ABOVE_UPPER),
    ("CREATININE", CREATININE),
    ("CREATININE_SAFE", CREATININE_SAFE),
    ("CLEARANCE", CLEARANCE),
    ("HAEMOGLOBIN", HAEMOGLOBIN),
    ("HAEMOGLOBIN_BELOW_LOWER", HAEMOGLOBIN_BELOW_LOWER),
    ("HAEMOGLOBIN_SAFE", HAEMOGLOBIN_SAFE),
    ("NO_LESION", NO_LESION),
    ("ONE_LESION", ONE_LESION),
    ("TWO_LESIONS", TWO_LESIONS),
    ("ANY_NEW_LESION", ANY_NEW_LESION),
    ("MARROW_INVOLVED", MARROW_INVOLVED),
    ("MARROW_NONE", MARROW_NONE),
    ("MARROW_60", MARROW_60),
    ("FLC_RATIO_HIGH", FLC_RATIO_HIGH),
    ("FLC_RATIO_LOW", FLC_RATIO_LOW),
    ("FLC_INVOLVED", FLC_INVOLVED),
    ("URINE_M_PROTEIN", URINE_M_PROTEIN),
    ("LARGE_TUMOUR", LARGE_TUMOUR),
    ("PAIN", PAIN),
    ("POOR_PERFORMANCE", POOR_PERFORMANCE),
    ("M_PROTEIN_PRESENT", M_PROTEIN_PRESENT),
];

/// The other limits, compared with a sum, a product or an interval of several entries.
const COMPUTED: [(&str, Limit); 11] = [
    ("FLC_NORMAL_LOW", FLC_NORMAL_LOW),
    ("FLC_NORMAL_HIGH", FLC_NORMAL_HIGH),
    ("CURATIVE_DOSE", CURATIVE_DOSE),
    ("PALLIATIVE_DOSE", PALLIATIVE_DOSE),
    ("ONE_TARGET_DOSE", ONE_TARGET_DOSE),
    ("DOSE_TOLERANCE", DOSE_TOLERANCE),
    ("FRACTION_LOW", FRACTION_LOW),
    ("FRACTION_HIGH", FRACTION_HIGH),
    ("RISE_FACTOR", RISE_FACTOR),
    ("RISE_M_PROTEIN", RISE_M_PROTEIN),
    ("RISE_CHAIN", RISE_CHAIN),
];

/// Every number of `thresholds.rs`; a pair has two edges, `.from` and `.to`, a list of pairs `.1.from` and so on.
fn thresholds() -> Vec<String> {
    let source = std::fs::read_to_string("src/guideline/thresholds.rs").unwrap();
    let constants = source.lines().filter_map(|line| line.strip_prefix("pub const "));
    let constants = constants.filter(|line| !line.starts_with("fn "));
    let named = constants.flat_map(|line| {
        let (name, rest) = line.split_once(": ").unwrap();
        let edges = match rest.split_once(" =").unwrap().0 {
            "i32" | "Limit" => [""].as_slice(),
            "(i32, i32)" => &[".from", ".to"],
            "[(i32, i32); 2]" => &[".1.from", ".1.to", ".2.from", ".2.to"],
            // What is to be given: what was given is compared with it by DOSE_TOLERANCE.
            "Dose" => &[],
            kind => panic!("{name} is a {kind}: say which edges it has"),
        };
        edges.iter().map(move |edge| format!("{name}{edge}"))
    });
    named.collect()
}

/// What a row's decision gets wrong; or why it is no row.
fn run(bases: &BTreeMap<String, Base>, file: &RuleFile, row: &Row) -> Result<Vec<String>, String> {
    let name = row.base.as_ref().unwrap_or(&file.base);
    let base = bases.get(name).ok_or_else(|| format!("there is no base `{name}`"))?;
    if row.expect.is_empty() && row.absent.is_empty() {
        return Err("it expects nothing".to_owned());
    }
    if [&row.below, &row.at, &row.above].into_iter().flatten().count() > 1 {
        return Err("it is on more than one side".to_owned());
    }
    let inputs = Inputs::from_json(&patient(base, row)?).map_err(|error| error.to_string())?;
    let decision = decide(&inputs, inputs.as_of().unwrap());
    let made = serde_json::to_value(&decision).unwrap();
    let mut wrong = Vec::new();
    for (name, field) in &row.expect {
        compare(step(&made, name), &as_json(field), name, &mut wrong);
    }
    for path in &row.absent {
        if let Some(found) = path.split('.').try_fold(&made, |value, name| step(value, name)) {
            wrong.push(format!("{path}: expected nothing, found {found}"));
        }
    }
    if let Some((name, side)) = row.tried() {
        if !thresholds().iter().any(|it| it == name) {
            return Err(format!("`{name}` is no number of thresholds.rs"));
        }
        let looked_at = LOOKED_AT.iter().find(|(it, _)| *it == name);
        if looked_at.is_some_and(|(_, limit)| !was_compared(&decision, *limit, side)) {
            wrong.push(format!("where a value was compared with {name}, none was on the side that the row says"));
        }
    }
    Ok(wrong)
}

fn bases() -> BTreeMap<String, Base> {
    toml::from_str(&std::fs::read_to_string("fixtures/rules/bases.toml").unwrap()).unwrap()
}

/// The files by name, in their order.
fn files() -> BTreeMap<String, RuleFile> {
    let paths = std::fs::read_dir("fixtures/rules").unwrap().map(|entry| entry.unwrap().path());
    let files = paths.filter(|path| path.extension().is_some_and(|it| it == "toml") && !path.ends_with("bases.toml"));
    let read = files.map(|path| {
        let file = toml::from_str(&std::fs::read_to_string(&path).unwrap());
        (path.display().to_string(), file.unwrap_or_else(|error| panic!("{}: {error}", path.display())))
    });
    read.collect()
}

#[test]
fn every_row_is_decided_as_it_says() {
    let (bases, files) = (bases(), files());
    let mut wrong = Vec::new();
    for (path, file) in &files {
        for row in &file.row {
            let outcome = run(&bases, file, row).unwrap_or_else(|reason| vec![reason]);
            wrong.extend(outcome.iter().map(|it| format!("{path}: {}\n    {it}", row.claim)));
        }
    }
    let rows: usize = files.values().map(|file| file.row.len()).sum();
    assert!(wrong.is_empty(), "{} of {rows} rows:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn every_number_of_the_guideline_is_tried_below_at_and_above() {
    let known = thresholds();
    let limits: BTreeSet<&str> = LOOKED_AT.iter().chain(&COMPUTED).map(|(name, _)| *name).collect();
    let source = std::fs::read_to_string("src/guideline/thresholds.rs").unwrap();
    for line in source.lines().filter(|line| line.starts_with("pub const ") && line.contains(": Limit =")) {
        assert!(limits.iter().any(|name| line.contains(&format!(" {name}:"))), "the tables above lack {line}");
    }
    let files = files();
    let tried: BTreeSet<_> = files.values().flat_map(|file| &file.row).filter_map(Row::tried).collect();
    let mut untried = Vec::new();
    for name in &known {
        for (side, word) in [(Ordering::Less, "below"), (Ordering::Equal, "at"), (Ordering::Greater, "above")] {
            if !tried.contains(&(name.as_str(), side)) {
                untried.push(format!("{word} = \"{name}\""));
            }
        }
    }
    assert!(known.len() >= 70, "{} numbers were found", known.len());
    assert!(untried.is_empty(), "no row has\n{}", untried.join("\n"));
}

#[test]
fn every_recommendation_is_tried_in_two_statuses() {
    let files = files();
    for rule in ALL {
        let id = serde_json::to_value(rule.id).unwrap();
        let expected = files.values().flat_map(|file| &file.row).filter_map(|row| row.expect.get(id.as_str()?));
        let statuses: BTreeSet<&str> = expected.filter_map(|it| it.get("status")?.as_str()).collect();
        assert!(statuses.len() >= 2, "{id} is tried as {statuses:?} only");
    }
}

#[test]
fn a_claim_is_made_once() {
    let files = files();
    let mut claims = BTreeSet::new();
    for (path, file) in &files {
        for row in &file.row {
            assert!(claims.insert(&row.claim), "{path}: there are two rows: {}", row.claim);
        }
    }
}

#[test]
fn a_row_that_is_none_is_refused() {
    let bases = bases();
    let refused = |lines: &str| {
        let text = format!("base = \"sbp\"\n[[row]]\nclaim = \"c\"\n{lines}\n");
        let Ok(file) = toml::from_str::<RuleFile>(&text) else { return true };
        run(&bases, &file, &file.row[0]).is_err()
    };
    assert!(!refused("expect.in_scope = true"));
    for lines in [
        "",
        "expect.in_scope = true\nexpected.in_scope = true",
        "expect.in_scope = true\nwith.hemoglobin = [{ value = 8 }]",
        "expect.in_scope = true\nwith.haemoglobin = [{ value = 8, lower = 7 }]",
        "expect.in_scope = true\nwithout = [\"fish\"]",
        "expect.in_scope = true\nbase = \"nobody\"",
        "expect.in_scope = true\nat = \"CALCIUM_TOTAL\"",
        "expect.in_scope = true\nat = \"CALCIUM\"\nbelow = \"CALCIUM\"",
    ] {
        assert!(refused(lines), "{lines}");
    }
}

#[test]
fn a_wrong_row_is_told_with_what_was_found() {
    let file = "base = \"sbp\"\n[[row]]\nclaim = \"c\"\nexpect.R02.status = \"recommended\"\nexpect.R02.grade = \"A\"";
    let file: RuleFile = toml::from_str(file).unwrap();
    let wrong = run(&bases(), &file, &file.row[0]).unwrap();
    assert_eq!(wrong, ["R02.status: expected \"recommended\", found \"fulfilled\""]);
}

#[test]
fn a_decimal_arrives_as_it_is_written() {
    let row: Row =
        toml::from_str("claim = \"c\"\nwith.serum_flc_ratio = [{ value = 1.65 }, { value = 0.26 }]").unwrap();
    let inputs = Inputs::from_json(&patient(&bases()["sbp"], &row).unwrap()).unwrap();
    let written = serde_json::to_value(&inputs).unwrap();
    let ratios: Vec<String> =
        written["inputs"]["serum_flc_ratio"].as_array().unwrap().iter().map(|it| it["value"].to_string()).collect();
    assert_eq!(ratios, ["0.26", "1.65"]);
}
