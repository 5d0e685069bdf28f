# PA-181, PA-183: an optional input artifact that nobody supplied can be handed on to an optional one; whoever needs it has nothing.
manifest: |
  templates:
  - name: main
    steps:
    - - {name: d, template: graph}
    - - {name: s, template: outer}
  - name: outer
    inputs: {artifacts: [{name: i, optional: true}]}
    steps:
    - - {name: u, template: use, arguments: {artifacts: [{name: x, from: "{{inputs.artifacts.i}}"}]}}
    - - {name: w, template: need, arguments: {artifacts: [{name: x, from: "{{inputs.artifacts.i}}"}]}}
  - name: graph
    inputs: {artifacts: [{name: i, optional: true}]}
    dag: {tasks: [{name: u, template: use, arguments: {artifacts: [{name: x, from: "{{inputs.artifacts.i}}"}]}}]}
  - name: use
    inputs: {artifacts: [{name: x, path: /x, optional: true}]}
    container: {image: cast, args: [exit=0]}
  - name: need
    inputs: {artifacts: [{name: x, path: /x}]}
    container: {image: cast, args: [exit=0]}
---
---
demo[0].d.u  Pod      Succeeded
demo[1].s[0].u  Pod      Succeeded
demo[1].s[1].w  Skipped  Error      inputs.artifacts.x missing location information
...
