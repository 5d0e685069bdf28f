# EX-406, EX-666: a pod that is gone makes its node Error, and that may be tried again.
manifest: |
  templates:
  - name: main
    retryStrategy: {limit: 1, retryPolicy: OnError}
    container: {image: any}
---
00:00  begin            -> start demo(0)
00:01  demo(0) runs     -> demo(0) Running
00:02  demo(0) is lost  -> demo(0) Error "pod deleted", start demo(1)
00:03  demo(1) exits 0  -> workflow Succeeded
