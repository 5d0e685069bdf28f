# EX-287, EX-289, EX-291: what was stopped has failed, also when it ends with 0 on SIGTERM.
manifest: |
  activeDeadlineSeconds: 10
  templates:
  - name: main
    steps: [[{name: a, template: slow}]]
---
00:00  begin                -> start demo[0].a
00:10  timer                -> stop demo[0].a
00:11  demo[0].a exits 0    -> demo[0].a Failed "Step exceeded its deadline", workflow Failed
