# EX-715, EX-241, EX-245: the exit hook of a step has the workflow's arguments, and the group waits for it.
manifest: |
  arguments: {parameters: [{name: m, value: hi}]}
  templates:
  - name: main
    steps: [[{name: a, template: ok, hooks: {exit: {template: echo}}}]]
---
00:00  begin                     -> start demo[0].a
00:01  demo[0].a exits 0         -> start demo[0].a.onExit, demo[0] Running
00:02  demo[0].a.onExit exits 0  -> demo[0] Succeeded, workflow Succeeded
---
workflow          Succeeded
demo              Steps      Succeeded
demo[0]           StepGroup  Succeeded
demo[0].a         Pod        Succeeded | children: demo[0].a.onExit
demo[0].a.onExit  Pod        Succeeded | inputs: m=hi | flags: hooked | boundary: demo | display: a.onExit
