# EX-715, EX-245: a failing exit hook of a step changes nothing.
manifest: |
  templates:
  - name: main
    steps: [[{name: a, template: ok, hooks: {exit: {template: fail}}}]]
---
---
workflow          Succeeded
demo              Steps      Succeeded
demo[0]           StepGroup  Succeeded
demo[0].a         Pod        Succeeded
demo[0].a.onExit  Pod        Failed     main: Error (exit code 1)
