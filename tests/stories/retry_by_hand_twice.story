# EX-300, EX-301: nested constructs go on where they failed, again and again; a run in progress is not retried.
manifest: |
  templates:
  - name: main
    steps:
    - [{name: one, template: inner}]
    - [{name: two, template: ok}]
  - name: inner
    dag:
      tasks:
      - {name: p, template: ok}
      - {name: q, template: fail, depends: p}
---
00:00  begin                   -> start demo[0].one.p
00:01  demo[0].one.p exits 0   -> start demo[0].one.q
00:02  demo[0].one.q exits 1   -> workflow Failed
01:00  retry                   -> start demo[0].one.q
01:01  demo[0].one.q exits 1   -> demo[0].one Failed, workflow Failed
02:00  retry                   -> start demo[0].one.q
02:01  retry                   -> demo[0].one.q Pending
02:02  restart                 -> nothing
02:03  demo[0].one.q exits 0   -> start demo[1].two
02:04  demo[1].two exits 0     -> workflow Succeeded
