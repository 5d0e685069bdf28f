# EX-263, EX-302: what a loop lacks because `failFast` ended its template is made up for by a retry by hand.
manifest: |
  templates:
  - name: main
    failFast: true
    parallelism: 2
    dag: {tasks: [{name: f, template: ok}, {name: l, template: ok, withItems: [1, 2]}]}
---
00:00  begin                -> start demo.f, start demo.l(0:1)
00:01  demo.f exits 1       -> no demo.l(1:2)
00:02  demo.l(0:1) exits 0  -> workflow Failed
01:00  retry                -> start demo.f, start demo.l(1:2), demo.l Running
01:01  demo.f exits 0       -> nothing
01:02  demo.l(1:2) exits 0  -> workflow Succeeded
