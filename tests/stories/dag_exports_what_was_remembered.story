# EX-175, PA-080: a dag that succeeds exports what its tasks gave, also what was remembered of them; a step exports only what it runs for.
manifest: |
  templates:
  - name: main
    steps:
    - [{name: one, template: give, arguments: {parameters: [{name: v, value: one}]}}]
    - [{name: two, template: give, arguments: {parameters: [{name: v, value: two}]}}]
    - [{name: d, template: dag}]
    - [{name: again, template: give, arguments: {parameters: [{name: v, value: two}]}}]
  - name: dag
    dag: {tasks: [{name: one, template: give, arguments: {parameters: [{name: v, value: one}]}}]}
  - name: give
    inputs: {parameters: [{name: v}]}
    memoize: {key: "{{inputs.parameters.v}}", maxAge: 1h, cache: {configMap: {name: cache1}}}
    container: {image: any, args: ["p.p={{inputs.parameters.v}}"]}
    outputs: {parameters: [{name: p, globalName: g, valueFrom: {path: /tmp/p}}]}
---
00:00  begin                            -> start demo[0].one
00:01  demo[0].one exits 0 (p.p=one)    -> start demo[1].two
00:02  demo[1].two exits 0 (p.p=two)    -> demo[2].d Succeeded, demo[3].again Succeeded, workflow Succeeded
---
workflow  Succeeded | outputs: g=one
...
