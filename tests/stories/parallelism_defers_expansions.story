# EX-720, EX-260, EX-262, EX-198, OB-108: expansions start in order, and those that must wait do not exist yet.
manifest: |
  parallelism: 2
  templates:
  - name: main
    steps: [[{name: w, template: ok, withItems: [1, 2, 3, 4]}]]
---
00:00  begin                   -> start demo[0].w(0:1), start demo[0].w(1:2), no demo[0].w(2:3)
00:01  demo[0].w(1:2) exits 0  -> start demo[0].w(2:3), no demo[0].w(3:4)
00:02  demo[0].w(0:1) exits 0  -> start demo[0].w(3:4)
00:03  demo[0].w(2:3) exits 0  -> nothing
00:03  demo[0].w(3:4) exits 0  -> workflow Succeeded
