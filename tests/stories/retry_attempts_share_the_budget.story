# EX-217: attempts after the first may run until the time that all have together is up.
manifest: |
  templates:
  - name: main
    retryStrategy: {limit: 10, backoff: {duration: 1s, maxDuration: 1m}}
    activeDeadlineSeconds: 300
    container: {image: any}
---
00:00  begin            -> start demo(0)
00:05  demo(0) exits 1  -> demo waits 1s
00:06  timer            -> start demo(1)
---
demo(0)  Pod  Failed   main: Error (exit code 1) | time: 300s
demo(1)  Pod  Pending | time: 54s
...
