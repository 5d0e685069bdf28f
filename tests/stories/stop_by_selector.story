# EX-287: with a selector only the suspended nodes that match fail.
manifest: |
  templates:
  - name: main
    dag: {tasks: [{name: p, template: wait}, {name: q, template: wait}]}
  - {name: wait, suspend: {}}
---
00:00  begin               -> demo.p Running, demo.q Running
00:01  stop displayName=p  -> demo.p Failed, demo.q Running
00:02  resume              -> demo.q Succeeded, workflow Failed
