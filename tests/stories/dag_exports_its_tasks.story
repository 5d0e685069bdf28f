# EX-175, PA-080, PA-081, OB-160: a dag that succeeds exports the outputs of its tasks; of two under one name one is left.
manifest: |
  templates:
  - name: main
    dag: {tasks: [{name: a, template: give, arguments: {parameters: [{name: v, value: one}]}}, {name: b, depends: a, template: give, arguments: {parameters: [{name: v, value: two}]}}]}
  - name: give
    inputs: {parameters: [{name: v}]}
    container: {image: cast, args: ["p.p={{inputs.parameters.v}}"]}
    outputs: {parameters: [{name: p, globalName: g, valueFrom: {path: /tmp/p}}]}
---
---
workflow  Succeeded | outputs: g=two
...
