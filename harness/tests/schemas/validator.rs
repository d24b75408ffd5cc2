//! Says whether a value fits a JSON schema of draft 7, as far as the schemas of this project go: a keyword that is not known
//! here is an error of the test, so none is skipped. The crate `jsonschema` would turn on another way to parse numbers in
//! `serde_json` for every test of the workspace, so that tests would run another program than users.

use regex::Regex;
use serde_json::{Map, Value};

/// Keywords that say nothing about a value.
const NOTES: [&str; 6] = [
    "$schema",
    "title",
    "description",
    "default",
    "definitions",
    "examples",
];

/// A schema.
pub(crate) struct Validator(Value);

impl Validator {
    pub(crate) fn of(schema: Value) -> Validator {
        assert_eq!(schema["$schema"], "http://json-schema.org/draft-07/schema#");
        Validator(schema)
    }

    /// # Errors
    /// The place of the first value that does not fit, and the keyword that refuses it.
    pub(crate) fn accepts(&self, value: &Value) -> Result<(), String> {
        self.fits(&self.0, value, "")
    }

    fn fits(&self, schema: &Value, value: &Value, place: &str) -> Result<(), String> {
        let keywords = match schema {
            Value::Bool(true) => return Ok(()),
            Value::Bool(false) => return Err(format!("{place}: nothing is allowed here")),
            Value::Object(keywords) => keywords,
            other => panic!("no schema: {other}"),
        };
        for (keyword, wanted) in keywords {
            self.keyword((keyword, wanted), keywords, value, place)?;
        }
        Ok(())
    }

    fn keyword(
        &self,
        (keyword, wanted): (&str, &Value),
        all: &Map<String, Value>,
        value: &Value,
        place: &str,
    ) -> Result<(), String> {
        let check = |fits: bool| match fits {
            true => Ok(()),
            false => Err(format!("{place}: {keyword} {wanted} refuses {value}")),
        };
        let below = |schema: &Value| self.fits(schema, value, place);
        let list = || {
            wanted
                .as_array()
                .unwrap_or_else(|| panic!("{keyword}: {wanted}"))
        };
        let limit = || {
            wanted
                .as_u64()
                .unwrap_or_else(|| panic!("{keyword}: {wanted}"))
        };
        match keyword {
            note if NOTES.contains(&note) => Ok(()),
            "$ref" => {
                let path = wanted.as_str().and_then(|path| path.strip_prefix('#'));
                let path = path.unwrap_or_else(|| panic!("{wanted}"));
                below(self.0.pointer(path).unwrap_or_else(|| panic!("no {path}")))
            }
            "type" => match wanted {
                Value::Array(kinds) => check(kinds.iter().any(|kind| is(kind, value))),
                kind => check(is(kind, value)),
            },
            "enum" => check(list().contains(value)),
            "const" => check(wanted == value),
            "allOf" => list().iter().try_for_each(below),
            "anyOf" => check(list().iter().any(|schema| below(schema).is_ok())),
            "oneOf" => check(list().iter().filter(|schema| below(schema).is_ok()).count() == 1),
            "minimum" | "maximum" => {
                let limit = wanted.as_f64().unwrap_or_else(|| panic!("{wanted}"));
                let within = |number: f64| {
                    (keyword == "minimum" && number >= limit)
                        || (keyword == "maximum" && number <= limit)
                };
                check(value.as_f64().is_none_or(within))
            }
            "pattern" => {
                let pattern = Regex::new(wanted.as_str().expect("a text")).expect("a pattern");
                check(value.as_str().is_none_or(|text| pattern.is_match(text)))
            }
            "minLength" => check(
                value
                    .as_str()
                    .is_none_or(|text| text.chars().count() as u64 >= limit()),
            ),
            "maxItems" => check(
                value
                    .as_array()
                    .is_none_or(|items| items.len() as u64 <= limit()),
            ),
            "items" => {
                let mut items = value.as_array().into_iter().flatten().enumerate();
                items.try_for_each(|(at, item)| self.fits(wanted, item, &format!("{place}/{at}")))
            }
            "required" => {
                let has = |key: &Value| {
                    value
                        .as_object()
                        .is_none_or(|keys| keys.contains_key(key.as_str().expect("a key")))
                };
                check(list().iter().all(has))
            }
            "properties" => {
                let known = wanted.as_object().expect("properties");
                let mut stated = known
                    .iter()
                    .filter_map(|(key, schema)| Some((key, schema, value.get(key)?)));
                stated.try_for_each(|(key, schema, value)| {
                    self.fits(schema, value, &format!("{place}/{key}"))
                })
            }
            "additionalProperties" => {
                let known = all.get("properties").and_then(Value::as_object);
                let further = value.as_object().into_iter().flatten();
                let mut further =
                    further.filter(|(key, _)| known.is_none_or(|known| !known.contains_key(*key)));
                further.try_for_each(|(key, value)| {
                    self.fits(wanted, value, &format!("{place}/{key}"))
                })
            }
            unknown => panic!("the validator of the tests does not know `{unknown}`"),
        }
    }
}

fn is(kind: &Value, value: &Value) -> bool {
    match kind.as_str().expect("the name of a type") {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        other => panic!("no type `{other}`"),
    }
}

#[test]
fn it_refuses_what_it_should() {
    let text = r##"{
        "$schema": "http://json-schema.org/draft-07/schema#",
        "type": "object", "required": ["a"], "additionalProperties": false,
        "properties": { "a": { "$ref": "#/definitions/a" }, "b": { "type": "array", "items": { "enum": ["x"] }, "maxItems": 2 } },
        "definitions": { "a": { "type": "integer", "minimum": 1, "maximum": 3 } }
    }"##;
    let validator = Validator::of(serde_json::from_str(text).expect("JSON"));
    let accepts = |text: &str| {
        validator
            .accepts(&serde_json::from_str(text).expect("JSON"))
            .is_ok()
    };
    assert!(accepts(r#"{"a": 1}"#) && accepts(r#"{"a": 3, "b": ["x", "x"]}"#));
    for wrong in [
        "{}",
        r#"{"a": 0}"#,
        r#"{"a": 4}"#,
        r#"{"a": 1.5}"#,
        r#"{"a": 1, "c": 1}"#,
        r#"{"a": 1, "b": ["y"]}"#,
        r#"{"a": 1, "b": ["x", "x", "x"]}"#,
        "[]",
    ] {
        assert!(!accepts(wrong), "{wrong}");
    }
}
