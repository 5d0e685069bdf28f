# EX-700, EX-031, EX-032: groups one after the other; a later group is a child of all that leads to it.
manifest: |
  templates:
  - name: main
    steps: [[{name: a, template: ok}, {name: b, template: ok}], [{name: c, template: ok}]]
---
00:00  begin              -> start demo[0].a, start demo[0].b
00:02  demo[0].b exits 0  -> demo[0] Running, no demo[1]
00:03  demo[0].a exits 0  -> demo[0] Succeeded, start demo[1].c
00:04  demo[1].c exits 0  -> workflow Succeeded
---
workflow   Succeeded  | progress: 3/3
demo       Steps      Succeeded | children: demo[0] | outbound: demo[1].c | progress: 3/3
demo[0]    StepGroup  Succeeded | children: demo[0].a; demo[0].b | boundary: demo | display: [0]
demo[0].a  Pod        Succeeded | children: demo[1] | boundary: demo | display: a | progress: 1/1
demo[0].b  Pod        Succeeded | children: demo[1]
demo[1]    StepGroup  Succeeded | children: demo[1].c
demo[1].c  Pod        Succeeded
