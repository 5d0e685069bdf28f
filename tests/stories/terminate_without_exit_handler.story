# EX-727, EX-288, EX-070: the exit handler does not start.
manifest: |
  onExit: ok
  templates:
  - name: main
    steps: [[{name: a, template: slow}]]
---
00:00  begin                -> start demo[0].a
00:06  terminate            -> stop demo[0].a
00:07  demo[0].a exits 143  -> workflow Failed "Stopped with strategy 'Terminate'", no demo.onExit
