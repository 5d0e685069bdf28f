# EX-358, EX-119: waiting for a lock is Pending, and that may take only so long.
manifest: |
  templates:
  - name: main
    dag: {tasks: [{name: a, template: lock}, {name: b, template: lock}]}
  - {name: lock, pendingTimeout: 5s, synchronization: {mutexes: [{name: m}]}, container: {image: any}}
---
00:00  begin            -> start demo.a, demo.b Pending
00:01  demo.a runs      -> demo.a Running
00:05  timer            -> demo.b Failed "timeout"
00:06  demo.a exits 0   -> workflow Failed
