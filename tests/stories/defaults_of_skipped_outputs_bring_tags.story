# TP-006, TP-240: what a value brings is not looked at by the pass that brings it, but by those that come later: here by the template that
# is given it, among its own inputs.
manifest: |
  templates:
  - name: main
    inputs: {parameters: [{name: yy, value: outer}, {name: t, value: "<{{inputs.parameters.yy}}>"}]}
    steps:
    - - {name: k, template: give, when: "1 == 2"}
      - {name: l, template: give}
    - - {name: a, template: echo, arguments: {parameters: [{name: m, value: "{{steps.k.outputs.parameters.p}}"}]}}
      - {name: b, template: echo, arguments: {parameters: [{name: m, value: "{{steps.l.outputs.parameters.p}}!"}]}}
      - {name: c, template: inner, arguments: {parameters: [{name: yy, value: inner}, {name: m, value: "{{steps.k.outputs.parameters.p}}"}]}}
      - {name: d, template: echo, arguments: {parameters: [{name: m, value: "{{inputs.parameters.t}}"}]}}
  - name: give
    container: {image: any}
    outputs: {parameters: [{name: p, valueFrom: {path: /p, default: "x{{inputs.parameters.yy}}"}}]}
  - name: echo
    inputs: {parameters: [{name: m}]}
    container: {image: any}
  - name: inner
    inputs: {parameters: [{name: yy}, {name: m}]}
    container: {image: any}
---
00:00  begin                                              -> start demo[0].l
00:01  demo[0].l exits 0 (p.p={{inputs.parameters.yy}})  -> start demo[1].a, start demo[1].b, start demo[1].c, start demo[1].d
---
demo[1].a  Pod  Pending | inputs: m=x{{inputs.parameters.yy}}
demo[1].b  Pod  Pending | inputs: m={{inputs.parameters.yy}}!
demo[1].c  Pod  Pending | inputs: yy=inner; m=xinner
demo[1].d  Pod  Pending | inputs: m=<outer>
...
