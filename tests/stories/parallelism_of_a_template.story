# EX-261: nested templates count as one child of the outer limit.
manifest: |
  templates:
  - name: main
    parallelism: 1
    steps: [[{name: a, template: two}, {name: b, template: ok}]]
  - name: two
    steps: [[{name: x, template: ok}, {name: z, template: ok}]]
---
00:00  begin                   -> start demo[0].a[0].x, start demo[0].a[0].z, no demo[0].b
00:01  demo[0].a[0].x exits 0  -> no demo[0].b
00:02  demo[0].a[0].z exits 0  -> start demo[0].b
00:03  demo[0].b exits 0       -> workflow Succeeded
