# EX-351, EX-356: a construct within another one asks for its lock again when the outer one has its own.
manifest: |
  templates:
  - name: main
    dag:
      tasks: [{name: a, template: outer}, {name: b, template: outer}]
  - name: outer
    synchronization: {mutexes: [{name: m}]}
    steps: [[{name: i, template: inner}]]
  - name: inner
    synchronization: {mutexes: [{name: k}]}
    steps: [[{name: x, template: ok}]]
---
00:00  begin                     -> start demo.a[0].i[0].x
00:01  demo.a[0].i[0].x exits 1  -> start demo.b[0].i[0].x
00:02  demo.b[0].i[0].x exits 1  -> workflow Failed
01:00  retry                     -> start demo.a[0].i[0].x, demo.b[0].i Running ""
01:01  demo.a[0].i[0].x exits 0  -> start demo.b[0].i[0].x
01:02  demo.b[0].i[0].x exits 0  -> workflow Succeeded
