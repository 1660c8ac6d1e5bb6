//! The mapping files as the engine uses them: rules whose words, codes and units are already known to hold.

use super::codes::{CodeId, RuleId};
use super::file::{CodesIn, Element, PresenceForm, ResourceKind};
use super::part::{Field, Parts};
use super::units::UnitId;
use crate::inputs::Input;
use rust_decimal::Decimal;
use smallvec::SmallVec;

/// One way in which a record says an input.
#[derive(Debug)]
pub struct Rule {
    /// The input.
    pub input: Input,
    /// The kind of resource.
    pub resource: ResourceKind,
    /// Where the codes stand.
    pub codes_in: CodesIn,
    /// What the code alone says.
    pub says: Parts,
    /// Whether the code alone says anything.
    pub says_something: bool,
    /// How the value is read.
    pub value: Option<Reading>,
    /// How the other parts are read.
    pub fields: Vec<(Field, Reading)>,
    /// The extension that makes an entry each.
    pub each: Option<Box<str>>,
    /// Which part of an examination this is.
    pub part: Option<ExaminationPart>,
    /// Whether the site is the tumour's too.
    pub feeds_tumour_site: bool,
    /// The file that it stands in.
    pub file: Box<str>,
}

/// A part of an examination that counts only when all its parts were made on one day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExaminationPart {
    /// The examination that it is a part of.
    pub group: u8,
    /// This part, one bit.
    pub bit: u8,
    /// All parts together.
    pub all: u8,
}

/// How a part of an entry is read.
#[derive(Debug)]
pub struct Reading {
    /// Where it stands.
    pub place: Place,
    /// What it looks like.
    pub shape: Shape,
}

/// Where a part stands in the resource.
#[derive(Debug)]
pub enum Place {
    /// An element.
    Element(Element),
    /// A component with one of these codes.
    Component(SmallVec<[CodeId; 2]>),
    /// An extension, by its URLs from the outside in.
    Extension(Vec<Box<str>>),
}

/// What a part looks like.
#[derive(Debug)]
pub enum Shape {
    /// A number.
    Quantity(Factors),
    /// A whole number.
    Count(Factors),
    /// Words by their codes; none for those that leave it open.
    Code(Vec<(CodeId, Option<Box<str>>)>),
    /// Yes or no.
    Presence(Forms),
    /// A place in the body.
    Site,
    /// A calendar day.
    Date,
}

/// The units that are believed, each with the factor to the unit of the input.
#[derive(Clone, Debug, Default)]
pub struct Factors {
    /// By unit.
    pub units: SmallVec<[(UnitId, Decimal); 4]>,
    /// Whether a number without a unit is believed.
    pub without_unit: bool,
}

impl Factors {
    /// The factor of a unit, if it is believed.
    pub fn of(&self, unit: UnitId) -> Option<Decimal> {
        self.units.iter().find(|(id, _)| *id == unit).map(|(_, factor)| *factor)
    }
}

/// The forms in which a yes or a no is believed.
#[derive(Clone, Copy, Debug, Default)]
pub struct Forms(u8);

impl Forms {
    /// These forms.
    pub fn of(forms: &[PresenceForm]) -> Forms {
        Forms(forms.iter().fold(0, |bits, form| bits | 1 << (*form as u8)))
    }

    /// Whether this form is one of them.
    pub fn believe(self, form: PresenceForm) -> bool {
        self.0 & 1 << (form as u8) != 0
    }
}

/// What is set for an input as a whole.
#[derive(Clone, Debug, Default)]
pub struct InputSettings {
    /// The numbers that are believed, of the value and of the other parts.
    pub believed: Vec<(Field, Believed)>,
    /// The rules that feed it.
    pub rules: Vec<RuleId>,
    /// Why no standard code feeds it.
    pub own_code_only: Option<Box<str>>,
    /// The substance, by its name in `units.toml`.
    pub analyte: Option<Box<str>>,
    /// Factors for the project's own codes: any unit of `units.toml` that converts.
    pub own_factors: Factors,
    /// The file that it stands in.
    pub file: Box<str>,
}

/// From where to where a number is believed, both included.
#[derive(Clone, Copy, Debug, Default)]
pub struct Believed {
    /// The lowest.
    pub from: Option<Decimal>,
    /// The highest.
    pub to: Option<Decimal>,
}

impl InputSettings {
    /// Whether a number, in the unit of this part of the input, is beyond belief.
    pub fn suspects(&self, field: Field, value: Decimal) -> bool {
        self.believed.iter().filter(|(of, _)| *of == field).any(|(_, believed)| {
            believed.from.is_some_and(|from| value < from) || believed.to.is_some_and(|to| value > to)
        })
    }
}

/// Codes that look like an input and are not.
#[derive(Debug)]
pub struct Miss {
    /// The input.
    pub input: Input,
    /// Why they are not.
    pub why: Box<str>,
    /// Whether they name another disease: what was done for it is not treatment of this one.
    pub other_disease: bool,
}
