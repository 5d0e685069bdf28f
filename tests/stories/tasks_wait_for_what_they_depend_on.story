# EX-151: a task is attempted once its condition can be decided, and not again while it runs or when it is done.
manifest: |
  templates:
  - name: main
    dag:
      tasks:
      - {name: a, template: ok}
      - {name: b, template: ok}
      - {name: c, template: ok, depends: "a && b"}
      - {name: d, template: ok, depends: "a || b"}
---
00:00  begin -> start demo.a, start demo.b
00:01  demo.a exits 0 -> no demo.c, no demo.d
00:02  demo.b exits 0 -> start demo.c, start demo.d
00:03  demo.c exits 0 -> nothing
00:04  demo.d exits 0 -> workflow Succeeded
