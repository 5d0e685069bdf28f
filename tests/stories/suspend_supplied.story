# EX-717, EX-284, EX-286: a person supplies the output, then resumes.
manifest: |
  templates:
  - name: main
    steps:
    - [{name: q, template: ask}]
    - [{name: r, template: echo, arguments: {parameters: [{name: m, value: "{{steps.q.outputs.parameters.go}}"}]}}]
  - name: ask
    suspend: {}
    inputs: {parameters: [{name: go, default: "no"}]}
    outputs: {parameters: [{name: go, valueFrom: {supplied: {}}}]}
---
00:00  begin                         -> demo[0].q Running
10:00  set displayName=q go=yes      -> demo[0].q Running
10:01  resume                        -> demo[0].q Succeeded, start demo[1].r
10:02  demo[1].r exits 0             -> workflow Succeeded
---
demo[1].r  Pod        Succeeded | inputs: m=yes
...
