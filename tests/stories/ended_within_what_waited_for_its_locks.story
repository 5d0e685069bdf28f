# EX-304, EX-323: what had ended within a construct that waits for its locks again, and whose exit hook was to run once more, is
# not followed by that hook either when the construct ends: nobody would wait for it.
manifest: |
  templates:
  - name: main
    dag:
      tasks: [{name: a, template: locked}, {name: b, template: locked}]
  - name: locked
    synchronization: {mutexes: [{name: m}]}
    dag:
      tasks: [{name: s, template: ok, hooks: {exit: {template: ok}}}, {name: t, template: ok}]
---
00:00  begin                    -> start demo.a.s, start demo.a.t
00:01  demo.a.s exits 0         -> start demo.a.s.onExit
00:02  demo.a.s.onExit exits 1  -> nothing
00:03  demo.a.t exits 1         -> start demo.b.s, start demo.b.t
00:04  demo.b.s exits 0         -> start demo.b.s.onExit
00:05  demo.b.s.onExit exits 1  -> nothing
00:06  demo.b.t exits 1         -> workflow Failed
01:00  retry                    -> start demo.a.s.onExit, start demo.a.t, demo.b.s Succeeded
01:01  stop                     -> stop demo.a.t, demo.b Failed "Stopped with strategy 'Stop'", no demo.b.s.onExit
01:02  demo.a.t exits 143       -> nothing
01:03  demo.a.s.onExit exits 0  -> workflow Failed "Stopped with strategy 'Stop'"
