# TP-245, EX-691: an output that stands for an absent one takes its own default.
manifest: |
  templates:
  - name: main
    outputs: {parameters: [{name: o, valueFrom: {parameter: steps.k.outputs.parameters.p, default: mine}}, {name: e, valueFrom: {expression: steps.k.outputs.parameters.p, default: yours}}]}
    steps: [[{name: k, template: give, when: "1 == 2"}]]
  - name: give
    container: {image: any}
    outputs: {parameters: [{name: p, valueFrom: {path: /p}}]}
---
---
demo  Steps  Succeeded | outputs: o=mine; e=yours
...
