# EX-113, EX-668, EX-725: a hundred templates within each other are enough.
manifest: |
  templates:
  - name: main
    steps: [[{name: again, template: main}]]
---
---
workflow  Failed  child '{demo[0].again}' failed
demo[0].again[0].again[0].again[0].again[0].again[0].again[0].again[0].again[0].again[0].again[0].again[0].again[0].again[0].again[0].again[0].again[0].again[0].again[0].again[0].again[0].again[0].again[0].again[0].again[0].again[0].again[0].again[0].again[0].again[0].again[0].again[0].again[0].again[0].again[0].again[0].again[0].again[0].again[0].again[0].again[0].again[0].again[0].again[0].again[0].again[0].again[0].again[0].again[0].again[0].again[0].again[0].again[0].again[0].again[0].again[0].again[0].again[0].again[0].again[0].again[0].again[0].again[0].again[0].again[0].again[0].again[0].again[0].again[0].again[0].again[0].again[0].again[0].again[0].again[0].again[0].again[0].again[0].again[0].again[0].again[0].again[0].again[0].again[0].again[0].again[0].again[0].again[0].again[0].again[0].again[0].again[0].again[0].again[0].again[0].again[0].again[0].again[0].again[0].again[0].again  Skipped  Error  Maximum recursion depth exceeded. See https://argo-workflows.readthedocs.io/en/release-4.1/scaling/#maximum-recursion-depth
...
