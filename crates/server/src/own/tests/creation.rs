//! What the answer to a creation tells, and what the run shows then.

use super::*;

/// EX-112: what a creation answers has the templates of others that it uses, with those that stand in the place of their
/// steps.
#[test]
fn a_creation_tells_of_templates_in_the_place_of_steps() {
    let (_folder, house) = open();
    house.apply(
        "
apiVersion: argoproj.io/v1alpha1
kind: WorkflowTemplate
metadata: {name: lib}
spec:
  templates:
    - name: grouped
      steps: [[{name: ask, inline: {suspend: {}}}], [{name: more, template: tasks}]]
    - name: tasks
      dag: {tasks: [{name: wait, inline: {steps: [[{name: deep, inline: {suspend: {duration: '5'}}}]]}}]}
    - name: unused
      steps: [[{name: never, inline: {suspend: {}}}]]
",
    );
    let spec = json!({ "entrypoint": "main", "templates": [
        { "name": "main", "steps": [[{ "name": "a", "templateRef": { "name": "lib", "template": "grouped" } }]] },
    ]});
    let workflow = json!({ "metadata": { "name": "uses" }, "spec": spec });
    let created = house.send("POST", "/api/v1/workflows/default", &json!({ "workflow": workflow }));
    let stored = created["status"]["storedTemplates"].as_object().unwrap();
    let names = ["grouped", "inline/ask", "inline/deep", "inline/wait", "tasks"];
    let names = names.map(|name| format!("namespaced/lib/{name}"));
    assert_eq!(stored.keys().collect::<Vec<_>>(), names.iter().collect::<Vec<_>>());
    assert_eq!(stored["namespaced/lib/inline/deep"]["suspend"]["duration"], "5");
}

/// Only what had a pod was on a machine (OB-194).
#[test]
fn a_pod_that_was_never_made_has_no_machine() {
    let (_folder, house) = open();
    let template =
        json!({ "name": "main", "podSpecPatch": "[", "container": { "image": "any", "command": ["x"] } });
    let workflow = json!({
        "metadata": { "name": "never" }, "spec": { "entrypoint": "main", "templates": [template] },
    });
    house.send("POST", "/api/v1/workflows/default", &json!({ "workflow": workflow }));
    let is_over = |run: &Value| run["status"]["phase"] == "Error";
    let run = house.until("/api/v1/workflows/default/never", is_over);
    let node = &run["status"]["nodes"]["never"];
    assert_eq!(
        (&node["type"], &node["phase"], node.get("hostNodeName")),
        (&json!("Pod"), &json!("Error"), None)
    );
}
