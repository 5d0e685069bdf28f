# EX-136, EX-583: each of the two tolerates one phase only; Error inside steps surfaces as Failed (EX-135).
manifest: |
  templates:
  - name: main
    steps: [[{name: p, template: err, continueOn: {failed: true}}]]
---
---
workflow   Failed  child '{demo[0].p}' failed
demo       Steps      Failed  child '{demo[0].p}' failed
demo[0]    StepGroup  Failed  child '{demo[0].p}' failed
demo[0].p  Pod        Error   it broke
