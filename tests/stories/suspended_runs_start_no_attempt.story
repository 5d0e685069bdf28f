# EX-066, EX-283: while a run is held no attempt starts and nothing ends but what runs.
manifest: |
  templates:
  - name: main
    retryStrategy: {limit: 2}
    container: {image: any, command: [work]}
---
00:00  begin            -> start demo(0)
00:01  suspend          -> nothing
00:02  demo(0) exits 1  -> demo Running, no demo(1)
00:03  resume           -> start demo(1)
00:04  suspend          -> nothing
00:05  demo(1) exits 0  -> demo Running, workflow Running
00:06  resume           -> workflow Succeeded
