//! What to do about a mistake of a kind, where nothing closer is known.

use super::scope::PLACEHOLDER;

/// The advice for a code of the check; every one has some.
pub(super) fn of(code: &str) -> Option<&'static str> {
    Some(match code {
        "bad-duration" => "write a number and a unit, for instance `30s`, `5m` or `1h30m`",
        "bad-location" => "docs/reference names the fields that each kind of artifact location needs",
        "bad-lock" => {
            "name a mutex, or a semaphore by `configMapKeyRef` or `database`, and give each one name"
        }
        "bad-metric" => {
            "a metric has a name, a help text, and one of counter, gauge and histogram with a value"
        }
        "bad-name" => "letters, digits, `-` and `_` are safe in every name",
        "bad-path" => "give an absolute path without `..`",
        "bad-plugin" => "write the container of the plugin out as Kubernetes would want it",
        "bad-reference" => {
            "a `templateRef` has `name`, the WorkflowTemplate, and `template`, the template in it"
        }
        "bad-schedule" => {
            "five fields, `minute hour day month weekday`, or a word like `@daily`; `tiphys cron next` shows what they mean"
        }
        "bad-source" => "take the value from a source that this place can have",
        "bad-timezone" => "write a name of the time zone database, for instance `Europe/Berlin`",
        "condition-syntax" => {
            "compare two values, as in `{{steps.a.outputs.result}} == yes`, and put texts with spaces in quotes"
        }
        "cycle" => "take one dependency out of the circle",
        "doubled-name" => "rename one of them: others are referred to by it",
        "doubled-path" => "give each of them a path of its own",
        "expression-syntax" => "try it with `tiphys eval`",
        "misplaced-field" => "take the field out, or move it to a template that has a use for it",
        "missing-argument" => {
            "give it under the caller's `arguments`, or give the input a `value` or `default`"
        }
        "missing-entrypoint" => "name the template to begin with: `entrypoint: main`",
        "missing-field" => "add the field",
        "missing-image" => "name an image, or set one for all templates in `templateDefaults`",
        "missing-main" => "call the container `main` whose files are the inputs and outputs",
        "missing-name" => "add a `name`",
        "missing-path" => "add the `path` where the step finds or leaves the file",
        "missing-source" => "say where it comes from",
        "missing-template" => "name the template to call: `template`, `templateRef` or `inline`",
        "missing-value" => "give it a `value` or `valueFrom`",
        "no-choice" => "list the values that are allowed, or leave `enum` out",
        "no-schedule" => "add one to `schedules`, for instance `\"0 3 * * *\"` for each night at three",
        "no-selector" => "write an expression over the event, for instance `payload.action == \"push\"`",
        "no-tasks" => "add one, or take the template out",
        "no-type" => {
            "give it a body: container, script, steps, dag, suspend, http, data, containerSet, plugin or resource"
        }
        "not-a-choice" => "take one of the values that the field knows",
        "not-a-loop" => "`withItems`, `withParam` or `withSequence` would make it one",
        "not-there-yet" => "refer to something that has ended before this begins",
        "open-tag" => "close the tag with `}}`",
        "two-bodies" => "keep one of them",
        "two-dependencies" => "keep `depends`, which can say all that `dependencies` can",
        "two-limits" | "two-loops" | "two-sources" | "two-stores" => "keep one of them",
        "two-types" => "keep one of them, and make templates of their own of the others",
        "unknown-document" => "apply it first, or give its file along with `--with`",
        "unknown-function" => {
            "docs/reference lists the functions of expressions; `tiphys eval` tries one; those of the library begin with `sprig.`"
        }
        "unknown-name" => "is the name right, and is what it belongs to before this place?",
        "unknown-task" => "name a task of this dag that is not the task itself",
        "unknown-template" => "add the template, or call one that is there",
        "unknown-volume" => "declare it under `volumes` or `volumeClaimTemplates`",
        _ => return None,
    })
}

/// The advice for words that show what stands for a value.
pub(super) fn of_placeholders(message: &str) -> Option<String> {
    message.contains(PLACEHOLDER).then(|| {
        format!(
            "`{PLACEHOLDER}` stands for a tag whose value comes with the run: here it has to be known before"
        )
    })
}
