//! A narrative's XHTML, with everything that it is handed escaped.

use super::wording::Language;

/// A `div` that is being written.
#[derive(Debug)]
pub struct Div(String);

impl Div {
    /// An empty one in a language; the language is said twice, as XHTML wants it.
    pub fn new(language: Language) -> Div {
        let tag = language.tag();
        Div(format!("<div xmlns=\"http://www.w3.org/1999/xhtml\" lang=\"{tag}\" xml:lang=\"{tag}\">"))
    }

    /// A heading.
    pub fn heading(&mut self, text: &str) {
        self.element("h3", text);
    }

    /// A paragraph.
    pub fn paragraph(&mut self, text: &str) {
        self.element("p", text);
    }

    /// A paragraph in bold.
    pub fn strong(&mut self, text: &str) {
        self.0.push_str("<p>");
        self.element("b", text);
        self.0.push_str("</p>");
    }

    /// A list, each line with a bold label (or none) and its text; nothing if it is empty.
    pub fn list(&mut self, lines: &[(String, String)]) {
        if lines.is_empty() {
            return;
        }
        self.0.push_str("<ul>");
        for (label, text) in lines {
            self.0.push_str("<li>");
            if !label.is_empty() {
                self.element("b", label);
                self.0.push(' ');
            }
            self.text(text);
            self.0.push_str("</li>");
        }
        self.0.push_str("</ul>");
    }

    /// The whole `div`.
    pub fn finish(mut self) -> String {
        self.0.push_str("</div>");
        self.0
    }

    fn element(&mut self, name: &str, text: &str) {
        self.0.push_str(&format!("<{name}>"));
        self.text(text);
        self.0.push_str(&format!("</{name}>"));
    }

    fn text(&mut self, text: &str) {
        for letter in text.chars() {
            match letter {
                '&' => self.0.push_str("&amp;"),
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '"' => self.0.push_str("&quot;"),
                // XML has no other control characters, and no reader needs them.
                '\n' | '\t' => self.0.push(' '),
                control if control.is_control() => {}
                letter => self.0.push(letter),
            }
        }
    }
}
