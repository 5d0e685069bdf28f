# EX-174, EX-326: a dag that is stopped fails, and starts nothing more; its exit handler is not concerned.
manifest: |
  onExit: ok
  templates:
  - name: main
    dag:
      tasks:
      - {name: a, template: ok}
      - {name: b, template: ok, depends: a}
---
00:00  begin -> start demo.a
00:01  stop -> stop demo.a
00:02  demo.a fails workflow shutdown with strategy:  Stop -> demo Failed, demo.b Omitted, start demo.onExit
00:03  demo.onExit exits 0 -> workflow Failed
