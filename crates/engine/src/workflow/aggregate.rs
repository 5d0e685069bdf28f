//! What a loop gives as one: the outputs of all its expansions together (PA-100 to PA-104).

use super::node::{Node, NodeKind, Phase};
use super::run::{Aggregate, Loop, Run};
use expr::items::Item;
use std::collections::BTreeMap;
use tiphys_expr as expr;

impl Loop {
    /// Outputs of all expansions together (PA-100 to PA-104). Stable once every expansion has settled.
    pub(crate) fn aggregate(&self, run: &Run) -> Result<&Aggregate, String> {
        if self.open > 0 || self.has_more() {
            return Err("the loop has not ended".to_owned());
        }
        self.aggregate.get_or_init(|| self.make_aggregate(run)).as_ref().map_err(Clone::clone)
    }

    fn make_aggregate(&self, run: &Run) -> Result<Aggregate, String> {
        let in_dag = run.node(self.owner).kind == NodeKind::TaskGroup;
        let is_skipped = |node: &Node| node.phase == Phase::Skipped && !node.is_taken_over();
        if !in_dag && self.children.values().all(|child| is_skipped(run.node(*child))) {
            return Ok(Aggregate::default());
        }
        let mut results: Vec<String> = Vec::new();
        let mut list: Vec<BTreeMap<&str, &str>> = Vec::new();
        let mut values: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for child in self.children.values() {
            let node = run.node(*child);
            let (true, Some(outputs)) = (node.has_succeeded(), node.outputs.as_deref()) else { continue };
            if let Some(result) = &outputs.result {
                // Embedded as it is spelled, numbers and order of keys too.
                results.push(expr::escape_html_json(Item::from_json_text(result)?.json()));
            }
            let mut row = BTreeMap::new();
            for parameter in &outputs.parameters {
                if let Some(value) = &parameter.value {
                    row.insert(parameter.name.as_str(), value.as_str());
                    values.entry(&parameter.name).or_default().push(value);
                }
            }
            if !row.is_empty() {
                list.push(row);
            }
        }
        let mut parameters = BTreeMap::new();
        for (name, values) in values {
            parameters.insert(name.to_owned(), together(&values)?);
        }
        let list = serde_json::to_string(&list).map_err(|error| error.to_string())?;
        Ok(Aggregate {
            result: Some(format!("[{}]", results.join(","))),
            list: Some(expr::escape_html_json(&list)),
            parameters,
        })
    }
}

/// An array of parsed values if every one is an object or array, otherwise of strings (PA-102). Whatever was parsed is
/// written anew, with numbers as Go writes floats.
fn together(values: &[&str]) -> Result<String, String> {
    let parsed: Option<Vec<expr::Value>> = values
        .iter()
        .map(|value| match expr::parse_json(value) {
            Ok(value @ (expr::Value::Map(_) | expr::Value::List(_))) => Some(value),
            _ => None,
        })
        .collect();
    match parsed {
        Some(parsed) => expr::Value::list(parsed).to_json(),
        None => {
            let texts = serde_json::to_string(values).map_err(|error| error.to_string())?;
            Ok(expr::escape_html_json(&texts))
        }
    }
}
