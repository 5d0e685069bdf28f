# EX-115, EX-729, EX-333, EX-357: who got its lock looks again, finds the result and gives the lock back.
manifest: |
  templates:
  - name: main
    dag: {tasks: [{name: a, template: both}, {name: b, template: both}]}
  - name: both
    synchronization: {mutexes: [{name: m}]}
    memoize: {key: k, maxAge: 1h, cache: {configMap: {name: c}}}
    container: {image: any}
---
00:00  begin           -> start demo.a
00:01  demo.a exits 0  -> demo.b Succeeded, workflow Succeeded
---
demo.a  Pod  Succeeded | memo: hit=false key=k cache=c
demo.b  Pod  Succeeded | memo: hit=true key=k cache=c
...
