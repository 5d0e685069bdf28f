//! What an editor asks: every mistake of a text with its place.

use crate::access::{Resource, Verb};
use crate::argo::admit::Library;
use crate::call::Call;
use crate::fault::Fault;
use crate::world::World;
use serde_json::{Value, json};
use tiphys_engine::check::{Situation, unused};
use tiphys_spec as spec;

/// Checks a text of any number of documents against what is kept in a namespace.
pub(crate) fn lint(world: &World, call: &Call) -> Result<Value, Fault> {
    let message = call.message()?;
    let text = message.text("text")?;
    let namespace = match message.text("namespace")? {
        "" => "default",
        namespace => namespace,
    };
    call.who.may(Verb::List, Resource::Templates, namespace, None)?;
    let parsed = spec::parse("editor", text, spec::Strictness::Strict);
    let mut found = parsed.diagnostics;
    let mut library = Library::of(world, namespace)?;
    // What stands in the same text counts before what is kept.
    library.prefer(parsed.documents.iter().map(|document| &document.object));
    for document in &parsed.documents {
        // Who writes wants to know of everything at once: what could be read is checked, whatever else is wrong.
        found.extend(library.findings(document, Situation::Lint));
        found.extend(unused(document));
        if world.options.place.plugins.is_empty() {
            found.extend(without_plugin(document));
        }
    }
    found.sort_by_key(|found| (found.place.line, found.place.column));
    let objects: Vec<&Value> = parsed.documents.iter().map(|document| &document.value).collect();
    Ok(
        json!({ "diagnostics": found.iter().map(|found| tell(found, text)).collect::<Vec<_>>(), "objects": objects }),
    )
}

/// Templates that only a plugin can execute, where the document brings none along and the settings name none.
fn without_plugin(document: &spec::Document) -> Vec<spec::Diagnostic> {
    let (at, spec) = match &document.object {
        spec::Object::Workflow(workflow) => ("spec", &workflow.spec),
        spec::Object::WorkflowTemplate(template) | spec::Object::ClusterWorkflowTemplate(template) => {
            ("spec", &template.spec)
        }
        spec::Object::CronWorkflow(cron) => ("spec.workflowSpec", &cron.spec.workflow_spec),
        _ => return Vec::new(),
    };
    if !spec.executor_plugins.is_empty() {
        return Vec::new();
    }
    let templates = spec.templates.iter().enumerate().filter(|(_, template)| template.plugin.is_some());
    let warning = |(number, template): (usize, &spec::Template)| {
        let path = spec::path_index(&format!("{at}.templates"), number);
        let message = format!("no plugin is there to execute `{}`; it will fail", template.name);
        let help = "`plugins` of the server's settings names those that listen".to_owned();
        let path = spec::path_field(&path, "plugin");
        document.places.diagnostic(spec::Severity::Warning, "no-plugin", &path, message, Some(help))
    };
    templates.map(warning).collect()
}

fn tell(found: &spec::Diagnostic, text: &str) -> Value {
    let severity = if found.is_error() { "error" } else { "warning" };
    let mut told = json!({
        "severity": severity,
        "code": found.code,
        "line": found.place.line,
        "column": found.place.column,
        "path": found.path,
        "message": found.message,
    });
    if found.place.end_line >= found.place.line && found.place.line > 0 {
        told["endLine"] = json!(found.place.end_line);
        told["endColumn"] = json!(found.place.end_column);
    }
    if let Some(help) = &found.help {
        told["help"] = json!(help);
        if let Some(fix) = fix(found, help, text) {
            told["fix"] = fix;
        }
    }
    told
}

/// What to write instead, where the help names one word and the mistake is one word of its line.
///
/// A fix is for a click: where it is not certain what is meant there is none.
fn fix(found: &spec::Diagnostic, help: &str, text: &str) -> Option<Value> {
    let wanted = help.strip_prefix("did you mean `")?.split('`').next()?;
    let line = text.lines().nth(usize::try_from(found.place.line).ok()?.checked_sub(1)?)?;
    let column = usize::try_from(found.place.column).ok()?.checked_sub(1)?;
    let from = line.char_indices().nth(column).map_or(line.len(), |(at, _)| at);
    // The message quotes what stands there.
    let quoted = found.message.split(['`', '\'']).skip(1).step_by(2);
    let (wrong, at) = quoted
        .filter(|word| !word.is_empty() && *word != wanted)
        .find_map(|word| line.get(from..)?.find(word).map(|at| (word, from + at)))?;
    let begins = line[..at].chars().count() + 1;
    Some(json!({
        "line": found.place.line,
        "column": begins,
        "endLine": found.place.line,
        "endColumn": begins + wrong.chars().count(),
        "text": wanted,
    }))
}

/// Manifests to begin with: each runs in seconds and needs nothing but the server.
const EXAMPLES: [(&str, &str); 8] = [
    ("hello", include_str!("../../../../examples/hello.yaml")),
    ("steps", include_str!("../../../../examples/steps.yaml")),
    ("dag", include_str!("../../../../examples/dag.yaml")),
    ("parameters", include_str!("../../../../examples/parameters.yaml")),
    ("loops", include_str!("../../../../examples/loops.yaml")),
    ("conditionals", include_str!("../../../../examples/conditionals.yaml")),
    ("retry", include_str!("../../../../examples/retry.yaml")),
    ("suspend", include_str!("../../../../examples/suspend.yaml")),
];

/// What somebody may begin with.
pub(crate) fn examples(_: &World, _: &Call) -> Result<Value, Fault> {
    let items: Vec<Value> = EXAMPLES
        .iter()
        .map(|(name, text)| {
            // The first line of each says what it shows.
            let title = text.lines().next().unwrap_or_default().trim_start_matches('#').trim();
            json!({ "name": name, "title": title.trim_end_matches('.'), "text": text })
        })
        .collect();
    Ok(json!({ "items": items }))
}
