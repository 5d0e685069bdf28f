use super::*;

/// The flaw of a workflow that has these fields in its spec beside a template.
fn of(fields: Value) -> Option<String> {
    let mut workflow = json!({ "metadata": { "name": "x" }, "spec": { "templates": [] } });
    for (field, value) in fields.as_object().unwrap() {
        workflow["spec"][field] = value.clone();
    }
    flaw("Workflow", &workflow)
}

fn template(fields: Value) -> Option<String> {
    of(json!({ "templates": [{ "name": "a" }, fields] }))
}

#[track_caller]
fn says(found: Option<String>, flaws: &str) {
    let hidden = "<nil>: Invalid value: null: some validation rules were not checked because the object was invalid; correct \
                  the existing errors to complete validation";
    let words = flaws.replace("<hidden>", hidden);
    assert_eq!(found, Some(format!("Workflow.argoproj.io \"x\" is invalid: {words}")));
}

/// VA-162: numbers have bounds, and what is called has something in it.
#[test]
fn numbers_and_lists_have_bounds() {
    let low = "in body should be greater than or equal to";
    for number in [0, -1] {
        let words = format!("spec.parallelism: Invalid value: {number}: spec.parallelism {low} 1");
        says(of(json!({ "parallelism": number })), &words);
        let path = "spec.templates[1].parallelism";
        says(
            template(json!({ "parallelism": number })),
            &format!("{path}: Invalid value: {number}: {path} {low} 1"),
        );
        let path = "spec.templateDefaults.parallelism";
        says(
            of(json!({ "templateDefaults": { "parallelism": number } })),
            &format!("{path}: Invalid value: {number}: {path} {low} 1"),
        );
    }
    says(
        template(json!({ "steps": [] })),
        "spec.templates[1].steps: Invalid value: []: spec.templates[1].steps in body should have at least 1 items",
    );
    let path = "spec.templates[1].dag.tasks";
    says(
        template(json!({ "dag": { "tasks": [] } })),
        &format!("{path}: Invalid value: []: {path} in body should have at least 1 items"),
    );
    let path = "spec.templates[1].inputs.artifacts[0].mode";
    let of_mode = |mode: i64| template(json!({ "inputs": { "artifacts": [{ "name": "m", "mode": mode }] } }));
    says(
        of_mode(1000),
        &format!("{path}: Invalid value: 1000: {path} in body should be less than or equal to 511"),
    );
    says(of_mode(-1), &format!("{path}: Invalid value: -1: {path} {low} 0"));
    for fine in [0, 511] {
        assert_eq!(of_mode(fine), None);
    }
    assert_eq!(of(json!({ "parallelism": 1 })), None);
}

/// VA-164, VA-161: choices and the length of names; Kubernetes then says that it looked no further.
#[test]
fn choices_and_names_are_what_they_can_be() {
    let collection = "supported values: \"\", \"OnWorkflowCompletion\", \"OnWorkflowDeletion\", \"Never\"";
    says(
        of(json!({ "artifactGC": { "strategy": "X" } })),
        &format!("[spec.artifactGC.strategy: Unsupported value: \"X\": {collection}, <hidden>]"),
    );
    let steps =
        json!([[{ "name": "s", "arguments": { "artifacts": [{ "artifactGC": { "strategy": "X" } }] } }]]);
    let path = "spec.templates[1].steps[0][0].arguments.artifacts[0].artifactGC.strategy";
    says(
        template(json!({ "steps": steps })),
        &format!("[{path}: Unsupported value: \"X\": {collection}, <hidden>]"),
    );
    let metric = json!({ "prometheus": [{ "gauge": { "operation": "Nope", "value": "1" } }] });
    let path = "metrics.prometheus[0].gauge.operation";
    let words = "Unsupported value: \"Nope\": supported values: \"\", \"Set\", \"Add\", \"Sub\", <hidden>]";
    says(of(json!({ "metrics": metric })), &format!("[spec.{path}: {words}"));
    says(template(json!({ "metrics": metric })), &format!("[spec.templates[1].{path}: {words}"));
    let long = "n".repeat(129);
    says(
        template(json!({ "name": long })),
        "[spec.templates[1].name: Too long: may not be more than 128 bytes, <hidden>]",
    );
    assert_eq!(template(json!({ "name": "n".repeat(128), "artifactGC": { "strategy": "Never" } })), None);
}

/// VA-160, VA-163: fields that exclude each other.
#[test]
fn fields_that_exclude_each_other() {
    let artifact = json!({ "name": "a", "raw": { "data": "x" }, "http": { "url": "y" } });
    says(
        template(json!({ "inputs": { "artifacts": [artifact] } })),
        "spec.templates[1].inputs.artifacts[0]: Invalid value: \"object\": at most one artifact location can be specified",
    );
    let words = "is only valid for leaf templates, not for steps or dag";
    says(
        template(json!({ "dag": { "tasks": [{ "name": "a" }] }, "activeDeadlineSeconds": 3 })),
        &format!("spec.templates[1]: Invalid value: \"object\": activeDeadlineSeconds {words}"),
    );
    assert_eq!(template(json!({ "container": {}, "activeDeadlineSeconds": 3, "timeout": "3s" })), None);
}

/// What a template of a schedule breaks is told with its place in the schedule; other kinds have no such rules.
#[test]
fn schedules_hold_a_spec() {
    let cron = json!({ "metadata": { "name": "c" }, "spec": { "workflowSpec": { "parallelism": 0 } } });
    let path = "spec.workflowSpec.parallelism";
    assert_eq!(
        flaw("CronWorkflow", &cron),
        Some(format!(
            "CronWorkflow.argoproj.io \"c\" is invalid: {path}: Invalid value: 0: {path} in body should be greater than or \
             equal to 1"
        ))
    );
    assert_eq!(flaw("ConfigMap", &cron), None);
}

/// OB-370, OB-371: a binding says which events it takes, and what it submits if it submits something.
#[test]
fn bindings_choose_events() {
    let binding =
        |spec: Value| flaw("WorkflowEventBinding", &json!({ "metadata": { "name": "b" }, "spec": spec }));
    for (spec, missing) in [
        (json!({}), "spec.event"),
        (json!({ "event": {} }), "spec.event.selector"),
        (json!({ "event": { "selector": " " } }), "spec.event.selector"),
        (json!({ "event": { "selector": "true" }, "submit": {} }), "spec.submit.workflowTemplateRef"),
    ] {
        let words = format!(
            "WorkflowEventBinding.argoproj.io \"b\" is invalid: [{missing}: Required value, {UNCHECKED}]"
        );
        assert_eq!(binding(spec), Some(words));
    }
    // OB-379: what submits nothing is fine.
    assert_eq!(binding(json!({ "event": { "selector": "true" } })), None);
}
