# PA-080, VA-078: an output parameter of a pod that has its value in the document is given like any other, in the order of the document.
manifest: |
  templates:
  - name: main
    steps:
    - [{name: a, template: give, arguments: {parameters: [{name: x, value: hi}]}}]
    - [{name: b, template: echo, arguments: {parameters: [{name: m, value: "{{steps.a.outputs.parameters.p}}+{{workflow.outputs.parameters.g}}"}]}}]
  - name: give
    inputs: {parameters: [{name: x}]}
    container: {image: any}
    outputs: {parameters: [{name: p, value: "{{inputs.parameters.x}}-lit", globalName: g}, {name: q, valueFrom: {path: /q}}]}
  - name: echo
    inputs: {parameters: [{name: m}]}
    container: {image: any}
---
00:00  begin                          -> start demo[0].a
00:01  demo[0].a exits 0 (p.q=2)      -> start demo[1].b
00:02  demo[1].b exits 0              -> workflow Succeeded
---
workflow   Succeeded | outputs: g=hi-lit
demo[0].a  Pod  Succeeded | outputs: p=hi-lit; q=2
demo[1].b  Pod  Succeeded | inputs: m=hi-lit+hi-lit
...
