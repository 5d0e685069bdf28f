# EX-066, EX-283, EX-284, OB-110, EX-094: held, what runs goes on and nothing new starts.
manifest: |
  templates:
  - name: main
    steps: [[{name: a, template: ok}], [{name: b, template: ok}]]
---
00:00  begin              -> start demo[0].a
00:01  suspend            -> nothing
00:02  demo[0].a exits 0  -> no demo[1].b, workflow Running
00:09  resume             -> start demo[1].b
00:10  demo[1].b exits 0  -> workflow Succeeded
