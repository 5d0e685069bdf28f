# PA-080, PA-083, PA-082, TP-093, PA-128: a global artifact is used by its global name.
manifest: |
  templates:
  - name: main
    steps:
    - [{name: g, template: gen}]
    - [{name: u, template: use, arguments: {artifacts: [{name: i, from: "{{workflow.outputs.artifacts.all}}"}]}}]
  - name: gen
    container: {image: any}
    outputs: {artifacts: [{name: o, path: /o, globalName: all}]}
  - name: use
    inputs: {artifacts: [{name: i, path: /in}]}
    container: {image: any}
---
00:00  begin                            -> start demo[0].g
00:01  demo[0].g exits 0 (a.o=k/o.tgz@all)  -> start demo[1].u
---
workflow   Running | outputs: artifact all
demo[1].u  Pod  Pending | artifacts: i k/o.tgz
...
