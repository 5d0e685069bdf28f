# EX-159: AnySucceeded and AllFailed look at all children of a loop's group, at hooks that ran while it did, too.
manifest: |
  templates:
  - name: main
    dag:
      tasks:
      - {name: a, template: ok, withItems: [1, 2], hooks: {r: {template: ok, expression: 'tasks.a.status == "Running"'}}}
      - {name: b, template: ok, depends: a.AllFailed}
      - {name: c, template: ok, depends: a.AnySucceeded}
---
00:00  begin                   -> start demo.a(0:1), start demo.a(1:2), start demo.a.hooks.r
00:01  demo.a.hooks.r exits 0  -> demo.a Running
00:02  demo.a(0:1) exits 1     -> demo.a Running
00:03  demo.a(1:2) exits 1     -> demo.b Omitted, start demo.c
00:04  demo.c exits 0          -> ...
---
demo.b  Skipped  Omitted  omitted: depends condition not met
demo.c  Pod      Succeeded
...
