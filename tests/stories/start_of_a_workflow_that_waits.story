# EX-006: a workflow starts when it is no longer Pending.
manifest: |
  synchronization: {mutexes: [{name: m}]}
  templates:
  - {name: main, container: {image: cast}}
---
00:00  begin -> start demo
00:07  demo exits 0 -> workflow Succeeded
---
workflow  Succeeded | started: 0s | finished: 7s
...
