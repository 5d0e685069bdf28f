# EX-600, EX-300, EX-301, EX-302, EX-304: what failed runs again, with everything after it; what succeeded is kept.
manifest: |
  templates:
  - name: main
    steps:
    - [{name: a, template: ok}, {name: b, template: fail}]
    - [{name: c, template: ok}]
---
00:00  begin               -> start demo[0].a, start demo[0].b
00:01  demo[0].a exits 0   -> nothing
00:02  demo[0].b exits 1   -> workflow Failed
01:00  retry               -> start demo[0].b, demo[0].a Succeeded, demo[0] Running, demo Running, workflow Running
01:01  demo[0].b exits 0   -> start demo[1].c
01:02  demo[1].c exits 0   -> workflow Succeeded
---
workflow   Succeeded
demo       Steps      Succeeded | children: demo[0] | outbound: demo[1].c
demo[0]    StepGroup  Succeeded | children: demo[0].a; demo[0].b
demo[0].a  Pod        Succeeded | children: demo[1]
demo[0].b  Pod        Succeeded | children: demo[1]
demo[1]    StepGroup  Succeeded | children: demo[1].c
demo[1].c  Pod        Succeeded
