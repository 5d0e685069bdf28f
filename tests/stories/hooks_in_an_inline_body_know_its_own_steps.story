# EX-248, PA-043: expressions of a body that is written within a step know its own steps, also one that is called like the step around
# it: those of hooks, and those of outputs.
manifest: |
  templates:
  - name: main
    steps:
    - - name: s0
        inline:
          steps:
          - - name: s0
              template: try
              hooks:
                after: {template: ok, expression: 'steps["s0"].status == "Succeeded"'}
                exit: {template: ok, expression: 'steps["s0"].status == "Succeeded"'}
          outputs: {parameters: [{name: how, valueFrom: {expression: steps.s0.status}}]}
  - name: try
    retryStrategy: {limit: 1}
    container: {image: any}
---
00:00  begin                                   -> start demo[0].s0[0].s0(0)
00:01  demo[0].s0[0].s0(0) exits 1             -> start demo[0].s0[0].s0(1)
00:02  demo[0].s0[0].s0(1) exits 0             -> start demo[0].s0[0].s0.hooks.after
00:03  demo[0].s0[0].s0.hooks.after exits 0    -> start demo[0].s0[0].s0.onExit
00:04  demo[0].s0[0].s0.onExit exits 0         -> workflow Succeeded
---
demo[0].s0  Steps  Succeeded | outputs: how=Succeeded
...
