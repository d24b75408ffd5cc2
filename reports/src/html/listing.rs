//! A folder of a run as a page of links, for folders without a report. Its links stay below the folder.

use maud::{DOCTYPE, Markup, html};

use super::plain_head;
use crate::format::untrusted;

/// The page. Names that end in `/` are folders.
pub(crate) fn page(title: &str, names: &[String]) -> Markup {
    let title = untrusted(title);
    html! {
        (DOCTYPE)
        html lang="en" {
            (plain_head(&title))
            body class="index" {
                header class="verdict" { h1 { (title) } p class="facts" { a href="../" { "up" } } }
                main id="main" {
                    @if names.is_empty() { p class="nodata" { "This folder is empty." } }
                    ul { @for name in names { li { a href=(address(name)) { (untrusted(name)) } } } }
                }
            }
        }
    }
}

/// A name as an address: reserved bytes are percent-encoded, and the leading `./` makes a name like `javascript:x` a
/// path.
fn address(name: &str) -> String {
    let mut address = String::from("./");
    for byte in name.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'-' | b'_' | b'~' | b'/' => {
                address.push(char::from(byte));
            }
            other => address += &format!("%{other:02X}"),
        }
    }
    address
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_names() {
        let names = ["javascript:alert(1)".to_owned(), "a<b>\"&c/".to_owned()];
        let page = page("x<y", &names).into_string();
        assert!(
            page.contains("href=\"./javascript%3Aalert%281%29\""),
            "{page}"
        );
        assert!(page.contains("href=\"./a%3Cb%3E%22%26c/\""), "{page}");
        assert!(
            page.contains("a&lt;b&gt;") && !page.contains("<b>"),
            "{page}"
        );
    }
}
