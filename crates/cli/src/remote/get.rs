//! `get` (CLI-032).

use serde_json::Value;
use std::process::ExitCode;
use tiphys_engine::FieldSelector;

use super::http::Server;
use super::said::{count, said};
use super::select;
use super::view::{self, Form};
use crate::commands::get::Args;
use crate::output::ViewFormat;
use crate::print::GetStyle;

pub fn get(server: &Server, args: &Args) -> anyhow::Result<ExitCode> {
    count(&args.names, 1..=usize::MAX, "get")?;
    let style = GetStyle {
        short: args.output == Some(ViewFormat::Short),
        ..shown(&args.status.join(","), args.node_field_selector.as_deref())
    };
    let form = match args.output {
        Some(ViewFormat::Name) => Some(Form::Name),
        Some(ViewFormat::Json) => Some(Form::Json),
        Some(ViewFormat::Yaml) => Some(Form::Yaml),
        Some(ViewFormat::Wide) => Some(Form::Wide),
        None | Some(ViewFormat::Short) => None,
    };
    let mut paint = view::paint(args.no_color);
    if args.no_utf8 {
        paint = paint.ascii();
    }
    for name in &args.names {
        let document = fetch(server, name)?;
        view::workflow(&document, form, &style, paint)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// A workflow by its name.
pub fn fetch(server: &Server, name: &str) -> anyhow::Result<Value> {
    server.get(&select::workflow(&server.namespace, name), &Vec::new())
}

/// Which nodes a view shows. What is wrong with that is told when there are nodes, as in Argo.
pub fn shown(status: &str, selector: Option<&str>) -> GetStyle {
    let selector = selector.filter(|selector| !selector.is_empty());
    let read = match (status, selector) {
        ("", None) => Ok(Vec::new()),
        ("", Some(selector)) => FieldSelector::parse(selector)
            .map(|read| terms_of(&read))
            .map_err(|error| format!("selector is invalid: {error}")),
        (status, None) => Ok(vec![("phase".to_owned(), status.to_owned(), true)]),
        (_, Some(_)) => Err("cannot use both --status and --node-field-selector".to_owned()),
    };
    let (nodes, flaw) = match read {
        Ok(nodes) => (nodes, None),
        Err(flaw) => (Vec::new(), Some(flaw)),
    };
    GetStyle { nodes, flaw, ..GetStyle::default() }
}

/// The terms of a node field selector: field, value, and whether they must be equal (API-167).
pub fn terms(selector: &str) -> anyhow::Result<Vec<(String, String, bool)>> {
    let read = FieldSelector::parse(selector)
        .map_err(|error| said(format!("unable to parse node field selector '{selector}': {error}")))?;
    Ok(terms_of(&read))
}

fn terms_of(read: &FieldSelector) -> Vec<(String, String, bool)> {
    read.terms().iter().map(|term| (term.field.clone(), term.value.clone(), term.equal)).collect()
}
