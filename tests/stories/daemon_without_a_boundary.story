# EX-008, EX-371: a daemon that nothing lies beside serves the exit handler, and goes with the workflow.
manifest: |
  onExit: ok
  templates: [{name: main, daemon: true, container: {image: any}}]
---
00:00  begin                  -> start demo
00:01  demo runs at 127.9.9.9 -> start demo.onExit, demo Running
00:02  demo.onExit exits 0    -> stop demo, demo Succeeded, workflow Succeeded
