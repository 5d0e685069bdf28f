# OB-502, OB-504, PA-190, PA-191, PA-402, PA-189, PA-409, TP-102, TP-123, PA-028, PA-181: from step to step, from the caller, from the workflow, and a part of one.
manifest: |
  arguments: {artifacts: [{name: data, s3: {key: in/x}}]}
  templates:
  - name: main
    inputs: {artifacts: [{name: data}]}
    steps:
    - [{name: g, template: gen}]
    - - {name: u, template: use, arguments: {artifacts: [{name: i, from: "{{steps.g.outputs.artifacts.o}}"}]}}
      - {name: w, template: use, arguments: {artifacts: [{name: i, from: "{{inputs.artifacts.data}}"}]}}
      - {name: z, template: use, arguments: {artifacts: [{name: i, from: "{{steps.g.outputs.artifacts.o}}", subPath: a/b}]}}
  - name: gen
    container: {image: any}
    outputs: {artifacts: [{name: o, path: /o}]}
  - name: use
    inputs: {artifacts: [{name: i, path: /in}]}
    container: {image: any}
---
00:00  begin                            -> start demo[0].g
00:01  demo[0].g exits 0 (a.o=k/o.tgz)  -> start demo[1].u, start demo[1].w, start demo[1].z
---
demo[1].u   Pod  Pending | artifacts: i k/o.tgz
demo[1].w   Pod  Pending | artifacts: i in/x
demo[1].z   Pod  Pending | artifacts: i k/o.tgz/a/b
...
