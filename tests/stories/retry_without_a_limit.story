# EX-594, EX-215, EX-623, OB-315: without a limit there is no end to the attempts, and as in Argo no backoff is waited for.
manifest: |
  templates:
  - name: main
    retryStrategy: {backoff: {duration: 10s}}
    container: {image: any}
---
00:00  begin            -> start demo(0)
00:01  demo(0) exits 1  -> start demo(1)
00:02  demo(1) exits 1  -> start demo(2)
00:03  demo(2) exits 0  -> workflow Succeeded
