# EX-592, EX-215, OB-319, OB-321, EX-659: waits grow by the factor up to the cap.
manifest: |
  templates:
  - name: main
    retryStrategy: {limit: 5, backoff: {duration: "10", factor: 3, cap: 60s}}
    container: {image: any}
---
00:00  begin            -> start demo(0)
00:00  demo(0) exits 1  -> demo waits 10s, demo Running "Backoff for 10 seconds"
00:10  timer            -> start demo(1)
00:10  demo(1) exits 1  -> demo waits 30s
00:40  timer            -> start demo(2)
00:40  demo(2) exits 1  -> demo waits 60s
01:40  timer            -> start demo(3)
01:40  demo(3) exits 1  -> demo waits 60s
02:40  timer            -> start demo(4)
02:40  demo(4) exits 1  -> demo waits 60s
03:40  timer            -> start demo(5)
03:40  demo(5) exits 1  -> demo Failed "No more retries left"
