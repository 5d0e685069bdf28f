# EX-532: what a pod asked for by default, times its seconds; the others add up.
manifest: |
  templates:
  - name: main
    dag: {tasks: [{name: a, template: ok}, {name: b, template: ok}]}
---
00:00  begin -> start demo.a, start demo.b
00:20  demo.a exits 0 -> nothing
00:40  demo.b exits 0 -> workflow Succeeded
---
workflow  Succeeded | usage: cpu 6, memory 60
demo.a    Pod  Succeeded | usage: cpu 2, memory 20
...
