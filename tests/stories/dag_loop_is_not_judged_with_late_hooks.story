# EX-159: a hook that the end of the loop called was not there when what depends on the loop was judged.
manifest: |
  templates:
  - name: main
    dag:
      tasks:
      - {name: a, template: ok, withItems: [1], hooks: {d: {template: ok, expression: 'tasks.a.status == "Failed"'}}}
      - {name: b, template: ok, depends: a.AllFailed}
      - {name: c, template: ok, depends: a.AnySucceeded}
---
00:00  begin                   -> start demo.a(0:1)
00:01  demo.a(0:1) exits 1     -> start demo.b, demo.c Omitted, start demo.a.hooks.d
00:02  demo.a.hooks.d exits 0  -> nothing
00:03  demo.b exits 0          -> ...
---
demo.b  Pod      Succeeded
demo.c  Skipped  Omitted  omitted: depends condition not met
...
