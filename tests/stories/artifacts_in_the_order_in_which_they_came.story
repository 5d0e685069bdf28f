# PA-080, PA-181: global artifacts stand in the order in which they were first exported, and a node's artifacts in the order in which its
# template declares them, whether they were given or not.
manifest: |
  templates:
  - name: main
    steps:
    - [{name: a, template: zz}]
    - [{name: b, template: aa}]
    - [{name: c, template: zz}]
    - [{name: d, template: take, arguments: {artifacts: [{name: r, from: "{{workflow.outputs.artifacts.g-zz}}"}]}}]
  - {name: zz, container: {image: any}, outputs: {artifacts: [{name: x, path: /x, globalName: g-zz}]}}
  - {name: aa, container: {image: any}, outputs: {artifacts: [{name: x, path: /x, globalName: g-aa}]}}
  - name: take
    inputs: {artifacts: [{name: o, path: /o, optional: true}, {name: r, path: /r}]}
    container: {image: any}
---
00:00  begin                                  -> start demo[0].a
00:01  demo[0].a exits 0 (a.x=one@g-zz)       -> start demo[1].b
00:02  demo[1].b exits 0 (a.x=two@g-aa)       -> start demo[2].c
00:03  demo[2].c exits 0 (a.x=three@g-zz)     -> start demo[3].d
00:04  demo[3].d exits 0                      -> workflow Succeeded
---
workflow   Succeeded | outputs: artifact g-zz; artifact g-aa
demo[3].d  Pod  Succeeded | input artifacts: o; r
...
