# EX-717, EX-280, EX-281: after its duration the suspension ends with the input's default as its output.
manifest: |
  templates:
  - name: main
    steps:
    - [{name: q, template: ask}]
    - [{name: r, template: echo, arguments: {parameters: [{name: m, value: "{{steps.q.outputs.parameters.go}}"}]}}]
  - name: ask
    suspend: {duration: "5"}
    inputs: {parameters: [{name: go, default: "no"}]}
    outputs: {parameters: [{name: go, valueFrom: {supplied: {}}}]}
---
00:00  begin              -> demo[0].q Running, demo[0].q waits 5s
00:05  timer              -> demo[0].q Succeeded, start demo[1].r
00:06  demo[1].r exits 0  -> workflow Succeeded
---
workflow   Succeeded
demo       Steps      Succeeded
demo[0]    StepGroup  Succeeded
demo[0].q  Suspend    Succeeded | outputs: go=no
demo[1]    StepGroup  Succeeded
demo[1].r  Pod        Succeeded | inputs: m=no
