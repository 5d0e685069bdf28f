# EX-028, EX-027, OB-061: the old names of pods are those of their nodes.
manifest: |
  apiVersion: argoproj.io/v1alpha1
  kind: Workflow
  metadata: {name: demo, annotations: {workflows.argoproj.io/pod-name-format: v1}}
  spec:
    entrypoint: main
    templates:
    - name: main
      steps: [[{name: a, template: Big}]]
    - name: Big
      container: {image: any}
---
---
demo[0].a  Pod  Succeeded | pod: demo-3048047209
...
