# EX-136
manifest: |
  templates:
  - name: main
    steps: [[{name: p, template: err, continueOn: {error: true}}], [{name: q, template: ok}]]
---
---
workflow   Succeeded
demo       Steps      Succeeded
demo[0]    StepGroup  Succeeded
demo[0].p  Pod        Error   it broke
demo[1]    StepGroup  Succeeded
demo[1].q  Pod        Succeeded
