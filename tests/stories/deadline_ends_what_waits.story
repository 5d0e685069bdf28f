# EX-065, EX-291, EX-323, EX-324, EX-358, EX-661, OB-120: at the workflow's deadline nobody waits any more; the exit handler still runs.
manifest: |
  activeDeadlineSeconds: 10
  onExit: ok
  templates:
  - name: main
    dag:
      tasks:
      - {name: held, template: lock}
      - {name: late, template: lock}
      - {name: wait, template: wait}
  - {name: wait, suspend: {}}
  - {name: lock, synchronization: {mutexes: [{name: m}]}, container: {image: any}}
---
00:00  begin                -> start demo.held, demo.late Pending
00:01  demo.held runs       -> demo.held Running
00:10  timer                -> stop demo.held, demo.late Failed "Step exceeded its deadline", demo.wait Failed "Step exceeded its deadline"
00:11  demo.held exits 143  -> start demo.onExit
00:12  demo.onExit exits 0  -> workflow Failed
---
demo.held  Pod  Failed  Step exceeded its deadline
...
