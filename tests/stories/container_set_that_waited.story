# EX-440, EX-441, EX-355: the members of a set that waited for its lock are its own, whatever was entered meanwhile.
manifest: |
  templates:
  - name: main
    steps: [[{name: a, template: set}, {name: b, template: set}, {name: c, template: ok}]]
  - name: set
    synchronization: {mutexes: [{name: m}]}
    containerSet: {containers: [{name: first, image: any}, {name: main, image: any, dependencies: [first]}]}
---
00:00  begin              -> start demo[0].c, start demo[0].a
00:01  demo[0].c exits 0  -> demo[0] Running
00:02  demo[0].a exits 0  -> start demo[0].b
00:03  demo[0].b exits 0  -> workflow Succeeded
---
demo[0].b        Pod        Succeeded | children: demo[0].b.first
demo[0].b.first  Container  Succeeded | children: demo[0].b.main
demo[0].b.main   Container  Succeeded
...
