# OB-131, EX-287, EX-289: a document that says `shutdown: Stop` runs its exit handler and nothing else.
manifest: |
  shutdown: Stop
  onExit: ok
  templates:
  - name: main
    steps: [[{name: a, template: ok}]]
---
00:00  begin -> start demo.onExit
00:01  demo.onExit exits 0 -> workflow Failed "Stopped with strategy 'Stop'"
---
demo         Steps  Failed  Stopped with strategy 'Stop'
demo.onExit  Pod  Succeeded
...
