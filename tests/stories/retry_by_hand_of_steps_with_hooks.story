# EX-302, EX-304, EX-247: steps that go on keep the hooks that ran for them, and their exit handler is asked again.
manifest: |
  templates:
  - name: main
    steps:
    - [{name: a, template: inner, hooks: {exit: {template: ok}, f: {template: ok, expression: 'steps.a.status == "Failed"'}}}]
    - [{name: b, template: ok}]
  - name: inner
    steps:
    - [{name: p, template: ok, hooks: {exit: {template: ok}}}]
    - [{name: q, template: ok}]
---
00:00  begin                           -> start demo[0].a[0].p
00:01  demo[0].a[0].p exits 0          -> start demo[0].a[0].p.onExit
00:02  demo[0].a[0].p.onExit exits 1   -> start demo[0].a[1].q
00:03  demo[0].a[1].q exits 1          -> start demo[0].a.hooks.f
00:04  demo[0].a.hooks.f exits 0       -> start demo[0].a.onExit
00:05  demo[0].a.onExit exits 1        -> workflow Failed
01:00  retry                           -> start demo[0].a[1].q, no demo[0].a.onExit, demo[0].a.hooks.f Succeeded, demo[0].a[0].p.onExit Failed, demo[0].a Running
01:01  restart                         -> nothing
01:02  demo[0].a[1].q exits 0          -> start demo[0].a.onExit, demo[0].a Succeeded, no demo[1]
01:03  demo[0].a.onExit exits 0        -> start demo[1].b
01:04  demo[1].b exits 0               -> workflow Succeeded
