# EX-061, EX-096, TP-065, TP-091, OB-061: what the document adds to the workflow has its tags replaced first, is known by
# name at once, and stands in the texts of all labels and annotations from the second look on.
manifest: |
  apiVersion: argoproj.io/v1alpha1
  kind: Workflow
  metadata: {name: demo, labels: {x: "1"}}
  spec:
    entrypoint: main
    arguments: {parameters: [{name: p, value: v}]}
    workflowMetadata:
      labels: {a: "{{workflow.parameters.p}}", x: "2"}
      annotations: {"n-{{workflow.parameters.p}}": "{{workflow.name}}"}
      labelsFrom: {f: {expression: "'{{workflow.parameters.p}}-' + workflow.labels.x"}}
    templates:
    - name: main
      steps:
      - [{name: one, template: tell}]
      - [{name: two, template: tell}]
    - name: tell
      container:
        image: any
        args:
        - "{{workflow.labels.a}} {{workflow.labels.x}} {{workflow.labels.f}} {{workflow.annotations.n-v}}"
        - "{{workflow.labels}} {{workflow.annotations.json}}"
---
00:00  begin -> start demo[0].one
00:01  demo[0].one exits 0 -> start demo[1].two
---
demo[0].one  Pod  Succeeded | args: v 2 v-2 demo; {"x":"1"} null
demo[1].two  Pod  Pending | args: v 2 v-2 demo; {"a":"v","f":"v-2","workflows.argoproj.io/completed":"false","workflows.argoproj.io/phase":"Running","x":"2"} {"n-v":"demo","workflows.argoproj.io/pod-name-format":"v2"}
...
