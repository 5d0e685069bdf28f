# EX-573, EX-154, EX-250, EX-245: what depends on a task waits for its exit hook, and a hook that fails changes nothing.
manifest: |
  templates:
  - name: main
    dag:
      tasks:
      - {name: a, template: fail, hooks: {exit: {template: fail}}}
      - {name: b, template: ok, depends: a.Failed}
---
00:00  begin                  -> start demo.a
00:01  demo.a exits 1         -> start demo.a.onExit, no demo.b, demo Running
00:02  demo.a.onExit exits 1  -> start demo.b
00:03  demo.b exits 0         -> workflow Succeeded
