# EX-302, EX-305, EX-306: what a stop ended goes on where it was; the strategy is forgotten.
manifest: |
  templates:
  - name: main
    steps:
    - [{name: a, template: ok}]
    - [{name: b, template: ok}]
---
00:00  begin              -> start demo[0].a
00:01  stop               -> stop demo[0].a
00:02  demo[0].a exits 0  -> workflow Failed "Stopped with strategy 'Stop'"
01:00  retry              -> start demo[0].a, workflow Running
01:01  demo[0].a exits 0  -> start demo[1].b, demo[0].a Succeeded
01:02  demo[1].b exits 0  -> workflow Succeeded
