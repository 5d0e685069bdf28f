# EX-115, EX-260, EX-357: a step that takes its lock has room taken before the next one is looked at.
manifest: |
  parallelism: 1
  templates:
  - name: main
    steps: [[{name: a, template: say}, {name: b, template: say}, {name: c, template: ok}]]
  - {name: say, synchronization: {mutexes: [{name: x}]}, container: {image: cast}}
---
00:00  begin              -> start demo[0].a, no demo[0].b, no demo[0].c
00:01  demo[0].a exits 0  -> start demo[0].b, no demo[0].c
00:02  demo[0].b exits 0  -> start demo[0].c
00:03  demo[0].c exits 0  -> workflow Succeeded
