# EX-174, EX-326: a dag that is stopped fails when the last of what runs in it has ended.
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
00:02  demo.a fails workflow shutdown with strategy:  Stop -> demo Running, demo.c Omitted
00:03  demo.b exits 3 -> demo Failed "", workflow Failed
