# EX-130: the steps of a group start together, and the next group when all of them are done.
manifest: |
  templates:
  - name: main
    steps: [[{name: a, template: ok}, {name: b, template: ok}], [{name: c, template: ok}]]
---
00:00  begin -> start demo[0].a, start demo[0].b
00:01  demo[0].b exits 0 -> no demo[1].c
00:02  demo[0].a exits 0 -> start demo[1].c, demo[0] Succeeded
00:03  demo[1].c exits 0 -> workflow Succeeded
