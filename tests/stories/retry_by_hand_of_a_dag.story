# EX-601, EX-602, EX-301, EX-302, EX-304: what was omitted because of the failure is judged again; a tolerated failure stays.
manifest: |
  templates:
  - name: main
    dag:
      tasks:
      - {name: a, template: fail}
      - {name: fix, template: ok, depends: a.Failed}
      - {name: b, template: fail}
      - {name: c, template: ok, depends: b}
      - {name: d, template: ok, depends: c && fix}
---
00:00  begin             -> start demo.b, start demo.a
00:01  demo.a exits 1    -> start demo.fix
00:02  demo.fix exits 0  -> nothing
00:03  demo.b exits 1    -> demo.c Omitted, demo.d Omitted, workflow Failed
01:00  retry             -> start demo.b, demo.a Failed, demo.fix Succeeded, no demo.c, no demo.d
01:01  demo.b exits 0    -> start demo.c
01:02  demo.c exits 0    -> start demo.d
01:03  demo.d exits 0    -> workflow Succeeded
