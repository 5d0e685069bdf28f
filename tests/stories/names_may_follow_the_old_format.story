# EX-027, OB-061: an annotation pins the old names of pods, which are the ids of their nodes.
manifest: |
  apiVersion: argoproj.io/v1alpha1
  kind: Workflow
  metadata: {name: demo, annotations: {workflows.argoproj.io/pod-name-format: v1}}
  spec:
    entrypoint: main
    templates:
    - name: main
      steps: [[{name: a, template: ok}]]
---
---
demo[0].a  Pod  Succeeded | id: demo-3048047209 | pod: demo-3048047209
...
