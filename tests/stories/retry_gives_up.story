# EX-590, EX-654, OB-537, EX-221, EX-211, EX-225, EX-656, OB-315: limit 2 means three attempts.
manifest: |
  templates:
  - name: main
    retryStrategy: {limit: 2}
    container: {image: any}
---
00:00  begin            -> start demo(0)
00:01  demo(0) exits 1  -> start demo(1)
00:02  demo(1) exits 1  -> start demo(2)
00:03  demo(2) exits 1  -> demo Failed "No more retries left", workflow Failed
---
workflow  Failed  No more retries left
demo      Retry  Failed  No more retries left | children: demo(0); demo(1); demo(2)
...
