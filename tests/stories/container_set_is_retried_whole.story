# EX-443, EX-604, EX-441: the whole pod is tried again.
manifest: |
  templates:
  - name: main
    retryStrategy: {limit: 1}
    containerSet: {containers: [{name: a, image: any}, {name: main, image: any, dependencies: [a]}]}
---
00:00  begin            -> start demo(0)
00:01  demo(0) exits 1  -> start demo(1)
00:02  demo(1) exits 0  -> workflow Succeeded
