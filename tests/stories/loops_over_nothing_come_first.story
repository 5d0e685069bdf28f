# EX-131, EX-197: all loops of a group are expanded before its first step begins, so that those over nothing stand before it.
manifest: |
  templates:
  - name: main
    steps: [[{name: a, template: ok}, {name: e, template: ok, withParam: "[]"}, {name: b, template: ok}, {name: f, template: ok, withParam: "[]"}]]
---
00:00  begin                -> start demo[0].a, start demo[0].b
00:01  demo[0].a exits 0    -> demo[0] Running
00:02  demo[0].b exits 0    -> workflow Succeeded
---
demo       Steps      Succeeded | outbound: demo[0].e; demo[0].f; demo[0].a; demo[0].b
demo[0]    StepGroup  Succeeded | children: demo[0].e; demo[0].f; demo[0].a; demo[0].b
demo[0].e  Skipped    Skipped  Skipped, empty params
...
