# EX-251: an exit hook of a step whose expression cannot be judged breaks the group, as any hook does.
manifest: |
  templates:
  - name: main
    steps: [[{name: a, template: ok, hooks: {exit: {template: ok, expression: "'q'"}}}]]
---
00:00  begin              -> start demo[0].a
00:01  demo[0].a exits 0  -> demo[0] Error, no demo[0].a.onExit, workflow Failed
---
demo[0]  StepGroup  Error  unable to cast expression result 'q' to bool
...
