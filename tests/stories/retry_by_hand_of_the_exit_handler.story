# EX-303, EX-304, EX-070: a run that only its exit handler made fail keeps everything else, and the handler runs again.
manifest: |
  onExit: ok
  templates:
  - name: main
    steps: [[{name: a, template: ok}]]
---
00:00  begin                -> start demo[0].a
00:01  demo[0].a exits 0    -> start demo.onExit, demo Succeeded
00:02  demo.onExit exits 1  -> workflow Failed
01:00  retry                -> start demo.onExit, demo Succeeded, demo[0].a Succeeded, workflow Running
01:01  restart              -> nothing
01:02  demo.onExit exits 0  -> workflow Succeeded
