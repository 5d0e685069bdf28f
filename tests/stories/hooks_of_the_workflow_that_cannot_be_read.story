# EX-251, EX-071: a hook of the workflow that has no yes or no brings the entry node into Error, and the workflow with it.
manifest: |
  onExit: ok
  hooks: {odd: {template: ok, expression: workflow.status}}
  templates:
  - name: main
    steps: [[{name: a, template: ok}]]
---
00:00  begin                -> start demo[0].a
00:01  demo[0].a exits 0    -> start demo.onExit
00:02  demo.onExit exits 0  -> workflow Error "unable to cast expression result 'Succeeded' to bool"
---
demo         Steps      Error      unable to cast expression result 'Succeeded' to bool
demo[0]      StepGroup  Succeeded
demo[0].a    Pod        Succeeded
demo.onExit  Pod        Succeeded
