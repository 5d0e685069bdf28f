# EX-302, EX-304: of a loop only the items that failed run again, in their old places; the whole is aggregated anew.
manifest: |
  templates:
  - name: main
    dag:
      tasks:
      - {name: l, template: out, withItems: [u, v, w], arguments: {parameters: [{name: v, value: "{{item}}"}]}}
      - {name: r, template: echo, depends: l, arguments: {parameters: [{name: m, value: "{{tasks.l.outputs.parameters.p}}"}]}}
---
00:00  begin                        -> start demo.l(0:u), start demo.l(1:v), start demo.l(2:w)
00:01  demo.l(0:u) exits 0 (p.p=1)  -> nothing
00:02  demo.l(1:v) exits 1          -> nothing
00:03  demo.l(2:w) exits 0 (p.p=3)  -> demo.l Failed, demo.r Omitted, workflow Failed
01:00  retry                        -> start demo.l(1:v), demo.l(0:u) Succeeded, demo.l Running, no demo.r
01:01  demo.l(1:v) exits 0 (p.p=2)  -> demo.l Succeeded, start demo.r
01:02  demo.r exits 0               -> workflow Succeeded
---
demo.r  Pod  Succeeded | inputs: m=["1","2","3"]
...
