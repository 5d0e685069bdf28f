# EX-323: what waits for its lock again after a retry by hand ends with a stop, and what is open within it.
manifest: |
  templates:
  - name: main
    dag:
      tasks: [{name: a, template: locked}, {name: b, template: locked}]
  - name: locked
    synchronization: {mutexes: [{name: m}]}
    steps: [[{name: x, template: ok}]]
---
00:00  begin                -> start demo.a[0].x
00:01  demo.a[0].x exits 1  -> start demo.b[0].x
00:02  demo.b[0].x exits 1  -> workflow Failed
01:00  retry                -> start demo.a[0].x
01:01  stop                 -> stop demo.a[0].x, demo.b Failed "Stopped with strategy 'Stop'", demo.b[0] Failed, demo Running
01:02  demo.a[0].x exits 143 -> workflow Failed "Stopped with strategy 'Stop'"
02:00  retry                -> start demo.a[0].x, demo.b Running
02:01  demo.a[0].x exits 0  -> start demo.b[0].x
02:02  demo.b[0].x exits 0  -> workflow Succeeded
