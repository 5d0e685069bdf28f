# TP-047, TP-048, PA-042, EX-281: a default of an output has its tags replaced when its template is entered.
manifest: |
  templates:
  - name: main
    inputs: {parameters: [{name: i, value: ii}]}
    steps:
    - - {name: b, template: out, when: "false", arguments: {parameters: [{name: v, value: x}]}}
      - {name: q, template: ask, arguments: {parameters: [{name: m, value: mm}]}}
    outputs:
      parameters:
      - {name: z, valueFrom: {default: "zz-{{workflow.name}}-{{inputs.parameters.i}}", parameter: "{{steps.b.outputs.parameters.p}}"}}
  - name: ask
    inputs: {parameters: [{name: m}]}
    suspend: {duration: "5"}
    outputs: {parameters: [{name: o, valueFrom: {supplied: {}, default: "q-{{inputs.parameters.m}}"}}]}
---
00:00  begin  -> demo[0].q Running, demo[0].q waits 5s
00:05  timer  -> workflow Succeeded
---
demo       Steps    Succeeded | outputs: z=zz-demo-ii
demo[0].q  Suspend  Succeeded | outputs: o=q-mm
...
