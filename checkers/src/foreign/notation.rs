//! Which notation a file is in, and what to do about one that is not read.

use super::error::ForeignError;
use super::etcd;
use crate::history::Header;

/// A notation of histories.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Notation {
    Etcd,
    Edn,
    Json,
    Recorded,
}

/// Whether a file is a history of our own recorder, by its beginning: of any length, or cut anywhere.
///
/// Only such a file has a header, so this also says what to read a file as that has no name for its notation.
pub fn is_recorded(head: &[u8]) -> bool {
    let text = head
        .strip_prefix(b"\xef\xbb\xbf")
        .unwrap_or(head)
        .trim_ascii_start();
    let line = text.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let is_named = |window: &[u8]| window == Header::FORMAT.as_bytes();
    line.starts_with(b"{\"") && line.windows(Header::FORMAT.len()).any(is_named)
}

/// Which notation a text is in, by its first line that says anything.
pub(super) fn notation(text: &str) -> Result<Notation, ForeignError> {
    if text.bytes().take(HEAD).any(|byte| byte == 0) {
        return Err(binary(text.as_bytes(), 1));
    }
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.trim_start_matches('\u{feff}').trim();
        if is_recorded(line.as_bytes()) {
            return Ok(Notation::Recorded);
        }
        match line.as_bytes().first() {
            None | Some(b';') => continue,
            Some(b'{' | b'[') if is_json(text, line) => return Ok(Notation::Json),
            Some(b'{' | b'[' | b'(' | b'#') => return Ok(Notation::Edn),
            // A log has lines of other loggers, too; one of ours is enough.
            Some(_) if text.lines().any(etcd::is_event) => return Ok(Notation::Etcd),
            Some(_) => return Err(unknown(text, number)),
        }
    }
    Ok(Notation::Edn)
}

/// JSON begins an object with a string, and no operation map of EDN does.
fn is_json(text: &str, line: &str) -> bool {
    let from = text.find(line).unwrap_or_default();
    let mut bytes = text[from..]
        .bytes()
        .filter(|byte| !byte.is_ascii_whitespace());
    let opened = bytes.by_ref().find(|byte| *byte != b'[');
    opened == Some(b'{') && bytes.next() == Some(b'"')
}

/// What a file is, and what to do about it.
type Fix = (&'static str, &'static str);

const UTF_16: Fix = (
    "UTF-16 text",
    "make it UTF-8: iconv -f UTF-16 -t UTF-8 FILE > history.edn",
);
const HISTORY_TXT: Fix = (
    "Jepsen's history.txt, which is written for people",
    "judge the history.edn beside it",
);
const JEPSEN_LOG: Fix = (
    "a log of Jepsen",
    "judge the history.edn of the same run: store/NAME/TIME/history.edn",
);

/// How many bytes are looked at for zeros, which no history begins with.
const HEAD: usize = 64;

const GARBLED: Fix = (
    "binary data, or a file of which a crash left zeros: it has zero bytes",
    "judge the history.edn of the same run",
);
const TAR: Fix = (
    "a tar archive",
    "unpack it, tar -xf FILE, and judge the history.edn in it",
);

