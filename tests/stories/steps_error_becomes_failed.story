# EX-581, EX-135, EX-133, EX-653, EX-005: an Error inside of steps surfaces as Failed.
manifest: |
  templates:
  - name: main
    steps: [[{name: p, template: err}]]
---
---
workflow   Failed  child '{demo[0].p}' failed
demo       Steps      Failed  child '{demo[0].p}' failed
demo[0]    StepGroup  Failed  child '{demo[0].p}' failed
demo[0].p  Pod        Error   it broke
