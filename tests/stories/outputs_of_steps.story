# PA-042, PA-043, PA-065, PA-060, TP-051: by name, with or without braces, and by expression; what is not there gives way to its default.
manifest: |
  templates:
  - name: main
    outputs:
      parameters:
      - {name: a1, valueFrom: {parameter: "{{steps.a.outputs.parameters.p}}"}}
      - {name: a2, valueFrom: {parameter: steps.a.outputs.parameters.p}}
      - {name: a3, valueFrom: {expression: "steps.a.outputs.parameters.p + '!'"}}
      - {name: a4, valueFrom: {parameter: steps.a.outputs.parameters.none, default: d}}
      - {name: a5, valueFrom: {expression: "[1, 2]"}}
    steps: [[{name: a, template: out, arguments: {parameters: [{name: v, value: x}]}}]]
---
---
workflow  Succeeded
demo      Steps  Succeeded | outputs: a1=x; a2=x; a3=x!; a4=d; a5=[1 2]
...
