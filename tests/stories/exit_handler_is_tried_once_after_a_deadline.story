# EX-213, EX-327: a wrapper makes no further attempt after the workflow's deadline or a stop, in an exit handler neither.
manifest: |
  activeDeadlineSeconds: 1
  onExit: try
  templates:
  - {name: main, suspend: {}}
  - name: try
    retryStrategy: {limit: 2}
    container: {image: any}
---
00:00  begin                   -> demo Running
00:01  timer                   -> start demo.onExit(0)
00:02  demo.onExit(0) exits 1  -> no demo.onExit(1), workflow Failed
---
demo.onExit  Retry  Failed  retry exceeded workflow deadline 2030-01-01 00:00:01 +0000 UTC
...
