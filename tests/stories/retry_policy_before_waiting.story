# EX-595, EX-624, EX-216: what may not be tried again says so.
manifest: |
  templates:
  - name: main
    retryStrategy: {limit: 3, retryPolicy: OnError, backoff: {duration: 1m}}
    container: {image: any}
---
00:00  begin            -> start demo(0)
00:01  demo(0) exits 1  -> ...
01:01  timer            -> demo Failed "main: Error (exit code 1)"
