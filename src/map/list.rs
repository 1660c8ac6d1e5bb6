//! The mappings laid out for people, and the JSON Schema of the files for editors.

use super::{Mappings, file};
use crate::inputs::Input;
use schemars::generate::SchemaSettings;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fmt;

/// One code that feeds an input, as `mappings list` shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedCode {
    /// The input.
    pub input: Input,
    /// The kind of resource.
    pub resource: file::ResourceKind,
    /// Whether the code stands in the conclusion of a report.
    pub codes_in: file::CodesIn,
    /// The system's short name.
    pub system: String,
    /// A URI that means the system.
    pub uri: String,
    /// The code.
    pub code: String,
    /// Its display.
    pub display: String,
    /// How well it is known.
    pub trust: file::Trust,
    /// The file that it stands in.
    pub file: String,
}

/// All inputs with what feeds them, as a table.
#[derive(Clone, Copy, Debug)]
pub struct Listing<'m>(&'m Mappings);

impl Mappings {
    /// The inputs with what feeds them, for a person.
    pub const fn listing(&self) -> Listing<'_> {
        Listing(self)
    }

    /// The files that feed an input.
    pub fn files_of(&self, input: Input) -> Vec<&str> {
        let settings = self.settings.get(input as usize);
        let of_rules = self
            .rules
            .iter()
            .filter(|rule| rule.input == input || (rule.feeds_tumour_site && input == Input::TumourSite))
            .map(|rule| &*rule.file);
        let files: BTreeSet<&str> = settings
            .map(|settings| &*settings.file)
            .into_iter()
            .chain(of_rules)
            .filter(|file| !file.is_empty())
            .collect();
        files.into_iter().collect()
    }

    /// Why no standard code feeds an input, if that is so.
    pub fn own_code_only(&self, input: Input) -> Option<&str> {
        self.settings.get(input as usize)?.own_code_only.as_deref()
    }

    /// Whether the files name a code at all.
    pub fn knows(&self, system: &str, code: &str) -> bool {
        self.codes.find(system, code).is_some()
    }

    /// SHA-256 of the files, so that a later run sees whether they have changed.
    pub fn digest(&self) -> String {
        self.digest.clone()
    }

    /// Every `URI|code` by which the resources of a kind can be searched that start a rule for an input that is wanted;
    /// those in conclusions apart from those of the resource itself.
    pub fn search_tokens(
        &self,
        resource: file::ResourceKind,
        codes_in: file::CodesIn,
        wanted: impl Fn(Input) -> bool,
    ) -> Vec<String> {
        let is_wanted =
            |rule: &super::Rule| rule.resource == resource && rule.codes_in == codes_in && wanted(rule.input);
        let mut tokens: Vec<String> = self
            .codes
            .all()
            .filter(|(_, known)| {
                known.rules.iter().any(|(_, id)| self.rules.get(usize::from(id.0)).is_some_and(is_wanted))
            })
            .flat_map(|(id, _)| self.codes.tokens(id))
            .collect();
        tokens.sort_unstable();
        tokens.dedup();
        tokens
    }

    /// Every code that starts a rule, with its input.
    pub fn listed_codes(&self) -> Vec<ListedCode> {
        let mut listed = Vec::new();
        for (_, known) in self.codes.all() {
            for (resource, rule) in &known.rules {
                let Some(rule) = self.rules.get(usize::from(rule.0)) else { continue };
                listed.push(ListedCode {
                    input: rule.input,
                    resource: *resource,
                    codes_in: rule.codes_in,
                    system: self.codes.short_name(known.system).to_owned(),
                    uri: self.codes.uri(known.system).unwrap_or_default().to_owned(),
                    code: known.code.to_string(),
                    display: known.display.to_string(),
                    trust: known.trust,
                    file: rule.file.to_string(),
                });
            }
        }
        listed.sort_by_key(|code| code.input);
        listed
    }
}

impl fmt::Display for Listing<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let codes = self.0.listed_codes();
        for input in Input::ALL {
            writeln!(f, "{input}{}", input.unit().map(|unit| format!(" [{unit}]")).unwrap_or_default())?;
            let is_rule = |id| self.0.rule(id).is_some_and(|rule| rule.input == *input);
            let profiles: Vec<&str> =
                self.0.profiles.all().filter(|(_, id)| is_rule(*id)).map(|(profile, _)| profile).collect();
            match self.0.own_code_only(*input) {
                Some(why) => writeln!(f, "  own code only: {why}")?,
                None if profiles.is_empty() && codes.iter().all(|code| code.input != *input) => {
                    writeln!(f, "  by elements of the resource ({})", self.0.files_of(*input).join(", "))?;
                }
                None => {}
            }
            for code in codes.iter().filter(|code| code.input == *input) {
                let resource = format!("{:?}", code.resource);
                writeln!(
                    f,
                    "  {resource:<17} {:<14} {:<30} {:?}  {}",
                    code.system, code.code, code.trust, code.display
                )?;
            }
            for profile in profiles {
                writeln!(f, "  {:<17} profile {profile}", "Procedure")?;
            }
            for (code, _) in self.0.profiles.categories().filter(|(_, id)| is_rule(*id)) {
                writeln!(f, "  {:<17} category {}", "Procedure", self.0.written_code(code).unwrap_or_default())?;
            }
        }
        Ok(())
    }
}

/// The JSON Schema of the mapping files: an editor completes by it, and a file can be checked against it.
pub fn schema() -> Value {
    let mut generator = SchemaSettings::draft2020_12().into_generator();
    let input = generator.subschema_for::<file::InputTable>();
    let system = generator.subschema_for::<file::System>();
    let site = generator.subschema_for::<file::SiteTable>();
    let units = generator.subschema_for::<file::Units>();
    let values = generator.subschema_for::<file::Values>();
    let inputs: serde_json::Map<String, Value> =
        Input::ALL.iter().map(|name| (name.word().to_owned(), input.clone().to_value())).collect();
    let sites: serde_json::Map<String, Value> =
        crate::inputs::words::Site::ALL.iter().map(|name| (name.word().to_owned(), site.clone().to_value())).collect();
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A mapping file of plasmabridge",
        "description": "Inputs (any name), systems.toml, units.toml, values.toml or sites.toml; see mappings/README.md.",
        "anyOf": [
            { "title": "inputs", "type": "object", "properties": inputs, "additionalProperties": false },
            { "title": "sites.toml", "type": "object", "properties": sites, "additionalProperties": false },
            { "title": "systems.toml", "type": "object", "additionalProperties": system.to_value() },
            { "title": "units.toml", "allOf": [units.to_value()] },
            { "title": "values.toml", "allOf": [values.to_value()] },
        ],
        "$defs": generator.take_definitions(true),
    })
}
