# EX-135, EX-175, EX-032: steps note their exit points before they look for their outputs, a dag after that.
manifest: |
  templates:
  - name: main
    dag: {tasks: [{name: s, template: steps}, {name: d, template: dag}]}
  - name: steps
    outputs: {parameters: [{name: p, valueFrom: {parameter: "{{steps.a.outputs.parameters.none}}"}}]}
    steps: [[{name: a, template: ok}]]
  - name: dag
    outputs: {parameters: [{name: p, valueFrom: {parameter: "{{tasks.a.outputs.parameters.none}}"}}]}
    dag: {tasks: [{name: a, template: ok}]}
---
00:00  begin              -> ...
00:00  play               -> ..., workflow Error
---
demo.s  Steps  Error  task 'demo.s' errored: Unable to resolve: "steps.a.outputs.parameters.none" | outbound: demo.s[0].a
demo.d  DAG    Error  task 'demo.d' errored: Unable to resolve: "tasks.a.outputs.parameters.none" | outbound:
...
