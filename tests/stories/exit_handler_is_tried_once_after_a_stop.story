# EX-213, EX-327: an exit handler runs after a stop, but its wrapper makes no further attempt.
manifest: |
  onExit: try
  templates:
  - {name: main, suspend: {}}
  - name: try
    retryStrategy: {limit: 2}
    container: {image: any}
---
00:00  begin                   -> demo Running
00:01  stop                    -> start demo.onExit(0)
00:02  demo.onExit(0) exits 1  -> no demo.onExit(1), workflow Failed
---
demo.onExit  Retry  Failed  Stopped with strategy 'Stop'
...
