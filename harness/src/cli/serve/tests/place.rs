//! What a browser may do with a file is decided by its place: whatever a node writes is text.

use super::*;

const PAGE: &str = "<script>alert(1)</script>";

/// A run with the files of a node that wants to run scripts.
fn with_pages() -> Served {
    let served = served();
    let node = served.runs.path().join(RUN).join("scenarios/a/nodes/n1");
    std::fs::create_dir_all(&node).expect("made");
    for name in [
        "report.html",
        "index.html",
        "x.htm",
        "x.HTML",
        "x.xhtml",
        "x.svg",
        "x.xml",
        "x.js",
        "x.mjs",
        "x.css",
        "x.pdf",
        "x.json",
        "run.json",
        "noname",
        "a<img src=x onerror=alert(1)>.html",
    ] {
        std::fs::write(node.join(name), PAGE).expect("written");
    }
    served
}

fn head_of(answer: &str) -> String {
    let head = answer.split("\r\n\r\n").next().unwrap_or_default();
    assert!(head.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(head.contains("X-Content-Type-Options: nosniff"), "{head}");
    head.to_owned()
}

#[test]
fn a_file_of_a_node_is_text() {
    let served = with_pages();
    let node = format!("/{RUN}/scenarios/a/nodes/n1");
    let names = [
        "report.html",
        "index.html",
        "x.htm",
        "x.HTML",
        "x.xhtml",
        "x.svg",
        "x.xml",
        "x.js",
        "x.mjs",
        "x.css",
        "x.pdf",
        "noname",
    ];
    let mut paths: Vec<String> = names.map(|name| format!("{node}/{name}")).to_vec();
    // The folder shows the page that it contains, and so do other names of it.
    paths.extend([
        format!("{node}/"),
        "/latest/scenarios/a/nodes/n1/report.html".to_owned(),
    ]);
    for path in paths {
        let head = head_of(&served.get(&path));
        assert!(
            head.contains("Content-Type: text/plain; charset=utf-8"),
            "{path}: {head}"
        );
        assert!(
            head.contains("Content-Security-Policy: sandbox;"),
            "{path}: {head}"
        );
        assert!(!head.contains("script-src"), "{path}: {head}");
    }
    let json = head_of(&served.get(&format!("{node}/x.json")));
    assert!(
        json.contains("application/json") && json.contains("sandbox;"),
        "{json}"
    );
}

/// The folder that is served may be a node's own, and the node may write whatever a run contains.
#[test]
fn a_page_of_a_node_stays_text_if_its_own_folder_is_served() {
    let served = with_pages();
    let run = served.runs.path().join(RUN);
    for (root, page) in [
        ("scenarios", "/a/nodes/n1/report.html"),
        ("scenarios/a", "/nodes/n1/report.html"),
        ("scenarios/a/nodes", "/n1/report.html"),
        ("scenarios/a/nodes/n1", "/report.html"),
        ("scenarios/a/nodes/n1", "/index.html"),
    ] {
        let root: Arc<Path> = run.join(root).canonicalize().expect("there").into();
        let listener = served._runtime.block_on(TcpListener::bind("127.0.0.1:0"));
        let listener = listener.expect("a port");
        let address = listener.local_addr().expect("an address");
        served._runtime.spawn(serve(listener, root, PATIENCE));
        let mut client = Client::connect(address).expect("connected");
        let request = format!("GET {page} HTTP/1.1\r\nHost: localhost\r\n\r\n");
        client.write_all(request.as_bytes()).expect("sent");
        let mut answer = String::new();
        client.read_to_string(&mut answer).expect("answered");
        let head = head_of(&answer);
        assert!(
            head.contains("text/plain") && head.contains("sandbox;"),
            "{page}: {head}"
        );
    }
}

#[test]
fn a_page_that_another_program_may_have_written_runs_no_script() {
    let served = served();
    let runs = served.runs.path();
    std::fs::write(runs.join("two.html"), PAGE).expect("written");
    std::fs::create_dir(runs.join("folder")).expect("made");
    std::fs::write(runs.join("folder/report.html"), PAGE).expect("written");
    for path in ["/two.html", "/folder/report.html", "/folder/"] {
        let head = head_of(&served.get(path));
        assert!(
            head.contains("Content-Security-Policy: sandbox;"),
            "{path}: {head}"
        );
    }
    for path in [
        "/".to_owned(),
        format!("/{RUN}/report.html"),
        format!("/{RUN}/scenarios/"),
    ] {
        let head = head_of(&served.get(&path));
        assert!(
            head.contains("default-src 'none'") && head.contains("frame-ancestors 'none'"),
            "{head}"
        );
        assert!(!head.contains("sandbox"), "{path}: {head}");
    }
}

#[test]
fn a_list_shows_names_as_text() {
    let served = with_pages();
    let node = served.runs.path().join(RUN).join("scenarios/a/nodes/n1");
    std::fs::remove_file(node.join("report.html")).expect("removed");
    std::fs::write(node.join("a\u{1b}[2J\u{202e}b\nc"), "").expect("written");
    let list = served.get(&format!("/{RUN}/scenarios/a/nodes/n1/"));
    assert!(
        list.contains("a&lt;img src=x onerror=alert(1)&gt;.html"),
        "{list}"
    );
    assert!(list.contains("a\\x1b[2J\\u{202e}b\\nc"), "{list}");
    assert!(
        !list.contains("<img") && !list.contains('\u{202e}'),
        "{list}"
    );
}

/// A stored text that needs 128 MiB to be decompressed is not sent.
#[test]
fn a_text_that_needs_too_much_memory_is_not_sent() {
    let served = served();
    let mut encoder = zstd::stream::write::Encoder::new(Vec::new(), 3).expect("an encoder");
    encoder.window_log(27).expect("set");
    encoder.write_all(b"secret").expect("packed");
    let packed = encoder.finish().expect("packed");
    std::fs::write(served.runs.path().join(RUN).join("x.jsonl.zst"), packed).expect("written");
    let answer = served.get(&format!("/{RUN}/x.jsonl.zst"));
    assert!(!answer.contains("secret"), "{answer}");
}
