# EX-072: once it has begun, a workflow has the labels that tell how it is.
manifest: |
  templates:
  - name: main
    steps:
    - [{name: a, template: ok}]
    - [{name: b, template: echo, arguments: {parameters: [{name: m, value: "{{workflow.labels.json}}"}]}}]
---
00:00  begin -> start demo[0].a
00:01  demo[0].a exits 0 -> start demo[1].b
---
demo[1].b  Pod  Pending | inputs: m={"workflows.argoproj.io/completed":"false","workflows.argoproj.io/phase":"Running"}
...
