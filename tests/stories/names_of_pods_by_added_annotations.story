# EX-027, EX-061, OB-061, OB-140: what the document adds to the workflow at its start pins the names of pods, too.
manifest: |
  workflowMetadata: {annotations: {workflows.argoproj.io/pod-name-format: v1}}
  templates:
  - name: main
    steps: [[{name: a, template: ok}]]
---
---
demo[0].a  Pod  Succeeded | id: demo-3048047209 | pod: demo-3048047209
...
