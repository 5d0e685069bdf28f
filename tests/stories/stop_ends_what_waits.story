# EX-320, EX-323, EX-324, EX-326, EX-289, EX-665, EX-664: a pending pod, one that waits for a lock, a suspension: each is Failed and says why.
manifest: |
  templates:
  - name: main
    dag:
      tasks:
      - {name: held, template: lock}
      - {name: late, template: lock}
      - {name: wait, template: wait}
      - {name: pend, template: ok}
      - {name: next, template: ok, depends: pend}
  - {name: wait, suspend: {}}
  - {name: lock, synchronization: {mutexes: [{name: m}]}, container: {image: any}}
---
00:00  begin                -> start demo.pend, start demo.held, demo.late Pending
00:01  demo.held runs       -> demo.held Running
00:02  terminate            -> stop demo.held, stop demo.pend, demo.late Failed, demo.wait Failed
00:03  demo.held exits 143  -> ...
00:03  demo.pend exits 143  -> workflow Failed
---
workflow   Failed  Stopped with strategy 'Terminate'
demo.held  Pod      Failed  workflow shutdown with strategy:  Terminate
demo.late  Pod      Failed  Stopped with strategy 'Terminate'
demo.wait  Suspend  Failed  Stopped with strategy 'Terminate'
...
