//! Texts and their values, errors and their places, histories and their operations.

use super::*;
use crate::history::Outcome;

fn value(text: &str) -> EdnValue<'_> {
    read(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

#[test]
fn atoms_are_read() {
    let string = |text: &str| EdnValue::String(Cow::Owned(text.to_owned()));
    let big = |digits: &'static str| EdnValue::BigInteger(Cow::Borrowed(digits));
    for (text, expected) in [
        ("nil", EdnValue::Nil),
        ("true", EdnValue::Boolean(true)),
        ("nile", EdnValue::Symbol("nile".into())),
        ("-", EdnValue::Symbol("-".into())),
        ("-12", EdnValue::Integer(-12)),
        ("+12", EdnValue::Integer(12)),
        ("12N", EdnValue::Integer(12)),
        ("0x1f", EdnValue::Integer(31)),
        ("-9223372036854775808", EdnValue::Integer(i64::MIN)),
        ("9223372036854775808", big("9223372036854775808")),
        ("-99999999999999999999N", big("-99999999999999999999")),
        ("1.5e3", EdnValue::Float(1500.0)),
        ("-2.5M", EdnValue::Decimal("-2.5".into())),
        ("##-Inf", EdnValue::Float(f64::NEG_INFINITY)),
        (r"\a", EdnValue::Character('a')),
        (r"\newline", EdnValue::Character('\n')),
        (r"\u00e9", EdnValue::Character('é')),
        (r"\(", EdnValue::Character('(')),
        (r#""""#, string("")),
        (r#""a\n\"\\\u00e9\ud83d\ude00é""#, string("a\n\"\\é😀é")),
        (":a/b", EdnValue::keyword("a/b")),
        (
            r#"#inst "2020""#,
            EdnValue::Tagged("inst".into(), Box::new(string("2020"))),
        ),
    ] {
        assert_eq!(value(text), expected, "{text}");
    }
}

#[test]
fn collections_nest_and_noise_is_skipped() {
    let text = "\u{feff} ; a comment\n [1, #_ #_ 2 [3] (4) {:a #{5}} #:n{:b 6 :_/c 7 :m/d 8}] #_x";
    assert_eq!(
        value(text).to_string(),
        "[1 (4) {:a #{5}} {:n/b 6, :c 7, :m/d 8}]"
    );
}

#[test]
fn what_is_written_reads_as_the_same_value() {
    for text in [
        "[nil true -3 4.0 1.0E-7 ##Inf 99999999999999999999N]",
        r#"{"a \" \\ \n \u0001" \space, :k (1 #{2} #t [3])}"#,
        "(\\( \\newline sym :key)",
    ] {
        let first = value(text);
        let written = first.to_string();
        assert_eq!(value(&written), first, "{written}");
    }
}

/// What Clojure prints and cannot read back is one form, which ends where it ends, and is written as it was.
#[test]
fn unreadable_forms_are_passed_over_whole() {
    for form in [
        r##"#"a.*\"[}b""##,
        "#'jepsen.core/run!",
        "#<SocketException java.net.SocketException: broken>",
        "#<core$fn <a -> b> #<Box {1}>>",
        "#(inc %)",
        "#=(java.util.Date. 1)",
        "#?(:clj 1)",
        "@x",
        "`x",
        "~x",
        "1a",
        "007",
        "127.0.0.1:80",
        "##Foo",
        r"\nosuch",
    ] {
        let text = format!("{{:a {form}, :b [1 {form}] :c 2}}");
        let value = read(&text).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(
            value.get("a"),
            Some(&EdnValue::Opaque(form.into())),
            "{text}"
        );
        assert_eq!(value.get("c"), Some(&EdnValue::Integer(2)), "{text}");
        assert_eq!(value.get("b").and_then(EdnValue::opaque), Some(form));
        assert_eq!(read(&value.to_string()).as_ref(), Ok(&value), "{text}");
    }
    for (text, is) in [
        ("-1/3", EdnValue::Ratio("-1/3".into())),
        ("'x", EdnValue::Symbol("x".into())),
        ("^{:line 1} x", EdnValue::Symbol("x".into())),
        ("#^String x", EdnValue::Symbol("x".into())),
    ] {
        let value = value(text);
        assert_eq!((value.opaque(), &value), (None, &is), "{text}");
    }
}

/// A field that is judged is another matter: the error names line and field.
#[test]
fn an_unreadable_form_that_is_judged_is_an_error() {
    let text = "{:type :invoke :process 0 :f :write :value 1 :error #<E>}\n\
                {:type :TYPE :process 0 :f :write :value #'x :key 1}";
    for (name, always, refused) in [
        ("ok", false, true),
        ("info", false, false),
        ("info", true, true),
    ] {
        let text = text.replace("TYPE", name);
        let paired = operations(entries(&text).expect("read")).expect("paired");
        let readable = paired[0].require_readable(always);
        assert_eq!(readable.is_err(), refused, "{name}");
        if let Err(error) = readable {
            let said = error.to_string();
            assert!(
                said.contains("line 2") && said.contains(":value is judged"),
                "{said}"
            );
        }
    }
}

/// Every error names the line and the column where a person should look.
#[test]
fn errors_have_a_place() {
    for (text, line, column, problem) in [
        ("", 1, 1, Problem::Missing),
        (" ;\n", 2, 1, Problem::Missing),
        ("[1\n {:a", 2, 2, Problem::Torn { inside: "map" }),
        ("[é \"abc", 1, 4, Problem::Torn { inside: "string" }),
        ("\"abc\\", 1, 1, Problem::Torn { inside: "string" }),
        (
            "#tag",
            1,
            1,
            Problem::Torn {
                inside: "tagged value",
            },
        ),
        (
            "\\",
            1,
            1,
            Problem::Torn {
                inside: "character",
            },
        ),
        ("[1 #_", 1, 6, Problem::Missing),
        (")", 1, 1, Problem::Unopened(')')),
        (
            "[1\n}",
            2,
            1,
            Problem::Mismatched {
                expected: ']',
                found: '}',
            },
        ),
        (" {:a 1 :b}", 1, 2, Problem::OddMap),
        (r#""\q""#, 1, 2, Problem::Escape("\\q".into())),
        (r#""\ud83d""#, 1, 2, Problem::Escape("\\ud83d".into())),
        (r#""\u+123""#, 1, 2, Problem::Escape("\\u".into())),
        (
            "#\"a\\\"",
            1,
            1,
            Problem::Torn {
                inside: "regular expression",
            },
        ),
        ("#<a <b>", 1, 1, Problem::Torn { inside: "object" }),
        ("#(f", 1, 2, Problem::Torn { inside: "list" }),
        (": a", 1, 1, Problem::Keyword),
        ("#", 1, 1, Problem::Dispatch),
        ("#:a 1", 1, 1, Problem::Dispatch),
        ("1 2", 1, 3, Problem::Trailing),
    ] {
        let error = read(text).expect_err(text);
        assert_eq!(
            error,
            EdnError {
                line,
                column,
                problem
            },
            "{text}"
        );
    }
}

#[test]
fn depth_is_bounded_for_everything_that_nests() {
    for opening in [
        "[", "(", "{", "#{", "#t ", "#_", "#_ [", "{:a ", "#:n{:a ", "'", "@", "^a ", "#^", "#(",
        "#'", "#=",
    ] {
        let deep = opening.repeat(100_000);
        let error = read(&deep).expect_err(opening);
        assert!(
            matches!(error.problem, Problem::TooDeep),
            "{opening}: {error}"
        );
    }
    let legal = format!("{}{}", "[".repeat(DEPTH_MAX), "]".repeat(DEPTH_MAX));
    assert!(read(&legal).is_ok());
}

const CALLS: &str = r#"{:type :invoke, :process 0, :f :txn, :value [[:r 1 nil]], :index 3, :time 10}
{:type :info, :process :nemesis, :f :kill, :value nil, :index 4}
#jepsen.history.Op{:index 5 :type :ok :process 0 :f :txn :value [[:r 1 2]] :time 12 :node "n1"}
{:type :invoke :process 0 :f :txn :value []}
{:type :info :process 0 :f :txn :value [] :error :timeout}
{:type :invoke :process 0 :f :txn :value []}
{:type :invoke :process 1 :f :txn :value []}
{:type :fail :process 1 :f :txn :value []}
"#;

/// Maps a line, one vector and one list are the same history.
#[test]
fn operations_are_paired_by_process() {
    for text in [
        CALLS.to_owned(),
        format!("[{CALLS}]"),
        format!("; x\n({CALLS})"),
    ] {
        let read = operations(entries(&text).expect("a history")).expect("pairs");
        let rows: Vec<_> = read
            .iter()
            .map(|o| (o.id(), o.session, o.called(), o.returned(), o.outcome))
            .collect();
        assert_eq!(
            rows,
            [
                (3, 0, 0, Some(2), Outcome::Ok),
                (3, 0, 3, None, Outcome::Info),
                (5, 1, 5, None, Outcome::Info),
                (6, 2, 6, Some(7), Outcome::Fail),
            ]
        );
        let completion = read[0].completion.as_ref().expect("completed");
        assert_eq!(completion.other("node"), Some(&value("\"n1\"")));
        assert_eq!((completion.index, completion.time_ns), (Some(5), Some(12)));
        assert_eq!(read[0].value(), &value("[[:r 1 2]]"));
    }
}

#[test]
fn what_is_no_history_is_refused_with_its_line() {
    for (text, line, says) in [
        ("{:type :ok :process 0}", 1, "none open"),
        (
            "{:type :invoke :process 0}\n\n{:type :invoke :process 0}",
            3,
            "line 1 is still open",
        ),
        (
            "{:type :invoke :process 0 :f :a}\n{:type :ok :process 0 :f :b}",
            2,
            "called `a`",
        ),
        (
            "{:type :invoke :process 0 :index 2}\n{:type :ok :process 0 :index 1}",
            2,
            "their order",
        ),
        (
            "{:type :invoke :process 0}\n{:type :ok, :proc",
            2,
            "ends inside the map",
        ),
        ("[{:type :invoke :process 0}\n", 1, "ends inside the vector"),
        ("{:process 0}", 1, "no :type"),
        ("{:type :ok}", 1, "no :process"),
        (
            "{:type :ok :process #<Thread 1>}",
            1,
            ":process must be an integer or a keyword, and is #<Thread 1>",
        ),
        (
            "{:type :okay :process 1}",
            1,
            ":type must be :invoke, :ok, :fail or :info",
        ),
        (
            "{:type :ok :process 1.5}",
            1,
            ":process must be an integer or a keyword, and is 1.5",
        ),
        ("{:type :ok :process 1 :process 2}", 1, ":process twice"),
        ("{:type :ok :process 1 :f 7}", 1, ":f must be a keyword"),
        ("\n7", 2, "this is not a map"),
        ("[] []", 1, "a further form"),
        (
            "{:type :ok :process 1 :index 9999999999999999999}",
            1,
            "64 bits",
        ),
    ] {
        let error = entries(text).and_then(operations).expect_err(text);
        assert_eq!(error.line, line, "{text}: {error}");
        assert!(error.to_string().contains(says), "{text}: {error}");
    }
    assert_eq!(entries("").expect("empty"), []);
}

/// No prefix of a history, and no history with a byte changed, is more than an error.
#[test]
fn damaged_histories_never_panic() {
    let text = format!("{CALLS}; é\n{{:type :ok \"\\u00e9\" #{{1 \\a}} #t (-1.5e3 2N)}}");
    for end in (0..=text.len()).filter(|end| text.is_char_boundary(*end)) {
        let _ = entries(&text[..end]).and_then(operations);
    }
    for at in 0..text.len() {
        for byte in b"()[]{}\"\\#:;_ 0-aN\n" {
            let mut bytes = text.clone().into_bytes();
            bytes[at] = *byte;
            if let Ok(changed) = String::from_utf8(bytes) {
                let _ = entries(&changed).and_then(operations);
            }
        }
    }
}
