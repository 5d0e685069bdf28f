//! What could not be read hides nothing else: mistakes that only follow from a lost value are left out.
//!
//! Reading reports each value that it cannot use and leaves it out of the document. What is then missing
//! is not a second mistake; everything that does not hang on it is.

use tiphys_spec as spec;
use tiphys_spec::TemplateKind;

/// The fields of a document that were written but could not be read, as paths.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Lost<'a>(&'a [String]);

impl<'a> Lost<'a> {
    pub(super) fn of(document: &'a spec::Document) -> Lost<'a> {
        match &document.read {
            spec::Read::Without(paths) => Lost(paths),
            spec::Read::Whole | spec::Read::Broken => Lost(&[]),
        }
    }

    /// Whether a finding may only follow from what was lost: the code and the path are the finding's.
    pub(super) fn explains(self, code: &str, path: &str) -> bool {
        self.0.iter().any(|lost| explains(lost, code, path))
    }
}

fn explains(lost: &str, code: &str, path: &str) -> bool {
    let child = lost.strip_prefix(path).and_then(|rest| rest.strip_prefix('.'));
    let is_one_of = |fields: &[&str]| child.is_some_and(|child| fields.contains(&child));
    let is_below = lost.starts_with(path);
    let has = |fields: &[&str]| lost.split(['.', '[']).any(|part| fields.contains(&part));
    let ends_in = |fields: &[&str]| fields.contains(&last_field(lost));
    lost == path
        || match code {
            "missing-image" => is_one_of(&["image"]),
            "missing-name" => is_one_of(&["name"]),
            "missing-path" => is_one_of(&["path"]),
            "missing-entrypoint" => is_one_of(&["entrypoint"]),
            "missing-template" => is_one_of(&["template", "templateRef", "inline"]),
            "missing-value" | "missing-source" | "missing-field" | "missing-main" | "bad-plugin"
            | "bad-location" | "bad-source" | "bad-reference" | "no-schedule" | "no-selector"
            | "dropped-output" | "bad-lock" | "bad-metric" => is_below,
            "no-tasks" => is_one_of(&["tasks", "containers"]),
            "no-type" => {
                child.is_some_and(|child| TemplateKind::ALL.iter().any(|kind| kind.field() == child))
            }
            "unknown-template" => ends_in(&["templates"]) || is_name_of(lost, "templates"),
            "unknown-task" | "never-true" | "never-runs" => {
                ends_in(&["tasks", "depends", "dependencies", "containers"])
                    || is_name_of(lost, "tasks")
                    || is_name_of(lost, "containers")
            }
            "missing-dependency" | "not-there-yet" => ends_in(&["depends", "dependencies"]),
            "not-a-loop" => ends_in(&LOOPS),
            "missing-argument" => is_below || has(&["inputs", "templateDefaults"]),
            "unused-argument" => has(&["inputs"]),
            "unknown-volume" => has(&["volumes", "volumeClaimTemplates"]),
            "unknown-name" => {
                has(&["inputs", "outputs", "arguments", "workflowMetadata", "labels", "annotations"])
                    || ends_in(&["name", "steps", "tasks", "templates", "template", "priority", "daemon"])
                    || ends_in(&LOOPS)
                    || TemplateKind::ALL.iter().any(|kind| ends_in(&[kind.field()]))
            }
            _ => false,
        }
}

const LOOPS: [&str; 3] = ["withItems", "withParam", "withSequence"];

/// The field a path ends in, whichever of its elements is meant.
fn last_field(path: &str) -> &str {
    let list = path.trim_end_matches(|c: char| c == '[' || c == ']' || c.is_ascii_digit());
    list.rsplit('.').next().unwrap_or(list)
}

/// Whether a path is that of the name of an element of a list.
fn is_name_of(path: &str, list: &str) -> bool {
    path.strip_suffix(".name").is_some_and(|element| element.ends_with(']') && last_field(element) == list)
}
