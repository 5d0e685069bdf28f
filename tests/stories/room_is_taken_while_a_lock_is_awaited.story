# EX-260: the workflow's limit holds also for who gets its lock while others have taken all room.
manifest: |
  parallelism: 2
  templates:
  - name: main
    dag:
      tasks:
      - {name: a, template: say}
      - {name: b, template: say}
      - {name: c, template: ok}
      - {name: d, template: ok}
  - {name: say, synchronization: {mutexes: [{name: x}]}, container: {image: cast}}
---
00:00  begin           -> start demo.a, start demo.c, demo.b Pending, no demo.d
00:01  demo.a exits 0  -> start demo.d, demo.b Pending
00:02  demo.c exits 0  -> start demo.b
00:03  demo.b exits 0  -> demo Running
00:04  demo.d exits 0  -> workflow Succeeded
