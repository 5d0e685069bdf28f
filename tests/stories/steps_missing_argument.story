# EX-702, EX-586, EX-033: a step that cannot be entered breaks its group with Error, the steps fail.
manifest: |
  templates:
  - name: main
    steps: [[{name: a, template: broken}]]
---
---
workflow   Failed  step group deemed errored due to child demo[0].a error: inputs.parameters.x was not supplied
demo       Steps      Failed  step group deemed errored due to child demo[0].a error: inputs.parameters.x was not supplied
demo[0]    StepGroup  Error   step group deemed errored due to child demo[0].a error: inputs.parameters.x was not supplied
demo[0].a  Skipped    Error   inputs.parameters.x was not supplied
