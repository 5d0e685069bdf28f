# EX-131, EX-134, EX-193: the references of all steps of a group come out, then their loops, before the first of them begins.
manifest: |
  templates:
  - name: main
    dag: {tasks: [{name: l, template: list}, {name: r, template: references}, {name: w, template: when}]}
  - name: list
    steps:
    - - {name: a, template: ok}
      - {name: b, template: echo, withParam: "{{workflow.parameters.p}}", arguments: {parameters: [{name: m, value: "{{item}}"}]}}
  - name: references
    steps:
    - - {name: a, template: ok}
      - {name: b, template: echo, arguments: {parameters: [{name: m, value: "{{steps.nope.outputs.result}}"}]}}
  - name: when
    steps:
    - - {name: a, template: ok}
      - {name: b, template: ok, when: "1 ==="}
  arguments: {parameters: [{name: p, value: '{"a":1}'}]}
---
00:00  begin -> demo.l Failed, demo.r Failed, demo.w Failed, demo.l[0] Error, demo.r[0] Error, demo.w[0] Error, demo Failed, workflow Failed, no demo.l[0].a, no demo.r[0].a, no demo.w[0].a
---
demo.l  Steps  Failed  withParam value could not be parsed as a JSON list: {"a":1}: json: cannot unmarshal object into Go value of type []v1alpha1.Item
...
