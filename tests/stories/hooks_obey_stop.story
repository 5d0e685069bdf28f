# EX-252, EX-322, EX-287: a hook that is no exit hook is stopped like any step.
manifest: |
  templates:
  - name: main
    steps: [[{name: a, template: slow, hooks: {running: {template: slow, expression: steps.a.status == "Running"}}}]]
---
00:00  begin                              -> start demo[0].a
00:01  demo[0].a runs                     -> start demo[0].a.hooks.running
00:02  demo[0].a.hooks.running runs       -> demo[0].a.hooks.running Running
00:03  stop                               -> stop demo[0].a, stop demo[0].a.hooks.running
00:04  demo[0].a exits 143                -> demo[0] Running
00:04  demo[0].a.hooks.running exits 143  -> workflow Failed
