# EX-704, EX-136, EX-582: a tolerated failure keeps its phase, and later steps can read it.
manifest: |
  templates:
  - name: main
    steps:
    - [{name: a, template: fail, continueOn: {failed: true}}]
    - [{name: b, template: echo, arguments: {parameters: [{name: m, value: "{{steps.a.status}}"}]}}]
---
---
workflow   Succeeded
demo       Steps      Succeeded
demo[0]    StepGroup  Succeeded
demo[0].a  Pod        Failed  main: Error (exit code 1)
demo[1]    StepGroup  Succeeded
demo[1].b  Pod        Succeeded | inputs: m=Failed
