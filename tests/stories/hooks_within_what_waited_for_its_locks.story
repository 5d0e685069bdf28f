# EX-304, EX-323: what lies within a construct that waits for its locks again ends with it, and none of its exit hooks begins:
# nobody would wait for them.
manifest: |
  templates:
  - name: main
    dag:
      tasks: [{name: a, template: locked}, {name: b, template: locked}]
  - name: locked
    synchronization: {mutexes: [{name: m}]}
    steps: [[{name: s, template: inner, hooks: {exit: {template: ok}}}]]
  - name: inner
    steps: [[{name: x, template: ok}]]
---
00:00  begin                    -> start demo.a[0].s[0].x
00:01  demo.a[0].s[0].x exits 1 -> start demo.a[0].s.onExit
00:02  demo.a[0].s.onExit exits 0 -> start demo.b[0].s[0].x
00:03  demo.b[0].s[0].x exits 1 -> start demo.b[0].s.onExit
00:04  demo.b[0].s.onExit exits 1 -> workflow Failed
01:00  retry                    -> start demo.a[0].s[0].x
01:01  stop                     -> stop demo.a[0].s[0].x, demo.b Failed "Stopped with strategy 'Stop'", demo.b[0].s Failed, no demo.b[0].s.onExit
01:02  demo.a[0].s[0].x exits 143 -> workflow Failed "Stopped with strategy 'Stop'"
