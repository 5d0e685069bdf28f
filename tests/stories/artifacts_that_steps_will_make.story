# TP-242: an artifact of a step that has not run is there without a place; passed on, it is missing where it must not be.
manifest: |
  templates:
  - name: main
    steps:
    - - {name: a, template: make, when: "1 == 2"}
    - - {name: b, template: use, arguments: {artifacts: [{name: x, from: "{{steps.a.outputs.artifacts.o}}", optional: true}]}}
  - name: make
    outputs: {artifacts: [{name: o, path: /o}]}
    container: {image: cast}
  - name: use
    inputs: {artifacts: [{name: x, path: /x, optional: true}]}
    container: {image: cast}
---
00:00  begin -> start demo[1].b
