# EX-302, EX-323, EX-636: what ended while it waited for its lock has nothing in it that could go on: it is entered anew.
manifest: |
  templates:
  - name: main
    dag:
      tasks: [{name: a, template: locked}, {name: b, template: locked}, {name: c, template: tries}]
  - name: locked
    synchronization: {mutexes: [{name: m}]}
    steps: [[{name: x, template: ok}]]
  - name: tries
    synchronization: {mutexes: [{name: m}]}
    retryStrategy: {limit: 2}
    container: {image: cast}
---
00:00  begin                  -> start demo.a[0].x
00:01  stop                   -> stop demo.a[0].x, demo.b Failed "Stopped with strategy 'Stop'", demo.c Failed "Stopped with strategy 'Stop'"
00:02  demo.a[0].x exits 143  -> workflow Failed
01:00  retry                  -> start demo.a[0].x
01:01  demo.a[0].x exits 0    -> start demo.b[0].x
01:02  demo.b[0].x exits 0    -> start demo.c(0)
01:03  demo.c(0) exits 1      -> start demo.c(1)
01:04  demo.c(1) exits 0      -> workflow Succeeded
