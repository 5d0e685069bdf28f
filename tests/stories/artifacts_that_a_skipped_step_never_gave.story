# TP-242, PA-403: in steps, what a skipped step never gave is dropped where the argument is optional; elsewhere it takes the place of an optional input, and whoever needs that has nothing.
manifest: |
  templates:
  - name: main
    steps:
    - [{name: g, template: gen, when: "1 == 2"}]
    - - {name: u, template: use, arguments: {artifacts: [{name: i, optional: true, from: "{{steps.g.outputs.artifacts.o}}"}]}}
      - {name: v, template: pass, arguments: {artifacts: [{name: i, from: "{{steps.g.outputs.artifacts.o}}"}]}}
  - name: gen
    container: {image: any}
    outputs: {artifacts: [{name: o, path: /o}]}
  - name: use
    inputs: {artifacts: [{name: i, path: /i, optional: true}]}
    container: {image: cast, args: [exit=0]}
  - name: pass
    inputs: {artifacts: [{name: i, optional: true}]}
    steps: [[{name: x, template: need, arguments: {artifacts: [{name: i, from: "{{inputs.artifacts.i}}"}]}}]]
  - name: need
    inputs: {artifacts: [{name: i, path: /i}]}
    container: {image: cast, args: [exit=0]}
---
---
demo[1].u       Pod      Succeeded
demo[1].v[0].x  Skipped  Error      inputs.artifacts.i missing location information
...
