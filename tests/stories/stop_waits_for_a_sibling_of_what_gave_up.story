# EX-174: a dag that gives up what waits in it, while a sibling still runs, fails when the sibling ends.
manifest: |
  templates:
  - name: main
    dag:
      tasks:
      - {name: a, template: ok}
      - {name: b, template: ok}
      - {name: c, template: ok, depends: a}
---
00:00  begin -> start demo.b, start demo.a
00:01  stop -> stop demo.b, stop demo.a
00:02  demo.a fails workflow shutdown with strategy:  Stop -> demo Running, no demo.c
00:03  demo.b exits 3 -> demo Failed "", no demo.c, workflow Failed
