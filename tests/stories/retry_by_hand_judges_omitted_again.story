# EX-302, EX-032: what a retried dag leads to is no descendant of what failed in it, and is judged again all the same.
manifest: |
  templates:
  - name: main
    dag:
      tasks:
      - {name: a, template: tries}
      - {name: b, template: ok, depends: a}
  - name: tries
    retryStrategy: {limit: 1}
    dag:
      tasks:
      - {name: i, template: ok}
      - {name: x, template: ok, depends: i}
---
00:00  begin                  -> start demo.a(0).i
00:01  demo.a(0).i exits 0    -> start demo.a(0).x
00:02  demo.a(0).x exits 1    -> start demo.a(1).i
00:03  demo.a(1).i exits 0    -> start demo.a(1).x
00:04  demo.a(1).x exits 1    -> demo.b Omitted, workflow Failed
01:00  retry                  -> start demo.a(1).x, demo.a(1).i Succeeded, demo.a(0).x Failed, no demo.b
01:01  demo.a(1).x exits 0    -> start demo.b
01:02  demo.b exits 0         -> workflow Succeeded
