//! The hostile files: not regular, endless, compressed to nothing, nested, long, out of range, not text.

use std::fs::File;
use std::io::Write;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;
use nix::sys::stat::Mode;

/// A history without events.
pub(super) const HEADER: &str = "{\"format\":\"jepsen-history\",\"version\":1}\n";

/// One hostile file.
pub(super) struct Hostile {
    /// Where it is.
    pub(super) path: PathBuf,
}

impl Hostile {
    /// A regular file of these bytes.
    pub(super) fn text(folder: &Path, name: &str, bytes: &[u8]) -> Hostile {
        let path = folder.join(name);
        std::fs::write(&path, bytes).expect("written");
        Hostile { path }
    }

    /// The same at another path: a link to a regular file's content, or another file of its kind.
    pub(super) fn place(&self, path: &Path) {
        use std::os::unix::fs::FileTypeExt;
        let kind = self.path.metadata().expect("there").file_type();
        match () {
            () if kind.is_file() => std::fs::hard_link(&self.path, path).expect("linked"),
            () if kind.is_dir() => std::fs::create_dir(path).expect("made"),
            () if kind.is_fifo() => nix::unistd::mkfifo(path, Mode::S_IRWXU).expect("made"),
            () if kind.is_socket() => drop(UnixListener::bind(path).expect("bound")),
            () => symlink(&self.path, path).expect("linked"),
        }
    }
}

/// A sink that compresses, at a level that is fast.
fn packed(path: PathBuf, fill: impl FnOnce(&mut dyn Write) -> std::io::Result<()>) -> Hostile {
    let file = File::create(&path).expect("a file");
    let mut encoder = zstd::stream::write::Encoder::new(file, 1).expect("an encoder");
    fill(&mut encoder).expect("packed");
    encoder.finish().expect("packed");
    Hostile { path }
}

fn times(
    what: &[u8],
    count: usize,
) -> impl FnOnce(&mut dyn Write) -> std::io::Result<()> + use<'_> {
    move |into| (0..count).try_for_each(|_| into.write_all(what))
}

