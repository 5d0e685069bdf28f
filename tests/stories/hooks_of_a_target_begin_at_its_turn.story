# EX-250, EX-151: the hooks of a target are looked at as soon as it was visited, so that who depends on it waits for them, unless
# a target before it led there first.
manifest: |
  templates:
  - name: main
    dag:
      target: "a b d c"
      tasks:
      - {name: a, template: ok, withItems: [1], hooks: {done: {template: ok, expression: 'tasks.a.status == "Succeeded"'}}}
      - {name: b, template: ok, depends: a}
      - {name: c, template: ok, withItems: [1], hooks: {done: {template: ok, expression: 'tasks.c.status == "Succeeded"'}}}
      - {name: d, template: ok, depends: c}
---
00:00  begin                      -> start demo.a(0:1), start demo.c(0:1)
00:01  demo.a(0:1) exits 0        -> start demo.a.hooks.done
00:02  demo.c(0:1) exits 0        -> start demo.d, start demo.c.hooks.done
00:03  demo.a.hooks.done exits 0  -> start demo.b
