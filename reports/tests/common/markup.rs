//! Just enough of HTML to test a page without a browser: tags with their attributes, in order.
//!
//! It reads what a strict template writes (quoted attributes, escaped text) and refuses anything else, so a page that
//! smuggles in a tag or an attribute is seen.

/// A tag that opens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Tag {
    /// Its name.
    pub(crate) name: String,
    /// Its attributes, unescaped.
    pub(crate) attributes: Vec<(String, String)>,
}

impl Tag {
    /// The value of an attribute.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        let found = self.attributes.iter().find(|(n, _)| n == name);
        found.map(|(_, value)| value.as_str())
    }
}

const VOID: [&str; 4] = ["meta", "br", "input", "hr"];

/// Every tag of a page. Panics where tags do not nest.
pub(crate) fn tags(page: &str) -> Vec<Tag> {
    let mut tags = Vec::new();
    let mut open: Vec<String> = Vec::new();
    let mut rest = page.strip_prefix("<!DOCTYPE html>").expect("a doctype");
    while let Some(start) = rest.find('<') {
        rest = &rest[start + 1..];
        let end = end_of_tag(rest);
        let (inside, after) = (&rest[..end], &rest[end + 1..]);
        rest = after;
        if let Some(name) = inside.strip_prefix('/') {
            let opened = open.pop();
            assert_eq!(opened.as_deref(), Some(name), "tags nest");
            continue;
        }
        let closed = inside.ends_with('/');
        let tag = tag(inside.trim_end_matches('/'));
        if tag.name == "style" || tag.name == "script" {
            let close = format!("</{}>", tag.name);
            rest = &rest[rest.find(&close).expect("a raw element ends") + close.len()..];
        } else if !closed && !VOID.contains(&tag.name.as_str()) {
            open.push(tag.name.clone());
        }
        tags.push(tag);
    }
    assert!(open.is_empty(), "everything is closed: {open:?}");
    tags
}

/// The text of a page without its tags.
pub(crate) fn text(page: &str) -> String {
    let body = &page[page.find("<body").expect("a body")..];
    let body = &body[..body.find("<script").unwrap_or(body.len())];
    let parts = body.split('<');
    parts
        .map(|part| part.split_once('>').map_or("", |(_, text)| text))
        .collect()
}

fn end_of_tag(text: &str) -> usize {
    let mut quoted = false;
    for (index, byte) in text.bytes().enumerate() {
        match byte {
            b'"' => quoted = !quoted,
            b'>' if !quoted => return index,
            b'<' if !quoted => panic!("a tag inside a tag: {}", &text[..index]),
            _ => {}
        }
    }
    panic!("a tag without an end: {text}")
}

fn tag(inside: &str) -> Tag {
    let name_end = inside.find(char::is_whitespace).unwrap_or(inside.len());
    let (name, mut rest) = (
        inside[..name_end].to_string(),
        inside[name_end..].trim_start(),
    );
    assert!(
        !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric()),
        "a strange tag: <{inside}>"
    );
    let mut attributes = Vec::new();
    while !rest.is_empty() {
        let stop = rest
            .find(|c: char| c == '=' || c.is_whitespace())
            .unwrap_or(rest.len());
        let (attribute, after) = rest.split_at(stop);
        let (value, left) = match after.strip_prefix("=\"") {
            Some(quoted) => quoted.split_once('"').expect("a quoted value"),
            None => ("", after),
        };
        attributes.push((attribute.to_string(), unescape(value)));
        rest = left.trim_start();
    }
    Tag { name, attributes }
}

/// The text behind the few entities that the template writes.
pub(crate) fn unescape(text: &str) -> String {
    let text = text
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"");
    text.replace("&#39;", "'").replace("&amp;", "&")
}