/// Makes the whole set in a folder.
pub(super) fn of(folder: &Path) -> Vec<Hostile> {
    let at = |name: &str| folder.join(name);
    nix::unistd::mkfifo(&at("pipe"), Mode::S_IRWXU).expect("a pipe");
    std::fs::create_dir(at("directory")).expect("made");
    drop(UnixListener::bind(at("socket")).expect("a socket"));
    let sparse = File::create(at("sparse")).expect("a file");
    sparse.set_len(1 << 30).expect("a length");
    let mut set: Vec<Hostile> = ["pipe", "directory", "socket", "sparse"]
        .map(|name| Hostile { path: at(name) })
        .into();
    set.extend(["/dev/zero", "/dev/random"].map(|path| Hostile { path: path.into() }));
    let mut text = |name: &str, bytes: &[u8]| set.push(Hostile::text(folder, name, bytes));
    text("empty", b"");
    text("one-byte", b"{");
    text("bom", format!("\u{feff}{HEADER}").as_bytes());
    text("crlf", HEADER.replace('\n', "\r\n").as_bytes());
    text("nul", &[HEADER.as_bytes(), b"\0\0\0\0\n"].concat());
    text(
        "not-utf-8",
        &[HEADER.as_bytes(), b"{\"i\":0,\"t\":1,\"type\":\"\xff\"}\n"].concat(),
    );
    text("nested.json", "[".repeat(100_000).as_bytes());
    text("nested-objects.json", "{\"a\":".repeat(100_000).as_bytes());
    text(
        "nested-event",
        format!(
            "{HEADER}{{\"i\":0,\"t\":1,\"type\":\"x\",\"a\":{}",
            "[".repeat(100_000)
        )
        .as_bytes(),
    );
    text("nested.edn", "{:a ".repeat(100_000).as_bytes());
    text("tags.edn", "#a ".repeat(100_000).as_bytes());
    text("quotes.edn", "'".repeat(100_000).as_bytes());
    text("metadata.edn", "^a ".repeat(100_000).as_bytes());
    text(
        "object.edn",
        format!("{{:a #{}", "<".repeat(1 << 20)).as_bytes(),
    );
    text(
        "regex.edn",
        format!("{{:a #\"{}", "\\".repeat(1 << 20)).as_bytes(),
    );
    text(
        "array.json",
        format!("[{{\"a\":{}", "[".repeat(100_000)).as_bytes(),
    );
    text("discards.edn", "#_".repeat(100_000).as_bytes());
    text(
        "wide-window.zst",
        &[0x28, 0xb5, 0x2f, 0xfd, 0x00, 21 << 3, 0x01, 0x00, 0x00],
    );
    text("many-lines", "\n".repeat(10_000_000).as_bytes());
    numbers(folder, &mut set);
    let line = vec![b'a'; 1 << 20];
    let mut long = File::create(at("long-line")).expect("a file");
    times(&line, 200)(&mut long).expect("written");
    set.push(Hostile {
        path: at("long-line"),
    });
    // 4 GiB of zeros, a line of 1 GiB, and a billion lines.
    let zeros = vec![0; 1 << 20];
    set.push(packed(at("bomb.zst"), times(&zeros, 4096)));
    set.push(packed(at("long-line.zst"), |into| {
        into.write_all(HEADER.as_bytes())?;
        times(&line, 1024)(into)
    }));
    let lines = vec![b'\n'; 1 << 20];
    set.push(packed(at("lines.zst"), |into| {
        into.write_all(HEADER.as_bytes())?;
        times(&lines, 954)(into)
    }));
    let whole = zstd::encode_all("a history".repeat(9_999).as_bytes(), 3).expect("packed");
    set.push(Hostile::text(folder, "cut.zst", &whole[..whole.len() - 5]));
    let mut bomb = GzEncoder::new(Vec::new(), Compression::new(6));
    // 1 GiB: gzip expands at most a thousandfold, so its limit is the one of the text.
    times(&lines, 1 << 10)(&mut bomb).expect("packed");
    let bomb = bomb.finish().expect("packed");
    set.push(Hostile::text(folder, "bomb.gz", &bomb));
    set.push(Hostile::text(folder, "cut.gz", &bomb[..bomb.len() / 2]));
    let nested = zstd::encode_all(whole.as_slice(), 3).expect("packed");
    set.push(Hostile::text(folder, "packed-twice.zst", &nested));
    set
}

/// Numbers at the ends of their types, in the fields of each kind of file.
fn numbers(folder: &Path, set: &mut Vec<Hostile>) {
    for (at, number) in [
        "9223372036854775807",
        "9223372036854775808",
        "18446744073709551615",
        "4294967295",
        "18446744073709551616",
        "-9223372036854775808",
        "1e400",
    ]
    .iter()
    .enumerate()
    {
        let mut text = |name: &str, text: String| {
            set.push(Hostile::text(
                folder,
                &format!("{name}-{at}"),
                text.as_bytes(),
            ));
        };
        text(
            "time",
            format!("{HEADER}{{\"i\":0,\"t\":{number},\"type\":\"phase\",\"phase\":\"load\"}}\n"),
        );
        text(
            "event",
            format!(
                "{HEADER}{{\"i\":{number},\"t\":{number},\"type\":\"phase\",\"phase\":\"load\"}}\n"
            ),
        );
        text(
            "operation.edn",
            format!(
                "{{:process {number}, :type :ok, :f :write, :value {number}, :time {number}, :index {number}}}\n"
            ),
        );
        text(
            "plan",
            format!(
                "{{\"version\":1,\"seed\":7,\"time_limit_ms\":{number},\"windows\":[{{\"id\":\"k1\",\"at_ms\":{number},\
                 \"kind\":\"isolate\",\"role\":\"leader\",\"draw\":1,\"duration_ms\":{number}}}]}}"
            ),
        );
        text(
            "suite",
            format!(
                "{{\"suite\":\"smoke\",\"shard\":{number},\"shards\":{number},\"repeat\":{number}}}"
            ),
        );
        text(
            "report",
            format!("{{\"run\":{{\"duration_ms\":{number}}},\"exit_code\":{number}}}"),
        );
    }
}
