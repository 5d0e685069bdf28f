# EX-008, EX-372: the same with a retry strategy, which starts it again while the exit handler runs.
manifest: |
  onExit: ok
  templates: [{name: main, daemon: true, retryStrategy: {limit: 3}, container: {image: any}}]
---
00:00  begin                     -> start demo(0)
00:01  demo(0) runs at 127.9.9.9 -> start demo.onExit, demo(0) Running
00:02  demo(0) exits 0           -> start demo(1)
00:03  demo.onExit exits 0       -> stop demo(1), workflow Succeeded