/// The first bytes of binary files, what these are, and what to do.
const BINARY: [(&[u8], Fix); 14] = [
    (
        b"JEPSEN",
        (
            "Jepsen's binary store (test.jepsen)",
            "judge the history.edn beside it, or write one in a REPL of Jepsen: (spit \"history.edn\" (apply str (map \
             prn-str (:history (jepsen.store/latest)))))",
        ),
    ),
    (
        b"\x1f\x8b",
        ("gzip data", "unpack it: gzip -dc FILE > history.edn"),
    ),
    (
        b"\x28\xb5\x2f\xfd",
        ("zstd data", "unpack it: zstd -dc FILE > history.edn"),
    ),
    (
        b"PK\x03\x04",
        ("a zip archive", "unpack it and judge the history.edn in it"),
    ),
    (
        b"BZh",
        ("bzip2 data", "unpack it: bzip2 -dc FILE > history.edn"),
    ),
    (
        b"\xfd7zXZ\0",
        ("xz data", "unpack it: xz -dc FILE > history.edn"),
    ),
    (
        b"\x04\x22\x4d\x18",
        ("lz4 data", "unpack it: lz4 -dc FILE > history.edn"),
    ),
    (
        b"\xff\x06\0\0sNaPpY",
        (
            "snappy data",
            "unpack it: snzip -dc FILE > history.edn, or pack it by zstd or gzip",
        ),
    ),
    (
        b"\x82SNAPPY\0",
        (
            "snappy data of Java",
            "unpack it with SnappyInputStream, or pack it by zstd or gzip",
        ),
    ),
    (
        b"\x1f\x9d",
        (
            "compress data",
            "unpack it: uncompress -c FILE > history.edn",
        ),
    ),
    (
        b"7z\xbc\xaf\x27\x1c",
        ("a 7z archive", "unpack it and judge the history.edn in it"),
    ),
    (
        b"\x5d\0\0",
        ("lzma data", "unpack it: xz -dc FILE > history.edn"),
    ),
    (b"\xff\xfe", UTF_16),
    (b"\xfe\xff", UTF_16),
];

fn other(line: usize, (what, fix): Fix) -> ForeignError {
    ForeignError::OtherNotation { line, what, fix }
}

/// What bytes are whose beginning is known, and is of no notation that is read.
pub(super) fn known(bytes: &[u8]) -> Option<ForeignError> {
    let magic = BINARY.iter().find(|(magic, _)| bytes.starts_with(magic));
    if let Some((_, fix)) = magic {
        return Some(other(1, *fix));
    }
    // The name of the first file stands ahead of the magic of a tar archive.
    let is_tar = bytes.get(257..262) == Some(b"ustar");
    is_tar.then(|| other(1, TAR))
}

/// What bytes are that are not text.
pub(super) fn binary(bytes: &[u8], line: usize) -> ForeignError {
    let fressian = (
        "binary data, perhaps Jepsen's old history.fressian",
        "judge the history.edn of the same run",
    );
    if let Some(known) = known(bytes) {
        return known;
    }
    match bytes.first() {
        _ if is_utf_16(bytes) => other(1, UTF_16),
        Some(0x80..) => other(1, fressian),
        _ if bytes.iter().take(HEAD).any(|byte| *byte == 0) => other(1, GARBLED),
        _ => ForeignError::NotText { line },
    }
}

/// Whether every other byte is zero, and no byte between: ASCII in UTF-16 without its mark.
fn is_utf_16(bytes: &[u8]) -> bool {
    let head = &bytes[..bytes.len().min(HEAD) & !1];
    let is = |zeros: usize| {
        let mut all = head.iter().enumerate();
        all.all(|(at, byte)| (*byte == 0) == (at % 2 == zeros))
    };
    !head.is_empty() && (is(0) || is(1))
}

fn unknown(text: &str, line: usize) -> ForeignError {
    const TYPES: [&str; 4] = [":invoke", ":ok", ":fail", ":info"];
    let is_event = |line: &str| {
        let mut words = line.split_ascii_whitespace();
        let process = words.next().unwrap_or_default();
        let is_process = process.parse::<i64>().is_ok() || process.starts_with(':');
        is_process && words.next().is_some_and(|word| TYPES.contains(&word))
    };
    let is_logged = |line: &str| {
        line.contains("jepsen")
            && line
                .split_ascii_whitespace()
                .any(|word| TYPES.contains(&word))
    };
    let mut lines = text.lines().skip(line - 1);
    if lines.clone().next().is_some_and(is_event) {
        return other(line, HISTORY_TXT);
    }
    if lines.any(is_logged) || text.contains("jepsen.core") {
        return other(line, JEPSEN_LOG);
    }
    ForeignError::UnknownFormat { line }
}
