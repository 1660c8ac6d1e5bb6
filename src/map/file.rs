//! The format of the mapping files: what a person may write, and nothing else.

use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::BTreeMap;
use toml::Spanned;

/// A table whose keys remember where they stand in the file.
pub type Table<T> = BTreeMap<Spanned<String>, T>;

/// A text that remembers where it stands in the file.
pub type Text = Spanned<String>;

/// How one input is found in a record: a table named after the input.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InputTable {
    /// A line for the reader.
    #[serde(default)]
    pub about: Option<String>,
    /// The unit that values are brought to, as UCUM writes it; it must be the one of the decision specification.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub unit: Option<Text>,
    /// The substance, by its name in `units.toml`: only its conversions between mass and amount are used.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub analyte: Option<Text>,
    /// A number below this (in the input's unit) is suspect and not read.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub suspect_below: Option<Text>,
    /// A number above this (in the input's unit) is suspect and not read.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub suspect_above: Option<Text>,
    /// The same for its other parts that are numbers, by their names.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, Suspect>")]
    pub suspect_parts: Table<Suspect>,
    /// Why the input has no `from`: no standard code says it, so that it comes in the project's own code alone.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub own_code_only: Option<Text>,
    /// Where it is read from.
    #[serde(default)]
    #[schemars(with = "Vec<From>")]
    pub from: Vec<Spanned<From>>,
    /// Codes that look like it and are not: seen ones are named in the coverage with the reason.
    #[serde(default)]
    #[schemars(with = "Vec<NotThis>")]
    pub not: Vec<Spanned<NotThis>>,
}

/// Numbers beyond which a part of an entry is not believed, in its unit.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Suspect {
    /// A number below this is suspect.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub below: Option<Text>,
    /// A number above this is suspect.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub above: Option<Text>,
}

/// One way in which a record says the input.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct From {
    /// The kind of resource.
    #[schemars(with = "ResourceKind")]
    pub resource: Spanned<ResourceKind>,
    /// Where in the resource the codes are looked for; `code` if not said.
    #[serde(default)]
    pub codes_in: CodesIn,
    /// The codes. Only `Patient` has none, or a Procedure that is found by `profiles`.
    #[serde(default)]
    #[schemars(with = "Vec<Code>")]
    pub codes: Vec<Spanned<Code>>,
    /// Profiles: a Procedure that claims one of them in `meta.profile` is meant, whatever its code; a version (`|4.0.0`)
    /// that it claims does not matter.
    #[serde(default)]
    #[schemars(with = "Option<Vec<String>>")]
    pub profiles: Option<Spanned<Vec<Text>>>,
    /// Codes of a Procedure's `category` that are enough where it has no code and no profile that is known.
    #[serde(default)]
    #[schemars(with = "Option<Vec<Code>>")]
    pub categories: Option<Spanned<Vec<Spanned<Code>>>>,
    /// What the code alone says: the named parts of the entry (decision specification §9).
    #[serde(default)]
    #[schemars(with = "Says")]
    pub says: Option<Spanned<Says>>,
    /// How the entry's `value` is read.
    #[serde(default)]
    #[schemars(with = "Option<Reading>")]
    pub value: Option<Spanned<Reading>>,
    /// How the other named parts of the entry are read.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, Reading>")]
    pub fields: Table<Spanned<Reading>>,
    /// One entry for each extension with this URL, instead of one for the resource.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub each: Option<Text>,
    /// Part of an examination that counts only when all its parts were made on one day.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub part: Option<Text>,
    /// Other inputs that the same resource feeds: `tumour_site` (from a plasmacytoma's site).
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub also: Vec<Text>,
}

/// A code; it never stands alone.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Code {
    /// The short name of its system, from `systems.toml`.
    #[schemars(with = "String")]
    pub system: Text,
    /// The code as its system writes it.
    #[schemars(with = "String")]
    pub code: Text,
    /// What the system calls it.
    #[schemars(with = "String")]
    pub display: Text,
    /// How well it is known: `A` (official), `B` (a weaker place), `local` (the hospital's own word).
    #[schemars(with = "Trust")]
    pub trust: Text,
}

/// How well a code and its display are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, JsonSchema)]
pub enum Trust {
    /// Code and display were seen together in an implementation guide, or an official or curated data set.
    A,
    /// They were seen together in a weaker place.
    B,
    /// A hospital's own code.
    #[schemars(rename = "local")]
    Local,
}

