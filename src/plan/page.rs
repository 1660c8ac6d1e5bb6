//! A narrative as headings, paragraphs and lists: shown as XHTML with everything escaped, or as plain text.

use super::wording::Language;

/// The width of plain text, in letters.
const WIDTH: usize = 100;

/// A narrative that is being written.
#[derive(Debug)]
pub struct Page {
    language: Language,
    blocks: Vec<Block>,
}

#[derive(Debug)]
enum Block {
    Heading(String),
    Paragraph(String),
    Strong(String),
    /// Lines with a bold label, or none.
    List(Vec<(String, String)>),
}

impl Page {
    /// An empty one in a language.
    pub const fn new(language: Language) -> Page {
        Page { language, blocks: Vec::new() }
    }

    /// A heading.
    pub fn heading(&mut self, text: &str) {
        self.blocks.push(Block::Heading(text.to_owned()));
    }

    /// A paragraph.
    pub fn paragraph(&mut self, text: &str) {
        self.blocks.push(Block::Paragraph(text.to_owned()));
    }

    /// A paragraph in bold.
    pub fn strong(&mut self, text: &str) {
        self.blocks.push(Block::Strong(text.to_owned()));
    }

    /// A list, each line with a bold label (or none) and its text; nothing if it is empty.
    pub fn list(&mut self, lines: &[(String, String)]) {
        if !lines.is_empty() {
            self.blocks.push(Block::List(lines.to_vec()));
        }
    }

    /// The page as the `div` of a FHIR narrative; the language is said twice, as XHTML wants it.
    pub fn xhtml(&self) -> String {
        let tag = self.language.tag();
        let mut xhtml = format!("<div xmlns=\"http://www.w3.org/1999/xhtml\" lang=\"{tag}\" xml:lang=\"{tag}\">");
        for block in &self.blocks {
            match block {
                Block::Heading(text) => element("h3", text, &mut xhtml),
                Block::Paragraph(text) => element("p", text, &mut xhtml),
                Block::Strong(text) => {
                    xhtml.push_str("<p>");
                    element("b", text, &mut xhtml);
                    xhtml.push_str("</p>");
                }
                Block::List(lines) => list(lines, &mut xhtml),
            }
        }
        xhtml.push_str("</div>");
        xhtml
    }

    /// The page as plain text, each line indented by `indent` letters, long ones wrapped.
    pub fn text(&self, indent: usize) -> String {
        let mut text = String::new();
        for block in &self.blocks {
            match block {
                Block::Heading(heading) => wrap(heading, indent, indent, &mut text),
                Block::Paragraph(paragraph) => wrap(paragraph, indent, indent, &mut text),
                Block::Strong(strong) => wrap(&format!("! {strong}"), indent, indent + 2, &mut text),
                Block::List(lines) => {
                    for (label, line) in lines {
                        let space = if label.is_empty() { "" } else { " " };
                        wrap(&format!("- {label}{space}{line}"), indent + 2, indent + 4, &mut text);
                    }
                }
            }
        }
        text
    }
}

fn list(lines: &[(String, String)], xhtml: &mut String) {
    xhtml.push_str("<ul>");
    for (label, text) in lines {
        xhtml.push_str("<li>");
        if !label.is_empty() {
            element("b", label, xhtml);
            xhtml.push(' ');
        }
        escape(text, xhtml);
        xhtml.push_str("</li>");
    }
    xhtml.push_str("</ul>");
}

fn element(name: &str, text: &str, xhtml: &mut String) {
    xhtml.push_str(&format!("<{name}>"));
    escape(text, xhtml);
    xhtml.push_str(&format!("</{name}>"));
}

fn escape(text: &str, xhtml: &mut String) {
    for letter in text.chars() {
        match letter {
            '&' => xhtml.push_str("&amp;"),
            '<' => xhtml.push_str("&lt;"),
            '>' => xhtml.push_str("&gt;"),
            '"' => xhtml.push_str("&quot;"),
            // XML has no other control characters, and no reader needs them.
            '\n' | '\t' => xhtml.push(' '),
            control if control.is_control() => {}
            letter => xhtml.push(letter),
        }
    }
}

/// Adds words in lines of at most the page's width; the first line and the others are indented as said.
fn wrap(words: &str, first: usize, others: usize, text: &mut String) {
    let mut length = 0;
    for word in words.split_whitespace() {
        let word: String = word.chars().filter(|letter| !letter.is_control()).collect();
        let width = word.chars().count();
        if length == 0 {
            text.push_str(&" ".repeat(first));
            length = first;
        } else if length + 1 + width > WIDTH {
            text.push('\n');
            text.push_str(&" ".repeat(others));
            length = others;
        } else {
            text.push(' ');
            length += 1;
        }
        text.push_str(&word);
        length += width;
    }
    text.push('\n');
}
