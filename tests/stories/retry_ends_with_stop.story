# EX-213, EX-327, EX-289: stopped, there is no other attempt, and the step says why.
manifest: |
  templates:
  - name: main
    retryStrategy: {limit: 3}
    container: {image: any}
---
00:00  begin              -> start demo(0)
00:01  demo(0) runs       -> demo(0) Running
00:02  stop               -> stop demo(0)
00:03  demo(0) exits 143  -> demo Failed "Stopped with strategy 'Stop'", workflow Failed
