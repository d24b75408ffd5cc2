//! Values are compared as Clojure's `=` compares them, and not by how they print.

use checkers::edn::{EdnValue, read};
use checkers::foreign::{ModelName, judge};
use checkers::linearizability::SearchOptions;
use rand::seq::{IndexedRandom, SliceRandom};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// What each model says where a value comes back in another print: *valid*; and where it is another value: *invalid*.
#[test]
fn a_value_that_prints_differently_is_the_same() {
    let prints = [
        ("{:a 1 :b 2}", "{:b 2 :a 1}", "{:a 1 :b 3}"),
        ("#{1 2}", "#{2 1}", "#{1 3}"),
        ("(1 2)", "[1 2]", "[2 1]"),
        ("2/4", "1/2", "2/3"),
        ("-0.0", "0.0", "0"),
        ("1.50M", "1.5M", "1.5"),
        (
            "[#{(1) {:a (2)}}]",
            "(#{{:a [2]} [1]})",
            "[#{[1] {:a [3]}}]",
        ),
    ];
    let models = [
        (
            ModelName::Register,
            vec![("write", "V", "V"), ("read", "nil", "W")],
        ),
        (
            ModelName::CasRegister,
            vec![
                ("write", "V", "V"),
                ("cas", "[W 7]", "[W 7]"),
                ("read", "nil", "7"),
            ],
        ),
        (
            ModelName::FifoQueue,
            vec![("enqueue", "V", "V"), ("dequeue", "nil", "W")],
        ),
        (
            ModelName::TotalQueue,
            vec![("enqueue", "V", "V"), ("dequeue", "nil", "W")],
        ),
        (
            ModelName::Set,
            vec![("add", "V", "V"), ("read", "nil", "[W]")],
        ),
        (
            ModelName::SetFull,
            vec![("add", "V", "V"), ("read", "nil", "[W]")],
        ),
        (
            ModelName::Log,
            vec![("append", "V", "[0 V]"), ("fetch", "nil", "[0 W]")],
        ),
        (
            ModelName::Kv,
            vec![("put", "[1 V]", "[1 V]"), ("get", "[1 nil]", "[1 W]")],
        ),
        (
            ModelName::MultiRegister,
            vec![
                ("txn", "[[:w 1 V]]", "[[:w 1 V]]"),
                ("txn", "[[:r 1 nil]]", "[[:r 1 W]]"),
            ],
        ),
        (
            ModelName::ListAppend,
            vec![
                ("txn", "[[:append 1 V]]", "[[:append 1 V]]"),
                ("txn", "[[:r 1 nil]]", "[[:r 1 [W]]]"),
            ],
        ),
        (
            ModelName::ListAppend,
            vec![
                ("txn", "[[:append V 1]]", "[[:append W 1]]"),
                ("txn", "[[:r V nil]]", "[[:r W [1]]]"),
            ],
        ),
        (
            ModelName::RwRegister,
            vec![
                ("txn", "[[:w 1 V]]", "[[:w 1 W]]"),
                ("txn", "[[:r 1 nil]]", "[[:r 1 W]]"),
            ],
        ),
        (
            ModelName::Kafka,
            vec![
                ("send", "[[:send 1 V]]", "[[:send 1 [0 V]]]"),
                ("poll", "[[:poll]]", "[[:poll {1 [[0 W]]}]]"),
            ],
        ),
    ];
    for (called, same, other) in prints {
        for (model, operations) in &models {
            for (seen, expected) in [(same, "valid"), (other, "invalid")] {
                let fill = |text: &str| text.replace('V', called).replace('W', seen);
                let lines = operations.iter().map(|(f, call, answer)| {
                    let line = |kind: &str, value: &str| {
                        format!(
                            "{{:process 0, :type :{kind}, :f :{f}, :value {}}}\n",
                            fill(value)
                        )
                    };
                    line("invoke", call) + &line("ok", answer)
                });
                let text: String = lines.collect();
                let said = judge(
                    "x",
                    text.as_bytes(),
                    Some(*model),
                    &SearchOptions::default(),
                );
                // A completion with another key or value than its call is refused, which says as much.
                let said = said.map_or("invalid", |said| said.validity().word());
                assert_eq!(said, expected, "{}\n{text}", model.name());
            }
        }
    }
}

/// A key that prints differently is the same key.
#[test]
fn keys_are_values_too() {
    for (key, same) in [
        ("(1 2)", "[1 2]"),
        ("{:a 1 :b 2}", "{:b 2 :a 1}"),
        ("2/4", "1/2"),
    ] {
        let text = format!(
            "{{:process 0, :type :invoke, :f :write, :value [{key} 1]}}\n\
             {{:process 0, :type :ok, :f :write, :value [{same} 1]}}\n\
             {{:process 0, :type :invoke, :f :read, :value [{same} nil]}}\n\
             {{:process 0, :type :ok, :f :read, :value [{key} 2]}}\n"
        );
        let by = |text: &str| {
            let said = judge("x", text.as_bytes(), None, &SearchOptions::default());
            said.expect(text).validity().word()
        };
        assert_eq!(by(&text), "invalid", "{text}");
        assert_eq!(by(&text.replace("2]}\n", "1]}\n")), "valid", "{text}");
    }
}

