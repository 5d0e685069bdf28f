# EX-306, EX-356, EX-357: a construct that goes on holds its lock before anything in it starts.
manifest: |
  templates:
  - name: main
    synchronization: {mutexes: [{name: m}]}
    steps:
    - [{name: a, template: ok}]
    - [{name: b, template: ok}]
---
00:00  begin              -> start demo[0].a
00:01  demo[0].a exits 0  -> start demo[1].b
00:02  demo[1].b exits 1  -> workflow Failed
01:00  retry              -> start demo[1].b, demo[0].a Succeeded
01:01  demo[1].b exits 0  -> workflow Succeeded
