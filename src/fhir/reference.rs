//! Addresses of resources: relative, absolute, versioned, `urn:` and contained.

/// What an address says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Address<'r> {
    /// A resource within the one that says so: `#site`.
    Contained(&'r str),
    /// A resource of a server.
    Server {
        /// The server's address without the last slash; none in a relative address.
        base: Option<&'r str>,
        /// The type.
        kind: &'r str,
        /// The id.
        id: &'r str,
        /// The version.
        version: Option<&'r str>,
    },
    /// Any other name: `urn:uuid:…`, `urn:oid:…`.
    Name(&'r str),
    /// Nothing that FHIR knows.
    Malformed,
}

impl<'r> Address<'r> {
    /// Reads an address.
    pub fn of(text: &'r str) -> Address<'r> {
        if let Some(id) = text.strip_prefix('#') {
            return Address::Contained(id);
        }
        if text.starts_with("urn:") {
            return if is_written(text) { Address::Name(text) } else { Address::Malformed };
        }
        // A look for one sign is quick, and hardly any address has it.
        let versioned = if text.contains('_') { text.split_once("/_history/") } else { None };
        let (path, version) = match versioned {
            Some((path, version)) if !version.is_empty() => (path, Some(version)),
            Some(_) => return Address::Malformed,
            None => (text, None),
        };
        let Some((head, id)) = split_at_last_slash(path) else { return Address::Malformed };
        let (base, kind) = match split_at_last_slash(head) {
            Some((base, kind)) => (Some(base), kind),
            None => (None, head),
        };
        let is_type = kind.starts_with(|first: char| first.is_ascii_uppercase())
            && kind.bytes().all(|byte| byte.is_ascii_alphabetic());
        let is_web = |base: &str| base.starts_with("http://") || base.starts_with("https://");
        let is_base = base.is_none_or(|base| is_web(base) && is_written(base));
        match is_type && is_base && is_id(id) {
            true => Address::Server { base, kind, id, version },
            false => Address::Malformed,
        }
    }
}

/// `rsplit_once('/')` byte by byte: addresses are too short for a search that prepares itself.
fn split_at_last_slash(text: &str) -> Option<(&str, &str)> {
    let place = text.bytes().rposition(|byte| byte == b'/')?;
    Some((text.get(..place)?, text.get(place + 1..)?))
}

/// Whether an address is written in the signs that addresses have: no blanks, and nothing that would have to be encoded.
fn is_written(address: &str) -> bool {
    address.bytes().all(|byte| byte.is_ascii_graphic())
}

/// An id as real servers write it: FHIR's letters, and `_` and more than 64 of them, which some use.
pub fn is_id(id: &str) -> bool {
    !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_'))
}
