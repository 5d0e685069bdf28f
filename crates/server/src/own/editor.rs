//! What an editor asks: every mistake of a text with its place.

use crate::access::{Resource, Verb};
use crate::argo::admit::Library;
use crate::call::Call;
use crate::fault::Fault;
use crate::world::World;
use serde_json::{Value, json};
use tiphys_engine::check::Situation;
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
    let broken = found.iter().any(spec::Diagnostic::is_error);
    if !broken {
        let mut library = Library::of(world, namespace)?;
        // What stands in the same text counts before what is kept.
        library.prefer(parsed.documents.iter().map(|document| &document.object));
        for document in &parsed.documents {
            found.extend(library.findings(document, Situation::Lint));
        }
    }
    let objects: Vec<&Value> = parsed.documents.iter().map(|document| &document.value).collect();
    Ok(json!({ "diagnostics": found.iter().map(tell).collect::<Vec<_>>(), "objects": objects }))
}

fn tell(found: &spec::Diagnostic) -> Value {
    let severity = if found.is_error() { "error" } else { "warning" };
    let mut told = json!({
        "severity": severity,
        "code": found.code,
        "line": found.place.line,
        "column": found.place.column,
        "path": found.path,
        "message": found.message,
    });
    if let Some(help) = &found.help {
        told["help"] = json!(help);
    }
    told
}
