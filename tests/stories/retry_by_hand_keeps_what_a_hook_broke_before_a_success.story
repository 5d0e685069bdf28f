# EX-301, EX-304, EX-251: an omitted task that a hook has brought into Error is a failure, not omitted any more: when something after
# it has succeeded it is kept, though what it waited for goes on. One that is omitted is judged again.
manifest: |
  templates:
  - name: main
    dag:
      tasks:
      - {name: a, template: ok, withItems: [1], hooks: {exit: {template: ok}}}
      - {name: broken, template: ok, depends: a.Failed, hooks: {odd: {template: ok, expression: '"odd"'}}}
      - {name: after-broken, template: ok, depends: broken.Errored}
      - {name: plain, template: ok, depends: a.Failed}
      - {name: after-plain, template: ok, depends: plain.Omitted}
      - {name: f, template: ok}
---
00:00  begin                          -> start demo.a(0:1), start demo.f
00:01  demo.f exits 1                 -> nothing
00:02  demo.a(0:1) exits 0            -> start demo.a(0:1).onExit
00:03  demo.a(0:1).onExit exits 0     -> start demo.after-broken, start demo.after-plain, start demo.a.onExit, demo.broken Error, demo.plain Omitted
00:04  demo.after-broken exits 0      -> nothing
00:05  demo.after-plain exits 0       -> nothing
00:06  demo.a.onExit exits 1          -> workflow Failed
01:00  retry                          -> start demo.after-plain, start demo.f, start demo.a.onExit, demo.broken Error, demo.after-broken Succeeded
01:01  demo.f exits 0                 -> nothing
01:02  demo.a.onExit exits 0          -> nothing
01:03  demo.after-plain exits 0       -> workflow Succeeded
