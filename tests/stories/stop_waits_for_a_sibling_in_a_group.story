# EX-174, EX-261: the same in a group of steps, of which one had not found room.
manifest: |
  templates:
  - name: main
    parallelism: 2
    steps: [[{name: a, template: ok}, {name: b, template: ok}, {name: c, template: ok}]]
---
00:00  begin -> start demo[0].a, start demo[0].b
00:01  stop -> stop demo[0].a, stop demo[0].b
00:02  demo[0].a exits 143 -> demo Running, demo[0].c Failed
00:03  demo[0].b exits 143 -> demo Failed, workflow Failed
