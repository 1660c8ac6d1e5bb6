//! Words for the figures of an explanation: limits, lengths of time, where each stands.

use super::inputs::spelled;
use super::{Language, Words, decimal, words};
use crate::guideline::explanation::{Length, Phrase};
use crate::inputs::Limit;

/// A phrase of an explanation in one of the languages.
pub const fn phrase(phrase: Phrase, language: Language) -> &'static str {
    words(phrase.english, phrase.danish).in_language(language)
}

/// A limit with its unit.
pub fn limit(limit: Limit, language: Language) -> String {
    let value = decimal(&limit.value.to_string(), language);
    match limit.unit {
        "" => value,
        unit => format!("{value} {}", spelled(unit, language)),
    }
}

/// A length of time.
pub fn length(length: Length, language: Language) -> String {
    let unit = |one: Words, many: Words, count: i32| if count == 1 { one } else { many }.in_language(language);
    let months = |count| unit(words("month", "måned"), words("months", "måneder"), count);
    match length {
        Length::Days(count) => format!("{count} {}", unit(words("day", "dag"), words("days", "dage"), count)),
        Length::Months(count) => format!("{count} {}", months(count)),
        Length::MonthsBetween((from, to)) => {
            format!("{from} {} {to} {}", words("to", "til").in_language(language), months(to))
        }
        Length::Years(count) => format!("{count} {}", unit(words("year", "år"), words("years", "år"), count)),
    }
}

/// Where a figure stands.
pub fn source(source: &'static str) -> Words {
    let danish = match source {
        "ours" => "vores",
        "guideline" => "retningslinjen",
        "guideline, text under R01-R04" => "retningslinjen, teksten under R01-R04",
        "Table 1" => "tabel 1",
        "text under R05" => "teksten under R05",
        "text under R06" => "teksten under R06",
        "R06 and the text under it" => "R06 og teksten under den",
        "R06, both ranges (A1)" => "R06, begge intervaller (A1)",
        "text under R13 (ref. 5)" => "teksten under R13 (ref. 5)",
        "text under R14" => "teksten under R14",
        "response criteria of the IMWG, ref. 6's group; ours" => "IMWG's responskriterier (gruppen bag ref. 6); vores",
        same => same,
    };
    words(source, danish)
}
