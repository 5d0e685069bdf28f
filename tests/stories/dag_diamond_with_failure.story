# EX-710, EX-154, EX-560: `d` is judged only when both of its dependencies are over.
manifest: |
  templates:
  - name: main
    dag:
      tasks:
      - {name: a, template: ok}
      - {name: b, template: fail, dependencies: [a]}
      - {name: c, template: ok, dependencies: [a]}
      - {name: d, template: ok, dependencies: [b, c]}
---
00:00  begin           -> start demo.a
00:01  demo.a exits 0  -> start demo.b, start demo.c
00:02  demo.b exits 1  -> no demo.d, demo Running
00:03  demo.c exits 0  -> demo.d Omitted, demo Failed, workflow Failed
---
workflow  Failed
demo      DAG      Failed | outbound: demo.d
demo.a    Pod      Succeeded | children: demo.b; demo.c
demo.b    Pod      Failed     main: Error (exit code 1) | children: demo.d
demo.c    Pod      Succeeded | children: demo.d
demo.d    Skipped  Omitted    omitted: depends condition not met
