//! The part of JSON Schema 2020-12 that the published schema uses. A keyword that is not understood is an error, so
//! that the schema cannot say more than what is tested.

use serde_json::{Map, Value};

/// Where the value breaks the schema: one line each.
pub(crate) fn violations(schema: &Value, value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    check(schema, schema, value, "", &mut found);
    found
}

fn check(root: &Value, schema: &Value, value: &Value, at: &str, found: &mut Vec<String>) {
    let schema = schema.as_object().expect("a schema is an object");
    for (keyword, rule) in schema {
        match keyword.as_str() {
            "$schema" | "$comment" | "$defs" | "title" | "description" => {}
            "$ref" => check(root, resolve(root, rule), value, at, found),
            "type" => of_type(rule, value, at, found),
            "const" if rule != value => found.push(format!("{at}: {value} is not {rule}")),
            "enum" if !rule.as_array().expect("values").contains(value) => {
                found.push(format!("{at}: {value} is none of {rule}"));
            }
            "const" | "enum" => {}
            "required" => required(rule, value, at, found),
            "properties" => properties(root, rule, value, at, found),
            "items" => {
                for (index, item) in value.as_array().into_iter().flatten().enumerate() {
                    check(root, rule, item, &format!("{at}/{index}"), found);
                }
            }
            other => panic!("{at}: this validator does not know {other}"),
        }
    }
}

fn resolve<'a>(root: &'a Value, reference: &Value) -> &'a Value {
    let pointer = reference.as_str().and_then(|r| r.strip_prefix('#'));
    let pointer = pointer.expect("a reference into this schema");
    root.pointer(pointer)
        .unwrap_or_else(|| panic!("{pointer} is nowhere"))
}

fn of_type(rule: &Value, value: &Value, at: &str, found: &mut Vec<String>) {
    let is = |name: &Value| match name.as_str().expect("a type's name") {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        other => panic!("no type {other}"),
    };
    let fits = rule
        .as_array()
        .map_or_else(|| is(rule), |any| any.iter().any(is));
    if !fits {
        found.push(format!("{at}: {value} is not {rule}"));
    }
}

fn required(rule: &Value, value: &Value, at: &str, found: &mut Vec<String>) {
    let names = rule
        .as_array()
        .expect("names")
        .iter()
        .filter_map(Value::as_str);
    let missing = |object: &Map<String, Value>, name: &str| !object.contains_key(name);
    for name in names {
        if value.as_object().is_some_and(|o| missing(o, name)) {
            found.push(format!("{at}: {name} is missing"));
        }
    }
}

fn properties(root: &Value, rule: &Value, value: &Value, at: &str, found: &mut Vec<String>) {
    let rules = rule.as_object().expect("properties");
    for (name, value) in value.as_object().into_iter().flatten() {
        if let Some(rule) = rules.get(name) {
            check(root, rule, value, &format!("{at}/{name}"), found);
        }
    }
}
