# TP-044, TP-045, TP-047, TP-048: an inline template in an inline template is a part of the outermost step, and is replaced with it: it sees
# the outermost item, steps and inputs first, then those of the step that it stands in.
manifest: |
  arguments: {parameters: [{name: k, value: "3"}]}
  templates:
  - name: main
    inputs: {parameters: [{name: k}]}
    steps:
    - [{name: g, template: out, arguments: {parameters: [{name: v, value: far}]}}]
    - - name: a
        withItems: [x, z]
        inline:
          inputs: {parameters: [{name: own, value: o}]}
          steps:
          - [{name: h, template: out, arguments: {parameters: [{name: v, value: "near-{{item}}-{{steps.g.outputs.parameters.p}}"}]}}]
          - - name: b
              withItems: [1]
              inline:
                container:
                  image: cast
                  args: ["print={{item}}-{{inputs.parameters.k}}-{{inputs.parameters.own}}-{{steps.g.outputs.parameters.p}}"]
            - name: c
              inline:
                container: {image: cast, args: ["print={{=item}}-{{=steps.g.outputs.parameters.p}}-{{=inputs.parameters.k}}"]}
  - name: out
    inputs: {parameters: [{name: v}]}
    container: {image: cast, args: ["p.p={{inputs.parameters.v}}"]}
    outputs: {parameters: [{name: p, valueFrom: {path: /tmp/p}}]}
---
00:00  begin  -> ...
00:00  play   -> ..., workflow Succeeded
---
demo[1].a(0:x)[0].h       Pod  Succeeded | args: p.p=near-x-far
demo[1].a(0:x)[1].b(0:1)  Pod  Succeeded | args: print=x-3-o-far
demo[1].a(1:z)[1].c       Pod  Succeeded | args: print=z-far-3
...
