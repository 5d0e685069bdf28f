# EX-096, EX-095, OB-140, TP-041, OB-376: labels and annotations of the manifest, then those that expressions give.
manifest: |
  workflowMetadata: {labels: {a: one}, annotations: {b: two}, labelsFrom: {c: {expression: "workflow.parameters.p + 's'"}}}
  arguments: {parameters: [{name: p, value: thing}]}
  templates:
  - {name: main, container: {image: any, args: ["{{workflow.labels.a}} {{workflow.annotations.b}} {{workflow.labels.c}}"]}}
---
00:00  begin -> start demo
---
demo  Pod  Pending | args: one two things
...
