//! The log of a case: a value opens only through it, so that every look is written down with its test and result.

use super::entry::{Attribution, Diagnosis, Entry, Fish, Radiotherapy, Source, Surgery, SystemicTherapy, Value};
use super::interval::Interval;
use super::name::Input;
use super::shown::Shown;
use super::time::Day;
use super::truth::{Limit, Truth};
use super::window::{Agreement, Reading};
use super::words::{LifeExpectancy, LightChain, Modality, Relapse, Response, Severity, Site};
use rust_decimal::Decimal;
use std::cell::RefCell;
use std::fmt;

/// What a value was tested for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Test {
    /// More than the limit.
    Above(Limit),
    /// At least the limit.
    AtLeast(Limit),
    /// Less than the limit.
    Below(Limit),
    /// More than the limit above the laboratory's upper reference limit.
    AboveUpperLimitBy(Decimal, Limit),
    /// More than the limit below the laboratory's lower reference limit.
    BelowLowerLimitBy(Decimal, Limit),
    /// At least the limit above the lowest earlier number.
    RiseBy(Limit),
    /// At least the limit times the lowest earlier number.
    RiseByFactor(Limit),
    /// A yes or no that says yes.
    Stated,
    /// It was read for what it says.
    Read,
    /// There is one.
    Recorded,
    /// The ratio of kappa and lambda of one time.
    RatioAtLeast(Limit),
    /// The ratio of kappa and lambda of one time.
    RatioAtMost(Limit),
    /// The ratio of kappa and lambda of one time.
    RatioOutside(Limit, Limit),
}

impl fmt::Display for Test {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Test::Above(limit) => write!(f, "> {limit}"),
            Test::AtLeast(limit) => write!(f, ">= {limit}"),
            Test::Below(limit) => write!(f, "< {limit}"),
            Test::AboveUpperLimitBy(upper, by) if by.value.is_zero() => write!(f, "> {upper} {}", by.unit),
            Test::AboveUpperLimitBy(upper, by) => write!(f, "> {upper} + {by}"),
            Test::BelowLowerLimitBy(lower, by) => write!(f, "< {lower} - {by}"),
            Test::RiseBy(limit) => write!(f, "risen by >= {limit}"),
            Test::RiseByFactor(limit) => write!(f, "risen to >= {limit} times"),
            Test::Stated => f.write_str("is true"),
            Test::Read => f.write_str("what it says"),
            Test::Recorded => f.write_str("is recorded"),
            Test::RatioAtLeast(limit) => write!(f, "kappa/lambda >= {limit}"),
            Test::RatioAtMost(limit) => write!(f, "kappa/lambda <= {limit}"),
            Test::RatioOutside(low, high) => write!(f, "< {low} or > {high}"),
        }
    }
}

/// One look at a value: which, for what, and what came of it.
#[derive(Clone, Copy, Debug)]
pub struct Look<'i> {
    /// The input.
    pub input: Input,
    /// The entry; nothing if there was none to look at.
    pub entry: Option<&'i Entry>,
    /// What it was tested for.
    pub test: Test,
    /// What came of it.
    pub result: Truth,
}

impl<'i> Look<'i> {
    /// The value as a person reads it, with its unit.
    pub fn value(&self) -> Shown<'i> {
        Shown::of(self.entry)
    }

    /// The resource that it was read from.
    pub fn source(&self) -> Option<&'i Source> {
        self.entry.and_then(|entry| entry.source.as_ref())
    }
}

/// A stretch of the log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span {
    start: u32,
    end: u32,
}

impl Span {
    /// The looks of this stretch.
    pub fn of<'a, 'i>(self, looks: &'a [Look<'i>]) -> &'a [Look<'i>] {
        looks.get(self.start as usize..self.end as usize).unwrap_or(&[])
    }
}

/// The looks of one case, in their order.
#[derive(Debug, Default)]
pub struct Log<'i> {
    looks: RefCell<Vec<Look<'i>>>,
}

