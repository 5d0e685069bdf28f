//! A filter of runs in the words of SQL.

use rusqlite::types::Value;

use crate::model::{Filter, LabelTerm, Life, NameMatch, Order, Shelf};

/// A filter as a condition of SQL, with the values of its parameters.
pub(super) fn condition(filter: &Filter) -> (String, Vec<Value>) {
    let mut condition = Condition::default();
    condition.place(filter);
    condition.name(filter);
    condition.life(filter);
    condition.times(filter);
    if !filter.phases.is_empty() {
        let phases = condition.list(&filter.phases);
        condition.terms.push(format!("phase IN ({phases})"));
    }
    filter.labels.iter().for_each(|term| condition.label(term));
    if let Some(after) = &filter.after {
        let uid = condition.value(&after.uid);
        condition.terms.push(format!("(created_us, uid) < ({}, {uid})", after.created_us));
    }
    (condition.terms.join(" AND "), condition.values)
}

/// What must hold, and the values that it names.
#[derive(Default)]
struct Condition {
    terms: Vec<String>,
    values: Vec<Value>,
}

impl Condition {
    /// The name of a value.
    fn value(&mut self, text: &str) -> String {
        self.values.push(Value::Text(text.to_owned()));
        format!("?{}", self.values.len())
    }

    fn list(&mut self, texts: &[String]) -> String {
        texts.iter().map(|text| self.value(text)).collect::<Vec<_>>().join(", ")
    }

    /// Which kind of machine, on which shelf, in which namespace, of which engine.
    fn place(&mut self, filter: &Filter) {
        let kind = self.value(filter.kind());
        self.terms.push(format!("kind = {kind}"));
        self.terms.push(match filter.shelf {
            Shelf::Runs => "here = 1".to_owned(),
            Shelf::Unfiled => "here = 1 AND archived = 0".to_owned(),
            Shelf::Archive => "archived = 1".to_owned(),
        });
        if let Some(namespace) = &filter.namespace {
            // The `+` keeps SQLite in the order of the list; a page is found there before anything is sorted. Of one
            // name there are few runs, so that sorting them costs nothing.
            let ordered = if matches!(filter.name, Some(NameMatch::Exact(_))) { "" } else { "+" };
            let namespace = self.value(namespace);
            self.terms.push(format!("{ordered}namespace = {namespace}"));
        }
        if let Some(namespace) = &filter.not_namespace {
            let namespace = self.value(namespace);
            self.terms.push(format!("+namespace <> {namespace}"));
        }
        if let Some(engine) = &filter.engine {
            let engine = self.value(engine);
            self.terms.push(format!("engine = {engine} AND engine <> ''"));
        }
    }

    /// What it is called, and what it says.
    fn name(&mut self, filter: &Filter) {
        if let Some(name) = &filter.not_name {
            let name = self.value(name);
            self.terms.push(format!("name <> {name}"));
        }
        let name = match &filter.name {
            None => None,
            Some(NameMatch::Exact(name)) => Some(format!("name = {}", self.value(name))),
            Some(NameMatch::Contains(part)) => Some(format!("instr(name, {}) > 0", self.value(part))),
            Some(NameMatch::Prefix(part)) => {
                let part = self.value(part);
                Some(format!("substr(name, 1, length({part})) = {part}"))
            }
        };
        self.terms.extend(name);
        if let Some(part) = &filter.message {
            let part = self.value(part);
            self.terms.push(format!("instr(message, {part}) > 0"));
        }
    }

    fn life(&mut self, filter: &Filter) {
        match filter.life {
            Life::Any => {}
            Life::Live => self.terms.push("finished_us IS NULL".to_owned()),
            Life::Finished => self.terms.push("finished_us IS NOT NULL".to_owned()),
        }
    }

    fn times(&mut self, filter: &Filter) {
        for (column, limit) in [
            ("created_us >=", filter.times.created_from),
            ("started_us >", filter.times.started_after),
            ("started_us <", filter.times.started_before),
            ("finished_us <=", filter.times.finished_until),
        ] {
            if let (Some(limit), Some((name, _))) = (limit, column.split_once(' ')) {
                self.terms.push(format!("(+{name} IS NULL OR +{column} {limit})"));
            }
        }
        self.terms.extend(bounds(filter));
    }

    /// Each row is looked up by its labels; no set of all that carry one is made for a page of fifty.
    fn label(&mut self, term: &LabelTerm) {
        let (word, key, wanted) = match term {
            LabelTerm::In(key, wanted) => ("EXISTS", key, Some(wanted)),
            LabelTerm::NotIn(key, wanted) => ("NOT EXISTS", key, Some(wanted)),
            LabelTerm::Exists(key) => ("EXISTS", key, None),
            LabelTerm::Absent(key) => ("NOT EXISTS", key, None),
        };
        let key = self.value(key);
        let wanted =
            wanted.map(|wanted| format!(" AND value IN ({})", self.list(wanted))).unwrap_or_default();
        self.terms.push(format!(
            "{word} (SELECT 1 FROM label WHERE key = {key}{wanted} AND label.machine = summary.machine)"
        ));
    }
}

/// Between which times of creation a filter can find anything, for a list that is walked in that order.
///
/// What is archived has ended, and was created before that.
fn bounds(filter: &Filter) -> Vec<String> {
    if filter.order != Order::Created {
        return Vec::new();
    }
    let until = filter.times.finished_until.filter(|_| filter.shelf == Shelf::Archive);
    let from = filter.times.created_from.map(|from| format!("created_us >= {from}"));
    from.into_iter().chain(until.map(|until| format!("created_us <= {until}"))).collect()
}
