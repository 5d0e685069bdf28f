# PA-063, PA-080: what a step exports and did not write is an output of the workflow without a value, unless another step gave it one; for
# texts it is not there.
manifest: |
  templates:
  - name: main
    steps:
    - - {name: a, template: out, continueOn: {failed: true}}
    - - {name: b, template: tell}
  - name: out
    container: {image: any}
    outputs:
      parameters:
      - {name: p, valueFrom: {path: /p}, globalName: first}
      - {name: q, valueFrom: {path: /q}, globalName: second}
  - name: tell
    container: {image: any, args: ["{{=workflow?.outputs?.parameters?.first ?? 'none'}} {{workflow.outputs.parameters.second}}"]}
---
00:00  begin                         -> start demo[0].a
00:01  demo[0].a exits 1 (p.q=1)     -> start demo[1].b
---
workflow   Running | outputs: first=?; second=1
demo[1].b  Pod  Pending | args: none 1
...