fn draw(random: &mut ChaCha8Rng, depth: u32) -> EdnValue<'static> {
    const ATOMS: [&str; 24] = [
        "nil",
        "true",
        "false",
        "0",
        "1",
        "-1",
        "1N",
        "0.0",
        "-0.0",
        "1.0",
        "1M",
        "1.0M",
        "10E-1M",
        "0.5M",
        "1/2",
        "2/4",
        "-2/4",
        "4/4",
        "\"1\"",
        "\"a\"",
        ":a",
        "a",
        "\\a",
        "99999999999999999999",
    ];
    if depth == 0 || random.random_range(0..3) == 0 {
        let atom = ATOMS.choose(random).expect("some");
        return read(atom).expect("an atom");
    }
    let count = random.random_range(0..3);
    let elements: Vec<EdnValue<'static>> = (0..count).map(|_| draw(random, depth - 1)).collect();
    // Of a set, and of the keys of a map, no two are equal.
    let mut distinct: Vec<EdnValue<'static>> = Vec::new();
    for element in &elements {
        if !distinct.iter().any(|one| equal(one, element)) {
            distinct.push(element.clone());
        }
    }
    match random.random_range(0..5) {
        0 => EdnValue::List(elements),
        1 => EdnValue::Vector(elements),
        2 => EdnValue::Set(distinct),
        3 => EdnValue::Tagged("t".into(), Box::new(EdnValue::Vector(elements))),
        _ => {
            let pairs = distinct
                .into_iter()
                .map(|key| (key, draw(random, depth - 1)));
            EdnValue::Map(pairs.collect())
        }
    }
}

/// Clojure's `=`, by its definition: every element of one has its equal in the other.
fn equal(a: &EdnValue<'_>, b: &EdnValue<'_>) -> bool {
    use EdnValue::{List, Map, Set, Tagged, Vector};
    match (a, b) {
        (List(a) | Vector(a), List(b) | Vector(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| equal(a, b))
        }
        (Set(a), Set(b)) => a.len() == b.len() && a.iter().all(|a| b.iter().any(|b| equal(a, b))),
        (Map(a), Map(b)) => {
            let has = |(key, value): &(EdnValue<'_>, EdnValue<'_>)| {
                b.iter().any(|(k, v)| equal(key, k) && equal(value, v))
            };
            a.len() == b.len() && a.iter().all(has)
        }
        (Tagged(a, inner), Tagged(b, other)) => a == b && equal(inner, other),
        _ => number(a) == number(b),
    }
}

/// An atom as its kind and its value, numbers as numerator and denominator.
fn number(atom: &EdnValue<'_>) -> (&'static str, String) {
    let exact = |text: &str| match text {
        "1" | "1.0" | "10E-1" => "1".to_owned(),
        other => other.to_owned(),
    };
    match atom {
        EdnValue::Float(float) => ("float", format!("{}", float + 0.0)),
        EdnValue::Decimal(text) => ("decimal", exact(text)),
        EdnValue::Integer(integer) => ("whole", integer.to_string()),
        EdnValue::BigInteger(text) => ("whole", text.to_string()),
        EdnValue::Ratio(text) => match text.as_ref() {
            "4/4" => ("whole", "1".to_owned()),
            "2/4" => ("ratio", "1/2".to_owned()),
            "-2/4" => ("ratio", "-1/2".to_owned()),
            other => ("ratio", other.to_owned()),
        },
        EdnValue::String(text) => ("string", text.to_string()),
        EdnValue::Keyword(text) => ("keyword", text.to_string()),
        EdnValue::Symbol(text) => ("symbol", text.to_string()),
        other => ("other", other.to_string()),
    }
}

/// The same value in another order and with other brackets.
fn disguised(value: &EdnValue<'static>, random: &mut ChaCha8Rng) -> EdnValue<'static> {
    let mut all = |elements: &[EdnValue<'static>]| -> Vec<EdnValue<'static>> {
        elements.iter().map(|one| disguised(one, random)).collect()
    };
    match value {
        EdnValue::List(elements) | EdnValue::Vector(elements) => {
            let elements = all(elements);
            match random.random() {
                true => EdnValue::List(elements),
                false => EdnValue::Vector(elements),
            }
        }
        EdnValue::Set(elements) => {
            let mut elements = all(elements);
            elements.shuffle(random);
            EdnValue::Set(elements)
        }
        EdnValue::Map(pairs) => {
            let mut pairs: Vec<_> = pairs
                .iter()
                .map(|(key, value)| (disguised(key, random), disguised(value, random)))
                .collect();
            pairs.shuffle(random);
            EdnValue::Map(pairs)
        }
        EdnValue::Tagged(tag, inner) => {
            EdnValue::Tagged(tag.clone(), Box::new(disguised(inner, random)))
        }
        EdnValue::Ratio(text) if text == "1/2" => EdnValue::Ratio("3/6".into()),
        EdnValue::Integer(2) => EdnValue::Ratio("4/2".into()),
        atom => atom.clone(),
    }
}

/// Whatever is shuffled and put in other brackets stays equal, by value and by text; what differs stays different.
#[test]
fn canonical_forms_agree_with_the_definition() {
    let mut random = ChaCha8Rng::seed_from_u64(7);
    let (mut equals, mut differ) = (0, 0);
    for _ in 0..30_000 {
        let value = draw(&mut random, 3);
        let canonical = value.clone().canonical();
        let again = disguised(&value, &mut random).canonical();
        assert_eq!(canonical, again, "{value}");
        assert_eq!(canonical.clone().canonical(), canonical, "{value}");
        let text = canonical.to_string();
        let reread = read(&text).map(EdnValue::canonical);
        assert_eq!(reread.as_ref(), Ok(&canonical), "{value}");
        let other = draw(&mut random, 3);
        let is_equal = equal(&value, &other);
        let other_canonical = other.clone().canonical();
        assert_eq!(
            canonical == other_canonical,
            is_equal,
            "{value} and {other}"
        );
        assert_eq!(
            text == other_canonical.to_string(),
            is_equal,
            "{value} and {other}"
        );
        match is_equal {
            true => equals += 1,
            false => differ += 1,
        }
    }
    assert!(equals > 200 && differ > 200, "{equals}, {differ}");
}
