# OB-520, OB-517, EX-357: steps and suspensions hold locks too, and may be tried again.
manifest: |
  templates:
  - name: main
    dag: {tasks: [{name: a, template: s}, {name: b, template: w}]}
  - {name: s, synchronization: {mutexes: [{name: m}]}, retryStrategy: {limit: 1}, steps: [[{name: x1, template: ok}]]}
  - {name: w, synchronization: {mutexes: [{name: m}]}, suspend: {duration: "5"}}
---
00:00  begin                        -> start demo.a(0)[0].x1, demo.b Pending
00:01  demo.a(0)[0].x1 exits 1      -> start demo.a(1)[0].x1, demo.b Pending
00:02  demo.a(1)[0].x1 exits 0      -> demo.b Running
00:07  timer                        -> workflow Succeeded
