# TP-047, OB-182: a template named by a tag is shown by the name that it came to.
manifest: |
  arguments: {parameters: [{name: x, value: ok}]}
  templates:
  - name: main
    steps:
    - - {name: a, template: "{{workflow.parameters.x}}"}
      - {name: not, template: "{{workflow.parameters.x}}", when: "1 == 2"}
    - - {name: d, template: inner, arguments: {parameters: [{name: t, value: ok}]}}
  - name: inner
    inputs: {parameters: [{name: t}]}
    dag: {tasks: [{name: l, template: "{{inputs.parameters.t}}", withItems: [1]}]}
---
00:00  begin                -> start demo[0].a
00:01  demo[0].a exits 0    -> start demo[1].d.l(0:1)
00:02  demo[1].d.l(0:1) exits 0 -> workflow Succeeded
---
demo[0].a         Pod        Succeeded | template: ok
demo[0].not       Skipped    Skipped    when '1 == 2' evaluated false | template: ok
demo[1].d.l       TaskGroup  Succeeded | template: ok
demo[1].d.l(0:1)  Pod        Succeeded | template: ok
...
