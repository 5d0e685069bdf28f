# EX-282, EX-281: an input whose value is an object with choices offers them; the first counts if nobody chooses.
manifest: |
  templates:
  - name: main
    steps:
    - - name: q
        template: ask
        arguments: {parameters: [{name: go, value: '{"description": "really?", "enum": ["yes", "no"]}'}]}
    - [{name: r, template: echo, arguments: {parameters: [{name: m, value: "{{steps.q.outputs.parameters.go}}"}]}}]
  - name: ask
    suspend: {duration: 5s}
    inputs: {parameters: [{name: go}]}
    outputs: {parameters: [{name: go, valueFrom: {supplied: {}}}]}
---
00:00  begin              -> demo[0].q Running, demo[0].q waits 5s
00:05  timer              -> demo[0].q Succeeded, start demo[1].r
00:06  demo[1].r exits 0  -> workflow Succeeded
---
demo[0].q  Suspend  Succeeded | outputs: go=yes
demo[1].r  Pod      Succeeded | inputs: m=yes
...