impl<'i> Log<'i> {
    /// An empty log.
    pub fn new() -> Log<'i> {
        Log { looks: RefCell::new(Vec::with_capacity(128)) }
    }

    /// What was looked at, once the case is decided.
    pub fn into_looks(self) -> Vec<Look<'i>> {
        self.looks.into_inner()
    }

    /// What `work` returns, with the stretch of the log that it wrote.
    pub fn span<T>(&self, work: impl FnOnce() -> T) -> (T, Span) {
        let start = self.looks.borrow().len() as u32;
        let result = work();
        (result, Span { start, end: self.looks.borrow().len() as u32 })
    }

    fn note(&self, entry: &'i Entry, test: Test, result: Truth) -> Truth {
        self.looks.borrow_mut().push(Look { input: entry.input, entry: Some(entry), test, result });
        result
    }

    /// Notes that there is no entry of an input.
    pub fn absent(&self, input: Input) {
        self.looks.borrow_mut().push(Look { input, entry: None, test: Test::Recorded, result: Truth::False });
    }

    /// Notes that there is this entry: an examination that was done, for example.
    pub fn recorded(&self, entry: &'i Entry) {
        self.note(entry, Test::Recorded, Truth::True);
    }

    /// Notes what a test of the caller's own made of an entry that it has opened.
    pub fn tested(&self, entry: &'i Entry, test: Test, result: Truth) -> Truth {
        self.note(entry, test, result)
    }

    /// The numbers that an entry may be; nothing if it is no number. Opens it without a test: what is made of it is
    /// noted with [`Log::tested`].
    pub fn interval(&self, entry: &'i Entry) -> Option<Interval> {
        match entry.value {
            Value::Quantity(quantity) => Some(Interval::of(&quantity, entry.input.is_whole())),
            _ => None,
        }
    }

    /// Whether any test can read the entry (§3, *baseline*): a number of which something is left, an ionised calcium
    /// with its upper limit, no urine M-protein without a number, an examination by MRI or PET/CT.
    pub fn is_readable(&self, entry: &'i Entry) -> bool {
        match entry.value {
            Value::Quantity(quantity) => {
                !Interval::of(&quantity, entry.input.is_whole()).is_empty()
                    && (entry.input != Input::CalciumIonised || quantity.high.is_some())
            }
            Value::Bool(value) => !(value && entry.input == Input::UrineMProtein),
            Value::Imaging(modality) => modality.is_guideline_technique(),
            _ => true,
        }
    }

    /// Whether the number is more than the limit; unknown if it is no number.
    pub fn above(&self, entry: &'i Entry, limit: Limit) -> Truth {
        let result = self.interval(entry).map_or(Truth::Unknown, |interval| interval.above(limit.value));
        self.note(entry, Test::Above(limit), result)
    }

    /// Whether the number is at least the limit; unknown if it is no number.
    pub fn at_least(&self, entry: &'i Entry, limit: Limit) -> Truth {
        let result = self.interval(entry).map_or(Truth::Unknown, |interval| interval.at_least(limit.value));
        self.note(entry, Test::AtLeast(limit), result)
    }

    /// Whether the number is less than the limit; unknown if it is no number.
    pub fn below(&self, entry: &'i Entry, limit: Limit) -> Truth {
        let result = self.interval(entry).map_or(Truth::Unknown, |interval| interval.at_least(limit.value).negated());
        self.note(entry, Test::Below(limit), result)
    }

    /// Whether the number is more than `by` above its own upper reference limit; nothing if it has none.
    pub fn above_upper_limit(&self, entry: &'i Entry, by: Limit) -> Option<Truth> {
        let Value::Quantity(quantity) = entry.value else { return None };
        let high = quantity.high?;
        let result = self.interval(entry)?.above(high.checked_add(by.value)?);
        Some(self.note(entry, Test::AboveUpperLimitBy(high, by), result))
    }

    /// Whether the number is more than `by` below its own lower reference limit; nothing if it has none.
    pub fn below_lower_limit(&self, entry: &'i Entry, by: Limit) -> Option<Truth> {
        let Value::Quantity(quantity) = entry.value else { return None };
        let low = quantity.low?;
        let result = self.interval(entry)?.at_least(low.checked_sub(by.value)?).negated();
        Some(self.note(entry, Test::BelowLowerLimitBy(low, by), result))
    }

    /// What a yes or no says; nothing if the entry is none.
    pub fn flag(&self, entry: &'i Entry) -> Option<bool> {
        let Value::Bool(value) = entry.value else { return None };
        self.note(entry, Test::Stated, Truth::known(value));
        Some(value)
    }

    /// What the newest entries answer to a test, by the conflict rules for open inputs (§3): between two exact
    /// numbers the test must say the same of both, a number and a bool must answer alike, all else is unknown.
    pub fn answer(&self, reading: &Reading<'i>, test: impl Fn(&'i Entry) -> Truth) -> Truth {
        let answers = reading.entries.iter().map(|entry| test(entry));
        let mut alike = answers.fold(None, |alike: Option<Truth>, answer| match alike {
            Some(other) if other != answer => Some(Truth::Unknown),
            _ => Some(answer),
        });
        let comparator =
            |entry: &&&'i Entry| matches!(entry.value, Value::Quantity(quantity) if quantity.comparator.is_some());
        let unsettled = match reading.agreement {
            Agreement::Disagree => true,
            Agreement::NumberAndBool => {
                reading.entries.iter().filter(comparator).count() > 0 && reading.entries.len() > 2
            }
            Agreement::Agree | Agreement::Between => false,
        };
        if unsettled {
            alike = Some(Truth::Unknown);
        }
        alike.unwrap_or(Truth::Unknown)
    }

    fn read<T>(&self, entry: &'i Entry, open: impl FnOnce(&Value) -> Option<T>) -> Option<T> {
        let opened = open(&entry.value)?;
        self.note(entry, Test::Read, Truth::True);
        Some(opened)
    }

    /// The date that a birth-date entry says.
    pub fn date(&self, entry: &'i Entry) -> Option<Day> {
        self.read(entry, |value| if let Value::Date(day) = value { Some(*day) } else { None })
    }

    /// The place that a tumour-site entry says.
    pub fn site(&self, entry: &'i Entry) -> Option<Site> {
        self.read(entry, |value| if let Value::Site(site) = value { Some(*site) } else { None })
    }

    /// The light-chain restriction that an entry says.
    pub fn light_chain(&self, entry: &'i Entry) -> Option<LightChain> {
        self.read(entry, |value| if let Value::LightChain(word) = value { Some(*word) } else { None })
    }

    /// How severe a complication is, as the entry says.
    pub fn severity(&self, entry: &'i Entry) -> Option<Severity> {
        self.read(entry, |value| if let Value::Severity(word) = value { Some(*word) } else { None })
    }

    /// The response that an entry says.
    pub fn response(&self, entry: &'i Entry) -> Option<Response> {
        self.read(entry, |value| if let Value::Response(word) = value { Some(*word) } else { None })
    }

    /// The relapse that an entry says.
    pub fn relapse(&self, entry: &'i Entry) -> Option<Relapse> {
        self.read(entry, |value| if let Value::Relapse(word) = value { Some(*word) } else { None })
    }

    /// The life expectancy that an entry says.
    pub fn life_expectancy(&self, entry: &'i Entry) -> Option<LifeExpectancy> {
        self.read(entry, |value| if let Value::LifeExpectancy(word) = value { Some(*word) } else { None })
    }

    /// The diagnosis of an entry.
    pub fn diagnosis(&self, entry: &'i Entry) -> Option<&'i Diagnosis> {
        let Value::Diagnosis(diagnosis) = &entry.value else { return None };
        self.note(entry, Test::Read, Truth::True);
        Some(diagnosis)
    }

    /// The technique of an imaging examination.
    pub fn modality(&self, entry: &'i Entry) -> Option<Modality> {
        self.read(entry, |value| if let Value::Imaging(modality) = value { Some(*modality) } else { None })
    }

    /// The FISH result of an entry.
    pub fn fish(&self, entry: &'i Entry) -> Option<Fish> {
        self.read(entry, |value| if let Value::Fish(fish) = value { Some(*fish) } else { None })
    }

    /// The attribution of an entry.
    pub fn attribution(&self, entry: &'i Entry) -> Option<Attribution> {
        self.read(entry, |value| if let Value::Attribution(attribution) = value { Some(*attribution) } else { None })
    }

    /// The operation of an entry.
    pub fn surgery(&self, entry: &'i Entry) -> Option<Surgery> {
        self.read(entry, |value| if let Value::Surgery(surgery) = value { Some(*surgery) } else { None })
    }

    /// The course of radiotherapy of an entry.
    pub fn radiotherapy(&self, entry: &'i Entry) -> Option<Radiotherapy> {
        self.read(entry, |value| if let Value::Radiotherapy(course) = value { Some(*course) } else { None })
    }

    /// The systemic therapy of an entry.
    pub fn systemic_therapy(&self, entry: &'i Entry) -> Option<SystemicTherapy> {
        self.read(entry, |value| if let Value::SystemicTherapy(therapy) = value { Some(*therapy) } else { None })
    }
}
