# EX-132, EX-133, EX-247, EX-302: what starts over with its hooks begins as if it had never been there; a hook waits for the new ending.
manifest: |
  templates:
  - name: main
    steps:
    - [{name: a, template: ok, hooks: {f: {template: fail, expression: 'steps.a.status == "Failed"'}}}]
    - [{name: b, template: slow}]
---
00:00  begin                      -> start demo[0].a
00:01  demo[0].a exits 1          -> start demo[0].a.hooks.f
00:02  demo[0].a.hooks.f exits 1  -> workflow Failed
01:00  retry                      -> start demo[0].a, no demo[0].a.hooks.f, demo[0] Running
01:01  demo[0].a exits 1          -> start demo[0].a.hooks.f, demo[0] Running
01:02  demo[0].a.hooks.f exits 1  -> no demo[1], demo[0] Failed, workflow Failed
02:00  retry                      -> start demo[0].a, no demo[0].a.hooks.f
02:01  demo[0].a exits 0          -> start demo[1].b, no demo[0].a.hooks.f
02:02  demo[1].b exits 0          -> workflow Succeeded
