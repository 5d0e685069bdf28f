# EX-159: whether any or all of a loop came out so or so counts the hooks of its group that came before its end.
manifest: |
  templates:
  - name: main
    dag:
      tasks:
      - name: a
        template: fail
        withItems: [1, 2]
        hooks:
          run: {template: ok, expression: 'tasks.a.status == "Running"'}
      - name: z
        template: fail
        withItems: [1]
        hooks:
          failed: {template: ok, expression: 'tasks.z.status == "Failed"'}
      - {name: b, template: ok, depends: a.AllFailed}
      - {name: c, template: ok, depends: a.AnySucceeded}
      - {name: x, template: ok, depends: z.AllFailed && !z.AnySucceeded}
---
00:00  begin                        -> start demo.a(0:1), start demo.a(1:2), start demo.z(0:1), start demo.a.hooks.run
00:01  demo.a.hooks.run exits 0     -> demo.a Running
00:02  demo.a(0:1) exits 1          -> demo.a Running
00:03  demo.a(1:2) exits 1          -> demo.a Failed, demo.b Omitted, start demo.c
00:04  demo.z(0:1) exits 1          -> start demo.x, start demo.z.hooks.failed
00:05  demo.z.hooks.failed exits 0  -> demo.z Failed
