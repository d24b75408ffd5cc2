//! The bottom line of a terminal: the status of what runs, drawn again and again below everything else. Everything that is
//! written to the terminal goes through here, so that no line is written into another one.
//!
//! The cursor rests on the first character of the line. A terminal that becomes narrower breaks the line into several rows,
//! and the cursor stays on that character. So erasing from the cursor to the end of the screen removes this line and
//! nothing above it, whatever the width was when it was drawn. Progress bars of well-kept crates leave the cursor at the
//! end, and erase too few rows or too many.

use std::io::Write;
use std::sync::{Mutex, PoisonError};

use console::Term;

/// Erases everything from the cursor on.
const ERASE: &str = "\u{1b}[J";

/// The columns of a terminal that does not say how many it has.
const COLUMNS: usize = 80;

/// The line as it was drawn last. Empty if there is none.
static LINE: Mutex<String> = Mutex::new(String::new());

/// The columns of the terminal at this moment.
pub(super) fn columns() -> usize {
    let size = Term::stderr().size_checked();
    size.map_or(COLUMNS, |(_, columns)| usize::from(columns))
        .max(1)
}

/// Draws the line in place of the one before. It must be shorter than the terminal is wide.
pub(super) fn draw(text: &str) {
    let mut line = LINE.lock().unwrap_or_else(PoisonError::into_inner);
    text.clone_into(&mut line);
    print(&format!("\r{text}{ERASE}\r"));
}

/// Removes the line.
pub(super) fn erase() {
    let mut line = LINE.lock().unwrap_or_else(PoisonError::into_inner);
    if !line.is_empty() {
        line.clear();
        print(&format!("\r{ERASE}"));
    }
}

/// Writes lines above it, or just writes them if there is no such line.
pub(super) fn above(text: &str) {
    let line = LINE.lock().unwrap_or_else(PoisonError::into_inner);
    print(&match line.as_str() {
        "" => format!("{text}\n"),
        // If the terminal has become too narrow for it, it is drawn anew soon.
        line if line.chars().count() >= columns() => format!("\r{ERASE}{text}\n"),
        line => format!("\r{ERASE}{text}\n{line}\r"),
    });
}

/// In one call, so that nothing comes between. A closed terminal does not end a run.
fn print(text: &str) {
    let _ = std::io::stderr().lock().write_all(text.as_bytes());
}

/// A text broken between words, so that each row has at most so many columns. The rows after the first one begin deeper.
/// A word that is longer than a row stays whole.
pub(super) fn broken(text: &str, columns: usize) -> String {
    let begin = text.chars().take_while(|c| *c == ' ').count();
    let deeper = (begin + 2).min(columns / 2);
    let mut rows = vec![" ".repeat(begin)];
    let mut is_first = true;
    // Two spaces between columns of a line stay as they are.
    for word in text.trim_start().split(' ') {
        let row = rows.last_mut().expect("there is one from the start");
        let length = row.chars().count();
        if is_first || length + 1 + word.chars().count() <= columns {
            if !is_first {
                row.push(' ');
            }
            row.push_str(word);
        } else if !word.is_empty() {
            rows.push(format!("{:deeper$}{word}", ""));
        }
        is_first = false;
    }
    let ends = rows.iter().map(|row| row.trim_end());
    ends.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_broken_between_words() {
        let line = "   12.410 s  k7  kill n1 started";
        assert_eq!(broken(line, 80), line);
        let narrow = broken(line, 20);
        assert_eq!(narrow, "   12.410 s  k7\n     kill n1 started");
        let long = broken("a word/that/is/longer/than/the/row b", 10);
        assert_eq!(long, "a\n  word/that/is/longer/than/the/row\n  b");
        assert_eq!(broken("", 10), "");
    }
}
