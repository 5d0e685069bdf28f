# EX-728, EX-291: at the deadline pods are stopped; the exit handler still runs.
manifest: |
  activeDeadlineSeconds: 10
  onExit: ok
  templates:
  - name: main
    steps: [[{name: a, template: slow}]]
---
00:00  begin                -> start demo[0].a
00:01  demo[0].a runs       -> nothing
00:10  timer                -> stop demo[0].a
00:11  demo[0].a exits 143  -> start demo.onExit, demo[0].a Failed "Step exceeded its deadline"
00:12  demo.onExit exits 0  -> workflow Failed
