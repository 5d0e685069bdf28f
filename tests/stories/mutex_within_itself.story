# EX-357, EX-638: who asks for a lock that what encloses him holds waits for ever; he is told instead.
manifest: |
  templates:
  - name: main
    synchronization: {mutexes: [{name: m}]}
    steps: [[{name: a, template: inner}]]
  - name: inner
    synchronization: {mutexes: [{name: m}]}
    container: {image: any, command: [work]}
---
00:00  begin  -> demo[0].a Error "deadlock: this waits for `argo/Mutex/m`, which argo/demo/demo holds while that waits for this", workflow Failed
