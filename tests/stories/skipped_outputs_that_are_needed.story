# TP-024, TP-243, TP-290: in the middle of a text, or where the input has no default, absence is an error.
manifest: |
  templates:
  - name: main
    dag:
      tasks:
      - {name: k, template: give, when: "1 == 2"}
      - {name: a, template: echo, depends: k, arguments: {parameters: [{name: m, value: "pre-{{tasks.k.outputs.parameters.p}}"}]}}
      - {name: b, template: echo, depends: k, arguments: {parameters: [{name: m, value: "{{tasks.k.outputs.parameters.p}}"}]}}
  - name: give
    container: {image: any}
    outputs: {parameters: [{name: p, valueFrom: {path: /p}}]}
---
---
demo.a  Skipped  Error  unable to substitute {{tasks.k.outputs.parameters.p}}: output is an absent optional (skipped/omitted node with no default)
demo.b  Skipped  Error  task 'demo.b' errored: inputs.parameters.m: argument references an absent optional (skipped/omitted node output with no default)
...
