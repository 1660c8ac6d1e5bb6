//! What every resource has, and the macro that gives it to each.

use super::datatypes::{Identifier, Meta};
use super::text::{Presence, Text};
use serde_json::value::RawValue;

/// What is common to all resources.
#[derive(Clone, Copy, Debug)]
pub struct Common<'r, 'a> {
    /// The resource's id on its server.
    pub id: Option<&'r Text<'a>>,
    /// Its version.
    pub meta: Option<&'r Meta<'a>>,
    /// Rules under which it was made; a reader that does not know them must not read it.
    pub implicit_rules: Presence,
    /// Its business identifiers.
    pub identifier: &'r [Identifier<'a>],
    /// Resources that exist only within this one.
    pub contained: &'r [&'a RawValue],
    /// Statements that change the meaning of all the others; not read.
    pub modifier_extension: Presence,
}

/// A resource of the given fields, and of those that all resources have.
macro_rules! resource {
    ($(#[$attribute:meta])* $name:ident { $($fields:tt)* }) => {
        $(#[$attribute])*
        #[derive(Clone, Debug, Default, serde::Deserialize)]
        #[serde(default, rename_all = "camelCase")]
        pub struct $name<'a> {
            /// The resource's id on its server.
            #[serde(borrow)]
            pub id: Option<$crate::fhir::text::Text<'a>>,
            /// Its version.
            #[serde(borrow)]
            pub meta: Option<$crate::fhir::datatypes::Meta<'a>>,
            /// Rules under which it was made; a reader that does not know them must not read it.
            pub implicit_rules: $crate::fhir::text::Presence,
            /// Its business identifiers.
            #[serde(borrow)]
            pub identifier: $crate::fhir::text::List<$crate::fhir::datatypes::Identifier<'a>>,
            /// Resources that exist only within this one, unread.
            #[serde(borrow)]
            pub contained: $crate::fhir::text::List<&'a serde_json::value::RawValue>,
            /// Statements that change the meaning of all the others; not read.
            pub modifier_extension: $crate::fhir::text::Presence,
            $($fields)*
        }

        impl<'a> $name<'a> {
            /// What this resource has in common with all others.
            pub fn common(&self) -> $crate::fhir::common::Common<'_, 'a> {
                $crate::fhir::common::Common {
                    id: self.id.as_ref(),
                    meta: self.meta.as_ref(),
                    implicit_rules: self.implicit_rules,
                    identifier: &self.identifier,
                    contained: &self.contained,
                    modifier_extension: self.modifier_extension,
                }
            }
        }
    };
}

pub(super) use resource;
