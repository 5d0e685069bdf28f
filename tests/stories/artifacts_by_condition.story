# PA-404, PA-125, PA-187, PA-105, TP-164: the artifact of the branch that ran; loops have none.
manifest: |
  templates:
  - name: main
    outputs: {artifacts: [{name: o, fromExpression: "steps.h.status == 'Succeeded' ? steps.h.outputs.artifacts.o : steps.t.outputs.artifacts.o"}]}
    steps:
    - - {name: h, template: gen}
      - {name: t, template: gen, when: "1 == 2"}
  - name: gen
    container: {image: any}
    outputs: {artifacts: [{name: o, path: /o}]}
---
00:00  begin                            -> start demo[0].h
00:01  demo[0].h exits 0 (a.o=k/o.tgz)  -> workflow Succeeded
---
demo  Steps  Succeeded | outputs: artifact o
...
