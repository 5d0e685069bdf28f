# EX-131, EX-133, EX-190, EX-198, EX-260, EX-261: items whose conditions are false are skipped although a limit holds others back, and
# stand before them.
manifest: |
  templates:
  - name: main
    parallelism: 1
    steps:
    - - {name: w, template: ok, withItems: [1, 2, 3, 4], when: "{{item}} != 3"}
      - {name: v, template: ok, withItems: [a, b], when: "{{item}} == b"}
      - {name: e, template: ok, withParam: "[]"}
---
00:00  begin                   -> start demo[0].w(0:1), demo[0].w(2:3) Skipped, demo[0].v(0:a) Skipped, no demo[0].w(1:2)
00:01  demo[0].w(0:1) exits 0  -> start demo[0].w(1:2), no demo[0].w(3:4)
00:02  demo[0].w(1:2) exits 1  -> start demo[0].w(3:4)
00:03  demo[0].w(3:4) exits 1  -> start demo[0].v(1:b)
00:04  demo[0].v(1:b) exits 0  -> workflow Failed
00:05  retry                   -> start demo[0].w(1:2), no demo[0].w(3:4)
00:06  demo[0].w(1:2) exits 0  -> start demo[0].w(3:4)
00:07  demo[0].w(3:4) exits 0  -> workflow Succeeded
---
demo[0]  StepGroup  Succeeded | children: demo[0].e; demo[0].w(0:1); demo[0].w(2:3); demo[0].v(0:a); demo[0].v(1:b); demo[0].w(1:2); demo[0].w(3:4)
...
