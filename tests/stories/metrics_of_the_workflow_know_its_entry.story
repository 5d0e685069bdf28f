# EX-522, TP-131: metrics of the workflow know what those of its entry node know; whatever a node has below it counts as tries.
manifest: |
  arguments: {parameters: [{name: v, value: "5"}]}
  metrics:
    prometheus:
    - {name: given, help: Given., gauge: {value: "{{inputs.parameters.v}}"}}
    - {name: tries, help: Tries., gauge: {value: "{{retries}}"}}
    - {name: used, help: Used., gauge: {value: "{{resourcesDuration.memory}}"}}
  templates:
  - name: main
    inputs: {parameters: [{name: v}]}
    dag: {tasks: [{name: a, template: ok}, {name: b, template: ok}, {name: c, depends: a, template: ok}]}
---
00:00  begin           -> start demo.b, start demo.a
00:01  demo.a exits 0  -> start demo.c
00:02  demo.b exits 0  -> nothing
00:04  demo.c exits 0  -> workflow Succeeded, metric given is 5, metric tries is 1, metric used is 4
