# EX-131, EX-190, EX-260, EX-261: a limit holds back what would run; steps whose conditions are false are there before it.
manifest: |
  templates:
  - name: main
    parallelism: 1
    steps:
    - [{name: a, template: ok}, {name: b, template: ok}, {name: c, template: ok, when: "1 == 2"}, {name: d, template: ok}]
---
00:00  begin                -> start demo[0].a, demo[0].c Skipped, no demo[0].b
00:01  demo[0].a exits 0    -> start demo[0].b
00:02  demo[0].b exits 0    -> start demo[0].d
00:03  demo[0].d exits 0    -> workflow Succeeded
---
demo[0]  StepGroup  Succeeded | children: demo[0].a; demo[0].c; demo[0].b; demo[0].d
...
