# EX-291, EX-388, EX-260: past the deadline what could not start before is there and has failed by it.
manifest: |
  activeDeadlineSeconds: 10
  parallelism: 1
  templates:
  - name: main
    dag:
      tasks:
      - {name: a, template: ok}
      - {name: b, template: ok}
      - {name: c, template: ok, depends: a.Failed}
      - {name: d, template: ok, depends: b}
---
00:00  begin            -> start demo.a, no demo.b
00:01  demo.a runs      -> nothing
00:10  timer            -> stop demo.a
00:11  demo.a exits 143 -> workflow Failed
---
demo    DAG      Failed
demo.a  Pod      Failed   Step exceeded its deadline
demo.c  Pod      Failed   Step exceeded its deadline
demo.b  Pod      Failed   Step exceeded its deadline
demo.d  Skipped  Omitted  omitted: depends condition not met