/// Codes that are not the input, and why.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NotThis {
    /// Why they are not used; the coverage shows it.
    #[schemars(with = "String")]
    pub why: Text,
    /// The codes.
    #[serde(default)]
    #[schemars(with = "Vec<Code>")]
    pub codes: Vec<Spanned<Code>>,
    /// Profiles: a Procedure that claims one of them is not the input, whatever its code.
    #[serde(default)]
    #[schemars(with = "Option<Vec<String>>")]
    pub profiles: Option<Spanned<Vec<Text>>>,
    /// They name another disease: a treatment with one of them as its reason is not of the plasma cell disease.
    #[serde(default)]
    pub other_disease: bool,
}

/// The kinds of resources that are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, JsonSchema)]
pub enum ResourceKind {
    /// A result, alone, in a panel, or as a component.
    Observation,
    /// A report: an examination that was made, and its coded conclusions.
    DiagnosticReport,
    /// A diagnosis or a complication.
    Condition,
    /// A treatment.
    Procedure,
    /// The patient.
    Patient,
}

/// Where in a resource the codes are looked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CodesIn {
    /// In `code`: of the resource, and of the components of an Observation.
    #[default]
    Code,
    /// In `conclusionCode` of a DiagnosticReport.
    Conclusion,
}

/// How a part of an entry is read: the place (none: the resource's value) and one shape.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Reading {
    /// The place: a component of the Observation that has one of these codes.
    #[serde(default)]
    #[schemars(with = "Vec<Code>")]
    pub component: Vec<Spanned<Code>>,
    /// The place: an extension, by the URLs from the outside in.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub extension: Vec<Text>,
    /// The place: an element of the resource.
    #[serde(default)]
    pub element: Option<Element>,
    /// A number with one of these units (UCUM; `""` is none); any other is unreadable.
    #[serde(default)]
    #[schemars(with = "Option<Vec<String>>")]
    pub quantity: Option<Vec<Text>>,
    /// A whole number, plain or with one of these units.
    #[serde(default)]
    #[schemars(with = "Option<Vec<String>>")]
    pub count: Option<Vec<Text>>,
    /// Words of the input, each with the codes that mean it; `unclear` for those that leave it open.
    #[serde(default)]
    #[schemars(with = "Option<BTreeMap<String, Vec<Code>>>")]
    pub code: Option<Table<Vec<Spanned<Code>>>>,
    /// Yes or no, in these forms (the codes for yes and no are those of `values.toml`).
    #[serde(default)]
    pub presence: Option<Vec<PresenceForm>>,
    /// A place in the body, by the codes of `sites.toml`.
    #[serde(default)]
    pub site: Option<SiteForm>,
    /// A calendar day.
    #[serde(default)]
    pub date: Option<DateForm>,
}

/// An element that a part of an entry is read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Element {
    /// `value[x]` of an Observation; what is meant when no place is named.
    Value,
    /// `conclusionCode` of a DiagnosticReport.
    Conclusion,
    /// `outcome` of a Procedure.
    Outcome,
    /// `bodySite`, of any resource.
    BodySite,
    /// `birthDate` of the Patient.
    BirthDate,
    /// `deceasedBoolean` or `deceasedDateTime` of the Patient.
    Deceased,
}

/// The forms in which a yes or a no is believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PresenceForm {
    /// `valueBoolean`.
    Boolean,
    /// `valueCodeableConcept` with a code of `values.toml`.
    Coded,
    /// The number 0 or 1 (NPU's arbitrary concentration `0 1`).
    ZeroOne,
    /// `interpretation` with a code of `values.toml` (`POS`, `NEG`), where there is no value.
    Interpretation,
}

/// How a place in the body is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SiteForm {
    /// A code of `sites.toml`, or a reference to a BodyStructure whose location or morphology holder has one.
    Coded,
}

/// How a calendar day is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DateForm {
    /// A whole day; a partial date is not one.
    Day,
}

