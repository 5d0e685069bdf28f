# OB-131, EX-289, EX-326, EX-392: a pod that would begin after the run was shut down is not made; its node is a pod's, and has failed.
manifest: |
  shutdown: Stop
  templates:
  - name: main
    container: {image: any}
---
00:00  begin -> workflow Failed "Stopped with strategy 'Stop'"
---
demo  Pod  Failed  workflow shutdown with strategy: Stop
