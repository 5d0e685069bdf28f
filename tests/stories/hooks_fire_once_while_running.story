# EX-247, EX-248, EX-250, EX-632: a hook fires once when its expression is true, even if it is not any more; the group waits.
manifest: |
  templates:
  - name: main
    steps: [[{name: a, template: slow, hooks: {running: {template: ok, expression: steps.a.status == "Running"}}}]]
---
00:00  begin                            -> start demo[0].a
00:01  demo[0].a runs                   -> start demo[0].a.hooks.running
00:02  demo[0].a exits 0                -> demo[0] Running
00:03  demo[0].a.hooks.running exits 1  -> demo[0] Succeeded, workflow Succeeded
---
demo[0].a                Pod  Succeeded | children: demo[0].a.hooks.running
demo[0].a.hooks.running  Pod  Failed  main: Error (exit code 1) | flags: hooked | boundary: demo
...
