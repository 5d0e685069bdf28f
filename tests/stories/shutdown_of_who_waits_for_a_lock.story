# EX-693, EX-290: a step that waits for a lock when the workflow is stopped has failed, and runs no more.
manifest: |
  templates:
  - name: main
    dag: {tasks: [{name: a, template: lock}, {name: b, template: lock}]}
  - {name: lock, synchronization: {mutexes: [{name: m}]}, container: {image: any}}
---
00:00  begin                 -> start demo.a, demo.b Pending
00:01  demo.a runs           -> demo.a Running
00:02  stop                  -> stop demo.a, demo.b Failed
00:03  demo.a exits 143      -> workflow Failed
