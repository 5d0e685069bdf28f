# EX-629, EX-630, EX-631, OB-541, EX-261: a limit delays an exit hook and does not break it; every level has its own.
manifest: |
  parallelism: 1
  templates:
  - name: main
    dag:
      tasks:
      - {name: a, template: ok, hooks: {exit: {template: ok}}}
      - {name: b, template: ok}
---
00:00  begin                  -> start demo.a, no demo.b
00:01  demo.a exits 0         -> ...
00:01  play                   -> ..., workflow Succeeded
