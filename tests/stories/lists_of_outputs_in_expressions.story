# PA-106, TP-153: the list by name is what expressions see.
manifest: |
  templates:
  - name: main
    steps:
    - [{name: a, template: out, withItems: [a, b], arguments: {parameters: [{name: v, value: "{{item}}"}]}}]
    - [{name: z, template: echo, arguments: {parameters: [{name: m, value: "{{=steps.a.outputs.parameters.p}}"}]}}]
---
---
demo[1].z  Pod  Succeeded | inputs: m=["a","b"]
...
