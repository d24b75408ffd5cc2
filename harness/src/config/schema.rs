//! JSON schemas of the files that users write, for editors and other tools. They are derived from the types that read these
//! files, and names come from the tables that the readers use, so a schema cannot fall behind its reader.
//!
//! Everything that a reader accepts, its schema accepts. A reader checks more than a schema can say (positions of a
//! placeholder, addresses, combinations), so the reverse holds only for unknown keys, missing keys and wrong types.

mod fields;

use checkers::history::{Limits, Promises};
use schemars::generate::SchemaSettings;
use schemars::transform::transform_subschemas;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use super::{limits, promises, shape};

/// The table of promises and limits in the documentation: what each means is written there and nowhere else.
const MEANINGS: &str = include_str!("../../../docs/targets.md");

/// A duration as [`super::time`] reads it.
pub(super) const TIME: &str = "^[0-9.]+(ms|s|m|h)?$";

/// A name as scenarios and suites have it.
pub(super) const NAME: &str = "^[a-z0-9-]{1,60}$";

/// The schema of files that are read as this type. The draft is 7, which every editor knows.
pub(super) fn of<T: JsonSchema>(title: &str, about: &str) -> Schema {
    let settings = SchemaSettings::draft07().with_transform(plain);
    let mut schema = settings.into_generator().into_root_schema_for::<T>();
    schema.insert("title".to_owned(), title.into());
    schema.insert("description".to_owned(), about.into());
    schema
}

/// What TOML and a reader of documentation do not need: null, widths of numbers, defaults that say nothing, line breaks.
fn plain(schema: &mut Schema) {
    transform_subschemas(&mut plain, schema);
    let Some(object) = schema.as_object_mut() else {
        return;
    };
    object.remove("format");
    if let Some(Value::Array(types)) = object.get_mut("type") {
        types.retain(|one| one != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            object.insert("type".to_owned(), only);
        }
    }
    if let Some(Value::Array(ways)) = object.get_mut("anyOf") {
        ways.retain(|one| one["type"] != "null");
    }
    let says_nothing = |value: &Value| match value {
        Value::Null | Value::Object(_) => true,
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.is_empty(),
        Value::Number(number) => number.as_u64() == Some(u64::from(u32::MAX)),
        Value::Bool(_) => false,
    };
    if object.get("default").is_some_and(says_nothing) {
        object.remove("default");
    }
    if let Some(Value::String(text)) = object.get_mut("description") {
        let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
        *text = words.replace("[`", "`").replace("`]", "`");
    }
}

/// One of these words.
pub(super) fn one_of<'a>(words: impl IntoIterator<Item = &'a str>) -> Schema {
    let words: Vec<&str> = words.into_iter().collect();
    json_schema!({ "type": "string", "enum": words })
}

/// A list of these words.
pub(super) fn list_of<'a>(words: impl IntoIterator<Item = &'a str>) -> Schema {
    json_schema!({ "type": "array", "items": one_of(words) })
}

/// A promise or a limit.
#[derive(Clone, Debug)]
pub struct Key {
    /// Its name in files.
    pub name: &'static str,
    /// Its value where a file states none. Null if nothing is promised or judged then.
    pub default: Value,
    /// What it means, as the documentation says it.
    pub meaning: &'static str,
}

/// Every promise.
pub fn all_promises() -> Vec<Key> {
    keys(&Promises::default())
}

/// Every limit of a target.
pub fn all_limits() -> Vec<Key> {
    keys(&Limits::default())
}

fn keys<T: Serialize + DeserializeOwned>(defaults: &T) -> Vec<Key> {
    let mut defaults = match serde_json::to_value(defaults) {
        Ok(Value::Object(table)) => table,
        _ => Map::new(),
    };
    let names = fields::of::<T>().iter();
    let key = |name: &&'static str| Key {
        name,
        default: defaults.remove(*name).unwrap_or_default(),
        meaning: meaning(name).unwrap_or_default(),
    };
    names.map(key).collect()
}

/// What the documentation says of a promise or a limit.
fn meaning(name: &str) -> Option<&'static str> {
    MEANINGS.lines().find_map(|line| {
        let (keys, meaning) = line.strip_prefix("| ")?.split_once(" | ")?;
        let names = keys.split(", ").any(|key| key.trim_matches('`') == name);
        names.then(|| meaning.trim_end_matches(" |"))
    })
}

/// `[promises]` of a target file.
pub(super) fn promises(_: &mut SchemaGenerator) -> Schema {
    closed(&all_promises(), |key| match &key.default {
        Value::Bool(_) => json!({ "type": "boolean" }),
        Value::String(_) => {
            let words: Vec<&str> = promises::words_of(key.name).split('|').collect();
            json!({ "type": "string", "enum": words })
        }
        _ => json!({ "type": "integer", "minimum": 0 }),
    })
}

/// `[limits]` of a target file.
pub(super) fn limits(_: &mut SchemaGenerator) -> Schema {
    closed(
        &all_limits(),
        |_| json!({ "type": "integer", "minimum": 0 }),
    )
}

/// `limits` of a scenario: changes to those of the target.
pub(super) fn limit_changes(_: &mut SchemaGenerator) -> Schema {
    let mut known = all_limits();
    let names = limits::names();
    known.retain(|key| names.iter().any(|name| name == key.name));
    // A change has no default: without it the target's own limit counts.
    known.iter_mut().for_each(|key| key.default = Value::Null);
    closed(&known, |_| {
        json!({ "anyOf": [
            { "type": "integer", "minimum": 0 },
            { "type": "string", "pattern": "^[+]?[0-9.]+(ms|s|m|h)?$" },
        ] })
    })
}

/// `load` of a scenario: fixed values of what its workload draws.
pub(super) fn load(_: &mut SchemaGenerator) -> Schema {
    let rows = shape::rows();
    let mut keys = Map::new();
    for (key, values) in rows {
        let about = format!("drawn from: {}", values.join(", "));
        let value =
            json!({ "type": ["string", "integer", "number", "boolean"], "description": about });
        keys.insert(key, value);
    }
    json_schema!({ "type": "object", "properties": keys, "additionalProperties": false })
}

/// A table with these keys and no other.
fn closed(keys: &[Key], kind: impl Fn(&Key) -> Value) -> Schema {
    let mut properties = Map::new();
    for key in keys {
        let mut value = kind(key);
        value["description"] = key.meaning.into();
        value["default"] = key.default.clone();
        properties.insert(key.name.to_owned(), value);
    }
    json_schema!({ "type": "object", "properties": properties, "additionalProperties": false })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documentation_states_every_promise_and_limit() {
        let all = [all_promises(), all_limits()].concat();
        assert!(all.len() > 30, "{all:?}");
        let silent: Vec<_> = all.iter().filter(|key| key.meaning.is_empty()).collect();
        assert!(silent.is_empty(), "not in docs/targets.md: {silent:?}");
    }
}
