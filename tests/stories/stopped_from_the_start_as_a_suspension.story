# OB-131, EX-289, EX-324: a suspension that would begin then fails as one that waits.
manifest: |
  shutdown: Stop
  templates:
  - name: main
    suspend: {}
---
00:00  begin -> workflow Failed "Stopped with strategy 'Stop'"
---
demo  Suspend  Failed  Stopped with strategy 'Stop'
