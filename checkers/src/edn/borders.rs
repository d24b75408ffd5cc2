//! Where operations begin and end in a text in which one of them cannot be read as it stands: see [`super::objects`].

use super::budget::Budget;

/// Whether an operation ends here: nothing is left ahead of the next one but what closes the history, and comments on
/// lines of their own.
pub(super) fn is_over(text: &[u8], end: usize) -> bool {
    let mut lines = text[end..].split(|byte| *byte == b'\n');
    let is_blank = |byte: &u8| byte.is_ascii_whitespace() || b",])".contains(byte);
    lines.next().is_none_or(|line| line.iter().all(is_blank))
        && lines.all(|line| {
            let mut left = line.iter().skip_while(|byte| is_blank(byte));
            left.next().is_none_or(|byte| *byte == b';')
        })
}

/// The fields that some model judges.
const JUDGED: [&str; 10] = [
    ":type",
    ":process",
    ":f ",
    ":value",
    ":index",
    ":key",
    ":k ",
    ":offset",
    ":link",
    ":position",
];

/// Where the words are that name these, from a place on.
pub(super) fn named(text: &[u8], from: usize) -> Vec<usize> {
    let colons = (from..text.len()).filter(|at| text[*at] == b':');
    let is_named = |at: &usize| {
        JUDGED
            .iter()
            .any(|word| text[*at..].starts_with(word.as_bytes()))
    };
    colons.filter(is_named).collect()
}

/// Where the next operation begins: at an opening brace, with its tag if it has one, that is the first of its line or
/// follows a closing one, of a map with `:process` and `:type`. One that is the first of its line may have an object in
/// it, too, whose brackets hide its keys: there it is enough that they are in the line. With `is_wide`, only these are looked for.
pub(super) fn next_operation(
    text: &[u8],
    from: usize,
    is_wide: bool,
    budget: &mut Budget,
) -> usize {
    let (mut is_first, mut follows) = (false, false);
    let mut at = from + 1;
    while at < text.len() && !budget.is_spent() {
        match text[at] {
            b'\n' => is_first = true,
            b' ' | b'\t' | b'\r' | b',' => {}
            byte => {
                let may_begin = (is_first || (follows && !is_wide)) && matches!(byte, b'{' | b'#');
                if may_begin
                    && let Some(brace) = brace(text, at)
                    && (is_head(text, brace, budget) || (is_first && is_line(text, brace, budget)))
                {
                    return at;
                }
                is_first = false;
                follows = byte == b'}';
            }
        }
        at += 1;
    }
    budget.spend(at - from);
    text.len()
}

/// The brace that is here, or behind a tag that is here.
fn brace(text: &[u8], at: usize) -> Option<usize> {
    if text[at] == b'{' {
        return Some(at);
    }
    let is_tag = |byte: &u8| byte.is_ascii_alphanumeric() || b"._-/".contains(byte);
    let tag = text[at + 1..]
        .iter()
        .take_while(|byte| is_tag(byte))
        .count();
    let brace = at + 1 + tag;
    (tag > 0 && text.get(brace) == Some(&b'{')).then_some(brace)
}

/// Whether what is left of the line names the keys of an operation.
fn is_line(text: &[u8], from: usize, budget: &mut Budget) -> bool {
    let line = text[from..].split(|byte| *byte == b'\n').next();
    let line = line.unwrap_or_default();
    budget.spend(line.len());
    let has = |word: &[u8]| line.windows(word.len()).any(|window| window == word);
    has(b":process") && has(b":type")
}

/// Whether the map that is opened here has the keys of an operation.
fn is_head(text: &[u8], brace: usize, budget: &mut Budget) -> bool {
    let (mut process, mut kind) = (false, false);
    let mut depth = 0_usize;
    let mut at = brace;
    while let Some(byte) = text.get(at) {
        match byte {
            b'{' | b'[' | b'(' => depth += 1,
            b'}' | b']' | b')' => depth = depth.saturating_sub(1),
            b'"' => {
                at += 1;
                while text.get(at).is_some_and(|byte| *byte != b'"') {
                    at += if text[at] == b'\\' { 2 } else { 1 };
                }
            }
            b':' if depth == 1 => {
                process |= text[at..].starts_with(b":process");
                kind |= text[at..].starts_with(b":type");
            }
            _ => {}
        }
        if depth == 0 || (process && kind) {
            break;
        }
        at += 1;
    }
    budget.spend(at.min(text.len()) - brace);
    process && kind
}
