# EX-249, TP-052, TP-062, PA-022: an exit hook may use what its owner gave out; tags that lead nowhere stay.
manifest: |
  templates:
  - name: main
    steps: [[{name: a, template: give, hooks: {exit: {template: tell, arguments: {parameters: [{name: m, value: "{{steps.a.outputs.parameters.p}} {{steps.a.status}} {{steps.b.ip}}"}]}}}}]]
  - name: give
    container: {image: any}
    outputs: {parameters: [{name: p, valueFrom: {path: /tmp/p}}]}
  - name: tell
    inputs: {parameters: [{name: m}]}
    container: {image: any, args: ["{{inputs.parameters.m}}"]}
---
00:00  begin                        -> start demo[0].a
00:01  demo[0].a exits 0 (p.p=out)  -> start demo[0].a.onExit
---
demo[0].a.onExit  Pod  Pending | args: out Succeeded {{steps.b.ip}}
...
