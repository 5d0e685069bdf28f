# EX-261: a step that waits for its lock takes room under the limit of the template around it, from the beginning.
manifest: |
  templates:
  - name: main
    parallelism: 2
    steps: [[{name: a, template: say}, {name: b, template: say}, {name: c, template: ok}]]
  - {name: say, synchronization: {mutexes: [{name: x}]}, container: {image: cast}}
---
00:00  begin              -> start demo[0].a, demo[0].b Pending, no demo[0].c
00:01  demo[0].a exits 0  -> start demo[0].c, start demo[0].b
00:02  demo[0].b exits 0  -> demo Running
00:03  demo[0].c exits 0  -> workflow Succeeded
