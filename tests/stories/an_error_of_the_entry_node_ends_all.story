# EX-068, EX-069, EX-070: an error that the entry node returns ends the workflow at once: no hook and no exit handler hears of it.
manifest: |
  onExit: ok
  hooks: {h: {template: ok, expression: workflow.status == "Error"}}
  templates:
  - name: main
    steps: [[{name: a, template: ok}]]
    outputs: {parameters: [{name: r, valueFrom: {expression: steps.a.outputs.parameters.nope}}]}
---
00:00  begin              -> start demo[0].a
00:01  demo[0].a exits 0  -> workflow Error, no demo.onExit, no demo.hooks.h
