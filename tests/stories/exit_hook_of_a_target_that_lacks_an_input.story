# EX-245, EX-116, EX-134: so is one that lacks an input; the group around the dag is told, too.
manifest: |
  templates:
  - name: main
    steps: [[{name: d, template: dag}]]
  - name: dag
    dag: {tasks: [{name: a, template: ok, hooks: {exit: {template: wants, arguments: {parameters: [{name: other, value: x}]}}}}]}
  - name: wants
    inputs: {parameters: [{name: v}]}
    container: {image: any}
---
00:00  begin                -> start demo[0].d.a
00:01  demo[0].d.a exits 0  -> workflow Failed
---
demo[0]             StepGroup  Error  step group deemed errored due to child demo[0].d error: inputs.parameters.v was not supplied
demo[0].d           DAG        Error  inputs.parameters.v was not supplied
demo[0].d.a         Pod        Succeeded | children: demo[0].d.a.onExit
demo[0].d.a.onExit  Skipped    Error  inputs.parameters.v was not supplied
...
