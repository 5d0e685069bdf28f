# TP-247, TP-284, PA-023: an empty text is not absent.
manifest: |
  templates:
  - name: main
    steps:
    - [{name: k, template: out, arguments: {parameters: [{name: v, value: ""}]}}]
    - [{name: a, template: want, arguments: {parameters: [{name: p, value: "{{steps.k.outputs.parameters.p}}"}]}}]
  - name: want
    inputs: {parameters: [{name: p, default: d}]}
    container: {image: cast}
---
---
demo[1].a  Pod  Succeeded | inputs: p=
...
