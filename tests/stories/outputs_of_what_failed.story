# PA-063, PA-408, PA-040, PA-047: outputs are taken from a step that failed too.
manifest: |
  templates:
  - name: main
    steps:
    - [{name: a, template: bad, continueOn: {failed: true}}]
    - [{name: b, template: echo, arguments: {parameters: [{name: m, value: "{{steps.a.outputs.parameters.p}}"}]}}]
  - name: bad
    container: {image: any}
    outputs: {parameters: [{name: p, valueFrom: {path: /p, default: none}}]}
---
00:00  begin                         -> start demo[0].a
00:01  demo[0].a exits 1 (p.p=none)  -> start demo[1].b
---
demo[1].b  Pod  Pending | inputs: m=none
...
