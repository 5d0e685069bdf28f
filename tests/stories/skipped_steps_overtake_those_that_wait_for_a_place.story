# EX-131, EX-260, EX-262, EX-168: a skipped step does not wait for a place and comes to be before its sibling that does; whose branch
# reaches the target first, that of the group or that of the step in Error, goes by who came to be first, and so by time.
manifest: |
  parallelism: 2
  templates:
  - name: main
    dag:
      target: z
      tasks:
      - {name: a, template: two}
      - {name: b, template: long}
      - {name: z, template: ok, depends: a && b}
  - name: two
    steps: [[{name: p, template: ok}, {name: q, template: ok}], [{name: c, template: err}, {name: d, template: ok, when: 1 == 2}]]
  - name: long
    steps: [[{name: p, template: ok}, {name: q, template: ok}]]
---
00:00  begin                    -> start demo.a[0].p, start demo.a[0].q, no demo.b[0].p
00:01  demo.a[0].p exits 0      -> start demo.b[0].p, no demo.b[0].q
00:02  demo.a[0].q exits 0      -> start demo.b[0].q, demo.a[1].d Skipped, no demo.a[1].c
00:03  demo.b[0].p exits 0      -> start demo.a[1].c
00:04  demo.a[1].c errors boom  -> demo.a Failed
00:05  demo.b[0].q exits 0      -> demo.z Omitted, demo Failed, workflow Failed
