# EX-115, EX-134, EX-135: an error of ours that a step returns breaks its group, whatever `continueOn` says; an error of its own would not.
manifest: |
  templates:
  - name: main
    steps:
    - - {name: a, template: in, continueOn: {error: true}}
    - - {name: b, template: ok}
  - name: in
    dag: {tasks: [{name: a, template: ok}]}
    outputs: {parameters: [{name: o, valueFrom: {parameter: "{{tasks.a.outputs.result}}"}}]}
---
00:00  begin              -> start demo[0].a.a
00:01  demo[0].a.a exits 0  -> demo[0].a Error, demo[0] Error, demo Failed, workflow Failed, no demo[1]
---
workflow  Failed  step group deemed errored due to child demo[0].a error: Unable to resolve: "tasks.a.outputs.result"
demo      Steps      Failed  step group deemed errored due to child demo[0].a error: Unable to resolve: "tasks.a.outputs.result"
demo[0]   StepGroup  Error   step group deemed errored due to child demo[0].a error: Unable to resolve: "tasks.a.outputs.result"
demo[0].a  DAG       Error   Unable to resolve: "tasks.a.outputs.result"
...
