# EX-596, EX-222, EX-658, OB-317: after an exit with 2 there is no other attempt.
manifest: |
  templates:
  - name: main
    retryStrategy: {limit: 3, expression: 'lastRetry.exitCode != "2"'}
    container: {image: any}
---
00:00  begin            -> start demo(0)
00:01  demo(0) exits 1  -> start demo(1)
00:02  demo(1) exits 2  -> demo Failed "retryStrategy.expression evaluated to false"
