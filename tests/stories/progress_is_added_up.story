# EX-530, OB-153, OB-187: what runs says how far it is; the others add up.
manifest: |
  templates:
  - name: main
    dag: {tasks: [{name: a, template: ok}, {name: b, template: ok}]}
---
00:00  begin                  -> start demo.a, start demo.b
00:01  demo.a runs            -> demo.a Running
00:01  demo.a progresses 3/8  -> nothing
00:02  demo.b exits 0         -> nothing
---
workflow  Running | progress: 4/9
demo      DAG  Running | progress: 4/9
demo.a    Pod  Running | progress: 3/8
demo.b    Pod  Succeeded | progress: 1/1
...
