//! Objects that Clojure printed, `#<Class text>`, in histories: whatever their text is, no operation is lost, and none
//! changes.

use checkers::edn::{Entry, entries};
use checkers::foreign::{ModelName, judge};
use checkers::linearizability::SearchOptions;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// What is judged of an operation.
fn judged(entry: &Entry<'_>) -> String {
    let Entry {
        entry_type,
        process,
        function,
        value,
        ..
    } = entry;
    format!("{entry_type:?} {process:?} {function:?} {value}")
}

/// A write whose error is an object, and what a client reads then that nobody wrote: *invalid*, if nothing is lost.
#[test]
fn what_follows_an_object_is_judged() {
    for object in [
        "#<Ex x < 3>",
        "#<Ex x > 3>",
        "#<Ex a->b c>",
        "#<Ex a => b>",
        "#<Obj a<b>c>",
        "#<ExceptionInfo throw+: {:status 500, :body \"a > b\"} {:object {:status 500}}>",
        "#<ExceptionInfo throw+: {:type :busy, :process 7} > {:object {}}>",
        "#<JsonParseException Unexpected character ('<' (code 60)): at [Source: {\"a\":1; line: 1]>",
        "#<PSQLException ERROR: syntax error at or near \">\">",
        "#<Html \"<html><body class='x'>&lt; 3 <p> text </p></body></html>\">",
        "#<Two lines:\n  one > two\n{:a 1}>",
        "#<Agent@5: {:a #<Foo x>}>",
        "#<Foo [a {b>]",
        "#<Foo",
        "[:boom #<Ex a > b> #<Ex \"> \">]",
        "{:cause #<Ex \"a > b\">, :at [#<Node <n1>>]}",
    ] {
        for after in ["", ", :node \"n1\"", ", :node #<Node n1>"] {
            let text = format!(
                "{{:process 0, :type :invoke, :f :write, :value 1}}\n\
                 {{:process 0, :type :info, :f :write, :value 1, :error {object}{after}}}\n\
                 {{:process 1, :type :invoke, :f :read, :value nil}}\n\
                 {{:process 1, :type :ok, :f :read, :value 2}}\n\
                 {{:process :nemesis, :type :info, :f :x, :value >}}\n"
            );
            for text in [text.clone(), format!("[{}]", text.replace('\n', " "))] {
                // An object in a line of its own has no line of its own if there is one line only.
                if object.contains('\n') && text.starts_with('[') {
                    continue;
                }
                let read = entries(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
                assert_eq!(read.len(), 5, "{text}");
                let options = SearchOptions::default();
                let said = judge("x", text.as_bytes(), Some(ModelName::Register), &options);
                let said = said.unwrap_or_else(|error| panic!("{error}\n{text}"));
                assert_eq!(said.validity().word(), "invalid", "{text}");
            }
        }
    }
}

/// An object that has no end and hides a field is refused, with its place.
#[test]
fn an_object_that_would_swallow_a_field_is_refused() {
    let text = "{:process 0, :type :info, :f :write, :error #<Foo, :value 1}\n\
                {:process 1, :type :info, :f :write, :value 1, :error #<Foo>}\n";
    let error = entries(text).expect_err("no end");
    assert_eq!((error.line, error.column), (1, 45), "{error}");
    let text = text.replace("#<Foo,", "#<Foo a > b,");
    let error = entries(&text).expect_err("no end");
    assert!(error.to_string().contains("put it in quotes"), "{error}");
}

/// Texts of any brackets, quotes and arrows, in any field that is not judged, before and after those that are: the
/// operations are the same as without.
#[test]
fn objects_of_any_text_change_no_operation() {
    const PARTS: [&str; 19] = [
        "<", ">", "\"", "{", "}", "[", "]", "(", ")", "->", "=>", "#<", " ", " a", ":b", "1", ", ",
        ";", "\\",
    ];
    let mut random = ChaCha8Rng::seed_from_u64(16);
    for _ in 0..1_500 {
        let (mut with, mut without) = (String::new(), String::new());
        for at in 0..random.random_range(1..6) {
            let mut object = || {
                let parts = 0..random.random_range(0..12);
                let parts = parts.map(|_| *PARTS.choose(&mut random).expect("some"));
                format!("#<Ex {}>", parts.collect::<String>())
            };
            let (first, second, third) = (object(), object(), object());
            let plain = format!(":process {at}, :type :info, :f :write");
            let (with_error, with_node) = match random.random_range(0..4) {
                0 => (format!(":error {first}, "), String::new()),
                1 => (
                    format!(":error [:boom {first}], "),
                    format!(", :node {second}"),
                ),
                2 => (
                    String::new(),
                    format!(", :error {{:cause {first}, :via {second}}}"),
                ),
                _ => (
                    format!(":error {first}, "),
                    format!(", :node {second}, :by {third}"),
                ),
            };
            with += &format!("{{{with_error}{plain}, :value {at}{with_node}}}\n");
            without += &format!("{{{plain}, :value {at}}}\n");
        }
        let read = entries(&with).unwrap_or_else(|error| panic!("{error}\n{with}"));
        let plain = entries(&without).expect("plain");
        let all = |entries: &[Entry<'_>]| entries.iter().map(judged).collect::<Vec<_>>();
        assert_eq!(all(&read), all(&plain), "{with}");
    }
}

/// Reading again is bounded, whatever is written.
#[test]
fn hostile_objects_end_within_the_budget() {
    let one = "{:process 0, :type :info, :error [#<";
    for text in [
        format!("{one}{}", "> a ".repeat(250_000)),
        format!("{one}{}", "#<> ".repeat(250_000)),
        one.repeat(28_000),
        format!("{one} >] \"}}\n").repeat(24_000),
        format!("{one}{}", "} {".repeat(330_000)),
        format!("{one}{}", "\n{:a (".repeat(160_000)),
        format!("{one} > a>] :b (}}\n").repeat(20_000),
    ] {
        assert!(entries(&text).is_err());
    }
    let right =
        "{:process 0, :type :info, :error [#<a > b> #<\">\"> 1], :value [1]}\n".repeat(15_000);
    assert_eq!(entries(&right).expect("right").len(), 15_000);
}
