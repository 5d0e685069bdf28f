# EX-115, EX-134, I8: what passed its lock and cannot be made ends once, and gives the lock back.
manifest: |
  templates:
  - name: main
    steps:
    - - {name: a, template: odd, continueOn: {error: true}}
  - name: odd
    synchronization: {mutexes: [{name: m}]}
    retryStrategy: {limit: 3}
    container: {image: cast, args: ['{{=nope ?? "d"}}']}
---
00:00  begin -> demo[0].a Error, demo[0] Error, workflow Failed, ...
