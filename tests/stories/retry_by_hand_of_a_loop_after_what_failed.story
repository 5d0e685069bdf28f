# EX-302: a loop whose items are to run again waits for what it depends on, if that is judged again too, and then goes on.
manifest: |
  templates:
  - name: main
    dag:
      tasks:
      - {name: a, template: inner}
      - {name: l, template: ok, depends: a.Failed, withItems: [u, v]}
  - name: inner
    steps:
    - - {name: x, template: ok}
---
00:00  begin                   -> start demo.a[0].x
00:01  demo.a[0].x exits 1     -> demo.a Failed, start demo.l(0:u), start demo.l(1:v)
00:02  demo.l(0:u) exits 0     -> nothing
00:03  demo.l(1:v) exits 1     -> demo.l Failed, workflow Failed
01:00  retry                   -> demo.a Failed, demo.l(0:u) Succeeded, start demo.l(1:v), demo.l Running
01:01  demo.l(1:v) exits 0     -> demo.l Succeeded, workflow Succeeded
