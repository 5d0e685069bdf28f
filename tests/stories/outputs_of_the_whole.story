# PA-080, PA-082, PA-407, TP-092, OB-160: a global output is used by later steps and shown by the workflow.
manifest: |
  templates:
  - name: main
    steps:
    - [{name: g, template: gen}]
    - [{name: e, template: echo, arguments: {parameters: [{name: m, value: "{{workflow.outputs.parameters.ver}}"}]}}]
  - name: gen
    container: {image: cast, args: ["p.v=1.2"]}
    outputs: {parameters: [{name: v, globalName: ver, valueFrom: {path: /v}}]}
---
---
workflow   Succeeded | outputs: ver=1.2
demo[1].e  Pod  Succeeded | inputs: m=1.2
...
