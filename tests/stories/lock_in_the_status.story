# EX-360, EX-355, OB-164, OB-196, EX-359: who waits says for what; after a restart it still does.
manifest: |
  templates:
  - name: main
    dag: {tasks: [{name: a, template: lock}, {name: b, template: lock}]}
  - {name: lock, synchronization: {mutexes: [{name: m}]}, container: {image: any}}
---
00:00  begin    -> start demo.a, demo.b Pending
00:01  restart  -> demo.b Pending
---
demo.a  Pod  Pending | waits for:
demo.b  Pod  Pending  Waiting for argo/Mutex/m lock. Lock status: 0/1 | waits for: argo/Mutex/m
...
