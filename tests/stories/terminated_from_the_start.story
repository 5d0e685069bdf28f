# OB-131, EX-288, EX-289: a document that says `shutdown: Terminate` runs nothing at all.
manifest: |
  shutdown: Terminate
  onExit: ok
  templates:
  - name: main
    steps: [[{name: a, template: ok}]]
---
00:00  begin -> workflow Failed "Stopped with strategy 'Terminate'", no demo.onExit
