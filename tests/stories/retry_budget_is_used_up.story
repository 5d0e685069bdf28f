# EX-214, EX-657: an attempt that ends after the budget is the last.
manifest: |
  templates:
  - name: main
    retryStrategy: {limit: 10, backoff: {duration: 1s, maxDuration: 1m}}
    container: {image: any}
---
00:00  begin            -> start demo(0)
02:00  demo(0) exits 1  -> demo Failed "Max duration limit exceeded"
