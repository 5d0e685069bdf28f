# EX-240, EX-302: a failed hook runs again, and what waited for its step goes on.
manifest: |
  templates:
  - name: main
    dag:
      tasks:
      - {name: a, template: ok, hooks: {exit: {template: ok}}}
      - {name: b, template: fail, depends: a}
---
00:00  begin                  -> start demo.a
00:01  demo.a exits 0         -> start demo.a.onExit
00:02  demo.a.onExit exits 1  -> start demo.b
00:03  demo.b exits 1         -> workflow Failed
01:00  retry                  -> start demo.a.onExit, demo.a Succeeded, no demo.b
01:01  restart                -> nothing
01:02  demo.a.onExit exits 0  -> start demo.b
01:03  demo.b exits 0         -> workflow Succeeded
