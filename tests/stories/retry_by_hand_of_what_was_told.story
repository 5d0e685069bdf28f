# EX-301, EX-243: a hook that succeeded tells of a failure and does not mend it: the failed task starts over, and its hook with it.
manifest: |
  onExit: ok
  templates:
  - name: main
    dag:
      tasks:
      - {name: l, template: exit, withItems: [u, v], arguments: {parameters: [{name: code, value: "{{item}}"}]}, hooks: {exit: {template: ok}, f: {template: ok, expression: 'tasks.l.status == "Failed"'}}}
      - {name: z, template: ok, depends: l.Succeeded}
---
00:00  begin                         -> start demo.l(0:u), start demo.l(1:v)
00:01  demo.l(0:u) exits 1           -> start demo.l(0:u).onExit
00:02  demo.l(1:v) exits 0           -> start demo.l(1:v).onExit
00:03  demo.l(0:u).onExit exits 0    -> nothing
00:04  demo.l(1:v).onExit exits 0    -> start demo.l.hooks.f, demo.z Omitted, demo.l Failed
00:05  demo.l.hooks.f exits 0        -> start demo.l.onExit
00:06  demo.l.onExit exits 0         -> start demo.onExit
00:07  demo.onExit exits 0           -> workflow Failed
01:00  retry                         -> start demo.l(0:u), no demo.l(0:u).onExit, demo.l(1:v) Succeeded, demo.l Running, no demo.z, no demo.onExit
01:01  demo.l(0:u) exits 0           -> start demo.l(0:u).onExit
01:02  demo.l(0:u).onExit exits 0    -> start demo.z, demo.l Succeeded
01:03  demo.z exits 0                -> start demo.onExit
01:04  demo.onExit exits 0           -> workflow Succeeded
