# EX-593, EX-214, EX-215, EX-657, OB-320: a wait that would end after the budget is not begun.
manifest: |
  templates:
  - name: main
    retryStrategy: {limit: 10, backoff: {duration: 1m, factor: 2, maxDuration: 5m}}
    container: {image: any}
---
00:00  begin            -> start demo(0)
00:00  demo(0) exits 1  -> demo waits 1m
01:00  timer            -> start demo(1)
01:00  demo(1) exits 1  -> demo waits 2m
03:00  timer            -> start demo(2)
03:00  demo(2) exits 1  -> demo Failed "Backoff would exceed max duration limit", workflow Failed
