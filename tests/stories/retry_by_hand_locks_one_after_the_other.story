# EX-304, EX-350, EX-356: who goes on after a retry by hand gets its lock again when its turn comes, and what lies beside it
# does not wait for that.
manifest: |
  templates:
  - name: main
    dag:
      tasks: [{name: a, template: pair}, {name: b, template: pair}, {name: c, template: free}]
  - name: pair
    synchronization: {mutexes: [{name: m}]}
    steps:
    - [{name: x, template: ok}]
    - [{name: e, template: ok}]
  - name: free
    steps: [[{name: z, template: ok}]]
---
00:00  begin                -> start demo.c[0].z, start demo.a[0].x
00:01  demo.c[0].z exits 1  -> demo.c Failed
00:02  demo.a[0].x exits 0  -> start demo.a[1].e
00:03  demo.a[1].e exits 1  -> start demo.b[0].x
00:04  demo.b[0].x exits 0  -> start demo.b[1].e
00:05  demo.b[1].e exits 1  -> workflow Failed
01:00  retry                -> start demo.c[0].z, start demo.a[1].e, demo.b Running "Waiting for argo/Mutex/m lock. Lock status: 0/1"
01:01  restart              -> nothing
01:02  demo.c[0].z exits 0  -> demo.c Succeeded
01:03  demo.a[1].e exits 0  -> start demo.b[1].e, demo.b Running ""
01:04  demo.b[1].e exits 0  -> workflow Succeeded
