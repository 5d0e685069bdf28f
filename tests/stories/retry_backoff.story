# EX-591: each failure waits longer; the third attempt succeeds.
manifest: |
  templates:
  - name: main
    retryStrategy: {limit: 3, backoff: {duration: 10s, factor: 2}}
    container: {image: any}
---
00:00  begin             -> start demo(0)
00:03  demo(0) exits 1   -> demo waits 10s, demo Running "Backoff for 10 seconds"
00:13  timer             -> start demo(1)
00:15  demo(1) exits 1   -> demo waits 20s
00:35  timer             -> start demo(2)
00:36  demo(2) exits 0   -> demo Succeeded, workflow Succeeded
---
workflow  Succeeded
demo     Retry  Succeeded
demo(0)  Pod    Failed     main: Error (exit code 1)
demo(1)  Pod    Failed     main: Error (exit code 1)
demo(2)  Pod    Succeeded
