# PA-183, PA-185: what is named is no artifact; an optional one is dropped.
manifest: |
  templates:
  - name: main
    dag:
      tasks:
      - {name: g, template: out, arguments: {parameters: [{name: v, value: x}]}}
      - {name: u, template: use, depends: g, arguments: {artifacts: [{name: i, from: "{{tasks.g.outputs.parameters.p}}"}]}}
      - {name: o, template: use, depends: g, arguments: {artifacts: [{name: i, optional: true, from: "{{tasks.g.outputs.artifacts.none}}"}]}}
  - name: use
    inputs: {artifacts: [{name: i, path: /in, optional: true}]}
    container: {image: any}
---
00:00  begin                     -> start demo.g
00:01  demo.g exits 0 (p.p=x)    -> ...
---
demo.u  Skipped  Error  Unable to resolve: "x"
demo.o  Pod  Pending | artifacts:
...