/// What a code alone says; the names are those of the decision specification §9.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Says {
    /// The entry's value: a word of the input, or yes or no.
    #[serde(default)]
    #[schemars(with = "Option<Word>")]
    pub value: Option<Spanned<Word>>,
    /// `kind` of a diagnosis or an operation.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub kind: Option<Text>,
    /// `modality` of an imaging examination.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub modality: Option<Text>,
    /// `abnormality` of a FISH result.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub abnormality: Option<Text>,
    /// `event` of an attribution.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub event: Option<Text>,
    /// `site`, where the code names it; a more exact one in the resource takes its place.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub site: Option<Text>,
    /// `margin` of a resection.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub margin: Option<Text>,
    /// `intent` of a course of radiotherapy.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub intent: Option<Text>,
    /// `clinical_status` of a diagnosis, where the code names it.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub clinical_status: Option<Text>,
    /// Whether osteosynthesis was inserted.
    #[serde(default)]
    #[schemars(with = "Option<bool>")]
    pub osteosynthesis: Option<Spanned<bool>>,
    /// Whether the broken bone bears weight.
    #[serde(default)]
    #[schemars(with = "Option<bool>")]
    pub weight_bearing: Option<Spanned<bool>>,
    /// Whether smouldering disease has the same code.
    #[serde(default)]
    #[schemars(with = "Option<bool>")]
    pub shared_with_smouldering: Option<Spanned<bool>>,
}

/// A word of an input, or yes or no.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Word {
    /// Yes or no.
    Bool(bool),
    /// A word.
    Text(String),
}

/// A system of codes, in `systems.toml`: a table under its short name.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct System {
    /// Its name for people.
    pub name: String,
    /// All URIs that mean it.
    #[schemars(with = "Vec<String>")]
    pub uris: Vec<Text>,
    /// How its codes are written.
    #[serde(default)]
    pub spelling: Spelling,
    /// The licence that its codes are quoted under.
    pub licence: String,
}

/// How the codes of a system are written, so that one code is known in each of its spellings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Spelling {
    /// As they stand.
    #[default]
    Exact,
    /// With or without the dot (`C90.3`, `C903`), capital or not; after `+` stand codes that only add to the first.
    Icd10,
    /// As `icd10`; a code with a letter after its digits (`C90.0A`) is one that only Denmark has, and is looked up there.
    Icd10Who,
    /// As `icd10`, and with or without the leading D (`DC903`, `C903`).
    SksDiagnosis,
    /// Capital or not; after `+` stand codes that only add to the first.
    Sks,
}

/// `units.toml`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Units {
    /// How units are written in the wild, each with the UCUM unit that is meant.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, Vec<String>>")]
    pub written: Table<Vec<Text>>,
    /// Conversions that UCUM cannot make, since they need the substance.
    #[serde(default)]
    #[schemars(with = "Vec<Conversion>")]
    pub conversion: Vec<Spanned<Conversion>>,
}

/// A conversion of one substance between mass and amount (or charge and amount).
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Conversion {
    /// The substance; an input names it as its `analyte`.
    #[schemars(with = "String")]
    pub analyte: Text,
    /// A unit, as UCUM writes it.
    #[schemars(with = "String")]
    pub from: Text,
    /// The unit that is wanted.
    #[schemars(with = "String")]
    pub to: Text,
    /// `to` = `from` × this, as a decimal in quotation marks.
    #[schemars(with = "String")]
    pub factor: Text,
    /// The molar mass in g/mol that the factor must agree with to one in a thousand.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub molar_mass: Option<Text>,
    /// Where the factor comes from.
    pub basis: String,
}

/// `values.toml`: the codes that mean yes, no, or neither, wherever a presence is read; and those for men and women, whom
/// reference limits are for.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Values {
    /// Yes.
    #[schemars(with = "Vec<Code>")]
    pub yes: Vec<Spanned<Code>>,
    /// No.
    #[schemars(with = "Vec<Code>")]
    pub no: Vec<Spanned<Code>>,
    /// Neither: no entry is made, and the coverage says so.
    #[serde(default)]
    #[schemars(with = "Vec<Code>")]
    pub unclear: Vec<Spanned<Code>>,
    /// Men.
    #[serde(default)]
    #[schemars(with = "Vec<Code>")]
    pub male: Vec<Spanned<Code>>,
    /// Women.
    #[serde(default)]
    #[schemars(with = "Vec<Code>")]
    pub female: Vec<Spanned<Code>>,
}

/// A place in the body, in `sites.toml`: a table named after the word of the decision specification.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SiteTable {
    /// The codes that mean it.
    #[serde(default)]
    #[schemars(with = "Vec<Code>")]
    pub codes: Vec<Spanned<Code>>,
}
