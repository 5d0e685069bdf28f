//! What would run, asked for before it runs: of a text, and of what is kept.

use super::*;
use crate::openapi::own::fits;

const PLAN: &str = "/api/tiphys/v1/plan";

/// A template with parameters and a loop, and what takes everything from it.
const TEAM: &str = "
apiVersion: argoproj.io/v1alpha1
kind: WorkflowTemplate
metadata: {name: report}
spec:
  entrypoint: main
  arguments: {parameters: [{name: day, value: monday, description: Which day}, {name: size, value: big, enum: [big, small]}]}
  templates:
    - name: main
      steps:
        - - {name: many, template: wait, withSequence: {count: '3000'}}
        - - {name: last, template: wait, when: '{{workflow.parameters.size}} == big'}
    - {name: wait, suspend: {}}
---
apiVersion: argoproj.io/v1alpha1
kind: CronWorkflow
metadata: {name: nightly}
spec:
  schedules: ['0 3 * * *']
  workflowSpec: {workflowTemplateRef: {name: report}, arguments: {parameters: [{name: size, value: small}]}}
---
apiVersion: argoproj.io/v1alpha1
kind: ClusterWorkflowTemplate
metadata: {name: shared}
spec: {templates: [{name: ask, suspend: {}}]}
";

const USER: &str = "
apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata: {generateName: user-}
spec:
  entrypoint: main
  templates:
    - name: main
      dag:
        tasks:
          - {name: report, templateRef: {name: report, template: main}}
          - {name: ask, depends: report, templateRef: {name: shared, template: ask, clusterScope: true}}
";

fn planned(house: &House, text: &str) -> Vec<Value> {
    let told = house.send("POST", PLAN, &json!({ "namespace": "default", "text": text }));
    fits("PlannedPage", &told).unwrap();
    told["items"].as_array().unwrap().clone()
}

#[test]
fn a_text_is_planned_with_what_it_takes_from_kept_templates() {
    let (_folder, house) = open();
    let without = planned(&house, USER);
    let missing = &without[0]["outline"]["tree"]["children"][0];
    assert!(missing["note"].as_str().is_some_and(|note| note.contains("report")), "{missing}");
    house.send("POST", "/api/tiphys/v1/apply", &json!({ "namespace": "default", "text": TEAM }));
    let [item] = planned(&house, USER).try_into().unwrap();
    assert_eq!((&item["kind"], &item["name"]), (&json!("Workflow"), &json!("user-")));
    let tasks = &item["outline"]["tree"]["children"];
    assert_eq!(tasks[0]["template"], "report/main");
    assert_eq!(tasks[0]["children"][0]["loop"]["count"], 3000, "{tasks}");
    assert_eq!((&tasks[1]["kind"], &tasks[1]["after"]), (&json!("Suspend"), &json!(["report"])));
    // A suspension starts nothing.
    assert_eq!(item["outline"]["steps"], 0);
    // What stands in the same text counts before what is kept.
    let [_, own] =
        planned(&house, &format!("{}---{USER}", &TEAM.replace("3000", "7").split("---").next().unwrap()))
            .try_into()
            .unwrap();
    assert_eq!(own["outline"]["tree"]["children"][0]["children"][0]["loop"]["count"], 7);
}

#[test]
fn a_text_with_mistakes_says_why_it_has_no_plan() {
    let (_folder, house) = open();
    let [item] = planned(&house, &USER.replace("entrypoint: main", "entrypoint: nope")).try_into().unwrap();
    assert!(item["problem"].as_str().is_some_and(|problem| problem.contains("nope")), "{item}");
    assert_eq!(planned(&house, "kind: [").len(), 0);
    assert_eq!(planned(&house, "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n").len(), 0);
}

/// EX-092: what a schedule gives counts before what its template says.
#[test]
fn a_pipeline_is_planned_with_the_parameters_of_what_it_refers_to() {
    let (_folder, house) = open();
    house.send("POST", "/api/tiphys/v1/apply", &json!({ "namespace": "default", "text": TEAM }));
    let plan = |target: &str| {
        let told = house.get(&format!("/api/tiphys/v1/templates/{target}/plan"));
        fits("Planned", &told).unwrap();
        told
    };
    let template = plan("WorkflowTemplate/default/report");
    let asked = json!([
        { "name": "day", "value": "monday", "description": "Which day" },
        { "name": "size", "value": "big", "enum": ["big", "small"] },
    ]);
    assert_eq!(template["parameters"], asked);
    let cron = plan("CronWorkflow/default/nightly");
    assert_eq!(cron["parameters"][0], asked[0]);
    assert_eq!(cron["parameters"][1]["value"], "small");
    assert_eq!(cron["outline"]["tree"]["children"][0]["loop"]["count"], 3000, "{cron}");
    let library = plan("ClusterWorkflowTemplate/-/shared");
    assert!(library["problem"].as_str().unwrap().contains("library of templates"), "{library}");
    let (status, none) =
        house.ask("GET", "/api/tiphys/v1/templates/CronWorkflow/default/none/plan", &[], &Value::Null);
    assert_eq!(status, 404, "{none}");
    let (status, odd) = house.ask("GET", "/api/tiphys/v1/templates/Job/default/none/plan", &[], &Value::Null);
    assert_eq!(status, 400, "{odd}");
}

/// Whoever may read may plan, so what one request takes has an end: all its documents share the branches.
#[test]
fn what_one_request_plans_has_an_end() {
    let (_folder, house) = open();
    let many = USER.replace("- {name: report, ", "- {name: report, withItems: [1], ");
    let (status, told) = house.ask(
        "POST",
        PLAN,
        &[],
        &json!({ "namespace": "default", "text": vec![many.as_str(); 201].join("---") }),
    );
    assert_eq!(status, 400, "{told}");
    assert!(told["message"].as_str().unwrap().contains("at most 200"), "{told}");
    let members: String = (0..2_000).map(|n| format!("{{name: m{n}, image: x}}, ")).collect();
    let set = format!(
        "apiVersion: argoproj.io/v1alpha1\nkind: Workflow\nmetadata: {{name: set}}\nspec:\n  entrypoint: main\n  \
         templates: [{{name: main, containerSet: {{containers: [{members}]}}}}]\n"
    );
    let told = planned(&house, &[set.as_str(); 10].join("---\n"));
    let shown: Vec<bool> =
        told.iter().map(|item| item["outline"]["tree"]["children"].as_array().is_some()).collect();
    assert_eq!(shown, [vec![true; 4], vec![false; 6]].concat());
    assert_eq!(told[9]["outline"]["cut"], true);
}
