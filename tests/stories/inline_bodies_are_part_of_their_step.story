# TP-001, TP-044, TP-045, TP-048: the body of an inline template is a part of the step or task, and is replaced with it: it sees the item,
# the inputs of the template around it, and the steps before.
manifest: |
  arguments: {parameters: [{name: k, value: "3"}]}
  templates:
  - name: main
    inputs: {parameters: [{name: k}]}
    steps:
    - [{name: g, template: out}]
    - - {name: c, withItems: [1, 2], inline: {container: {image: cast, args: ["exit={{item}}", "p.k={{inputs.parameters.k}}"]}}, continueOn: {failed: true}}
      - name: d
        arguments: {parameters: [{name: own, value: "o{{inputs.parameters.k}}"}]}
        inline:
          inputs: {parameters: [{name: own}]}
          retryStrategy: {limit: 0}
          container: {image: cast, args: ["print={{inputs.parameters.own}}-{{=inputs.parameters.k}}-{{steps.g.outputs.parameters.p}}"]}
      - name: s
        inline: {steps: [[{name: x, template: echo, arguments: {parameters: [{name: m, value: "{{inputs.parameters.k}}"}]}}]]}
  - {name: out, container: {image: cast, args: [p.p=v]}, outputs: {parameters: [{name: p, valueFrom: {path: /tmp/p}}]}}
  - name: echo
    inputs: {parameters: [{name: m}]}
    container: {image: cast, args: ["print={{inputs.parameters.m}}"]}
---
00:00  begin  -> ...
00:00  play   -> ..., workflow Succeeded
---
demo[1].c(0:1)  Pod  Failed  main: Error (exit code 1) | args: exit=1; p.k=3
demo[1].c(1:2)  Pod  Failed  main: Error (exit code 2) | args: exit=2; p.k=3
demo[1].d(0)    Pod  Succeeded | args: print=o3-3-v
demo[1].s[0].x  Pod  Succeeded | args: print=3
...
