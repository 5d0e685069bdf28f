# EX-286, PA-080: what a person supplies under a global name is known to the whole workflow at once; and what they said of the node
# stays when they end it without a word.
manifest: |
  templates:
  - name: main
    steps:
    - [{name: q, template: ask}, {name: p, template: ask}]
    - [{name: r, template: echo, arguments: {parameters: [{name: m, value: "{{workflow.outputs.parameters.g}}"}]}}]
  - name: ask
    suspend: {}
    outputs: {parameters: [{name: go, globalName: g, valueFrom: {supplied: {}, default: d}}]}
  - name: echo
    inputs: {parameters: [{name: m}]}
    container: {image: any}
---
00:00  begin                                      -> demo[0].q Running
00:01  set displayName=q go=yes message=hello     -> demo[0].q Running
00:02  set displayName=q phase=Succeeded          -> demo[0].q Succeeded "hello"
00:03  set displayName=p phase=Succeeded          -> start demo[1].r
00:04  demo[1].r exits 0                          -> workflow Succeeded
---
workflow   Succeeded | outputs: g=yes
demo[0].q  Suspend  Succeeded  hello | outputs: go=yes
demo[1].r  Pod      Succeeded | inputs: m=yes
...
