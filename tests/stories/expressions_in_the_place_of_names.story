# TP-165: where the name of an output is asked for, an expression is none.
manifest: |
  templates:
  - name: main
    outputs: {parameters: [{name: o, valueFrom: {parameter: "{{=steps.a.outputs.result}}"}}]}
    steps: [[{name: a, template: echo, arguments: {parameters: [{name: m, value: x}]}}]]
---
---
workflow  Error  error in entry template execution: Unable to resolve: "x"
...
