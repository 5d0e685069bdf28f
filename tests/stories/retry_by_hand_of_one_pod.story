# EX-606, EX-300, EX-302, EX-303: with its only node a run begins anew; its exit handler runs again, too.
manifest: |
  onExit: ok
  templates:
  - name: main
    container: {image: any, command: [work]}
---
00:00  begin                -> start demo
00:01  demo exits 1         -> start demo.onExit
00:02  demo.onExit exits 0  -> demo Failed, workflow Failed
01:00  retry                -> start demo, no demo.onExit, workflow Running
01:01  demo exits 0         -> start demo.onExit
01:02  demo.onExit exits 0  -> workflow Succeeded
