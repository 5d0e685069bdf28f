# EX-304, EX-350: after a retry by hand the items of a loop get their lock one after the other; its group asks for none.
manifest: |
  templates:
  - name: main
    dag: {tasks: [{name: l, template: locked, withItems: [1, 2]}]}
  - name: locked
    synchronization: {mutexes: [{name: m}]}
    container: {image: cast}
---
00:00  begin                -> start demo.l(0:1)
00:01  demo.l(0:1) exits 1  -> start demo.l(1:2)
00:02  demo.l(1:2) exits 1  -> workflow Failed
01:00  retry                -> start demo.l(0:1)
01:01  demo.l(0:1) exits 0  -> start demo.l(1:2)
01:02  demo.l(1:2) exits 0  -> workflow Succeeded
