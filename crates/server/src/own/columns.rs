//! Nodes as columns: what a list of objects says, a field at a time and every text once.
//!
//! A run of a hundred thousand nodes names each of them in several places, and every node repeats the names of
//! its fields. As columns it is a fraction of the size, and a browser reads it in a fraction of the time.

use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, HashMap};

/// Objects as columns: `count` rows, every text once in `strings`, and by field one of
///
/// - `strings`: of each row the place of its text, `-2` where the field is `null`;
/// - `lists`: of each row the places of its texts;
/// - `values`: what is neither, as it is.
///
/// A field that less than half of the rows have names them in `at`; otherwise a row without it has `-1` or `null`.
pub(crate) fn of(objects: &[&Map<String, Value>]) -> Value {
    let mut strings = Strings::default();
    let mut fields: BTreeMap<&str, Vec<(usize, &Value)>> = BTreeMap::new();
    for (row, object) in objects.iter().enumerate() {
        for (field, value) in *object {
            fields.entry(field).or_default().push((row, value));
        }
    }
    let columns: Map<String, Value> = fields
        .into_iter()
        .map(|(field, cells)| (field.to_owned(), column(&cells, objects.len(), &mut strings)))
        .collect();
    json!({ "count": objects.len(), "strings": strings.all, "columns": columns })
}

/// Every text once, in the order in which they were met.
#[derive(Default)]
struct Strings<'a> {
    all: Vec<&'a str>,
    places: HashMap<&'a str, usize>,
}

impl<'a> Strings<'a> {
    fn place(&mut self, text: &'a str) -> usize {
        *self.places.entry(text).or_insert_with(|| {
            self.all.push(text);
            self.all.len() - 1
        })
    }
}

fn column<'a>(cells: &[(usize, &'a Value)], rows: usize, strings: &mut Strings<'a>) -> Value {
    let is_text = |value: &Value| value.is_string() || value.is_null();
    let is_list = |value: &Value| value.as_array().is_some_and(|list| list.iter().all(Value::is_string));
    let (kind, absent, told): (_, _, Vec<Value>) = if cells.iter().all(|(_, value)| is_text(value)) {
        let places = cells.iter().map(|(_, value)| match value.as_str() {
            Some(text) => json!(strings.place(text)),
            None => json!(-2),
        });
        ("strings", json!(-1), places.collect())
    } else if cells.iter().all(|(_, value)| is_list(value)) {
        let lists = cells.iter().map(|(_, value)| {
            let texts = value.as_array().into_iter().flatten().filter_map(Value::as_str);
            texts.map(|text| json!(strings.place(text))).collect()
        });
        ("lists", Value::Null, lists.collect())
    } else {
        ("values", Value::Null, cells.iter().map(|(_, value)| (*value).clone()).collect())
    };
    // A value that is `null` itself must not be taken for one that is not there.
    let has_nulls = kind == "values" && cells.iter().any(|(_, value)| value.is_null());
    if cells.len() * 2 < rows || (has_nulls && cells.len() < rows) {
        let at: Vec<usize> = cells.iter().map(|(row, _)| *row).collect();
        return json!({ "at": at, kind: told });
    }
    let mut dense = vec![absent; rows];
    for ((row, _), value) in cells.iter().zip(told) {
        dense[*row] = value;
    }
    json!({ kind: dense })
}

#[cfg(test)]
mod tests {
    use super::of;
    use serde_json::{Value, json};

    #[track_caller]
    fn check(objects: &Value, expected: &Value) {
        let all: Vec<_> = objects.as_array().unwrap().iter().map(|each| each.as_object().unwrap()).collect();
        assert_eq!(&of(&all), expected);
    }

    #[test]
    fn every_text_is_told_once() {
        check(
            &json!([
                { "id": "a", "children": ["b", "c"], "phase": "Running" },
                { "id": "b", "boundary": "a", "phase": "Running" },
                { "id": "c", "boundary": "a", "phase": "Failed", "message": "it broke" },
            ]),
            &json!({
                "count": 3,
                "strings": ["a", "b", "c", "it broke", "Running", "Failed"],
                "columns": {
                    "boundary": { "strings": [-1, 0, 0] },
                    "children": { "at": [0], "lists": [[1, 2]] },
                    "id": { "strings": [0, 1, 2] },
                    "message": { "at": [2], "strings": [3] },
                    "phase": { "strings": [4, 4, 5] },
                },
            }),
        );
    }

    #[test]
    fn what_is_no_text_stays_as_it_is() {
        check(
            &json!([{ "end": null, "outputs": { "a": 1 } }, { "end": "today", "outputs": null }, {}]),
            &json!({
                "count": 3,
                "strings": ["today"],
                "columns": {
                    "end": { "strings": [-2, 0, -1] },
                    "outputs": { "at": [0, 1], "values": [{ "a": 1 }, null] },
                },
            }),
        );
        check(&json!([]), &json!({ "count": 0, "strings": [], "columns": {} }));
    }
}
