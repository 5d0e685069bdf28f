# EX-027, TP-065, TP-091: the annotation that pins the names of pods is written when the workflow begins: what begins with it does not
# see it. No labels and no annotations at all are null.
manifest: |
  apiVersion: argoproj.io/v1alpha1
  kind: Workflow
  metadata: {name: demo}
  spec:
    entrypoint: main
    templates:
    - name: main
      steps:
      - [{name: a, template: echo, arguments: {parameters: [{name: m, value: "{{workflow.annotations.json}} {{workflow.labels}}"}]}}]
      - [{name: b, template: echo, arguments: {parameters: [{name: m, value: "{{workflow.annotations}}"}]}}]
    - name: echo
      inputs: {parameters: [{name: m}]}
      container: {image: any}
---
00:00  begin                -> start demo[0].a
00:01  demo[0].a exits 0    -> start demo[1].b
---
demo[0].a  Pod  Succeeded | inputs: m=null null
demo[1].b  Pod  Pending | inputs: m={"workflows.argoproj.io/pod-name-format":"v2"}
...
