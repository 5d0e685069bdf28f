# EX-228, EX-357: the lock is held over all attempts.
manifest: |
  templates:
  - name: main
    dag: {tasks: [{name: a, template: try}, {name: b, template: try}]}
  - name: try
    synchronization: {mutexes: [{name: m}]}
    retryStrategy: {limit: 1}
    container: {image: any}
---
00:00  begin              -> start demo.a(0)
00:01  demo.a(0) exits 1  -> start demo.a(1)
00:02  demo.a(1) exits 0  -> start demo.b(0)
00:03  demo.b(0) exits 0  -> workflow Succeeded
