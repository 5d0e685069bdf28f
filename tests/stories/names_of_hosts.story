# TP-119: the host of a step is the machine whose run it is.
manifest: |
  templates:
  - name: main
    dag:
      tasks:
      - {name: a, template: ok}
      - {name: b, template: echo, depends: a, arguments: {parameters: [{name: m, value: "{{tasks.a.hostNodeName}} {{=tasks.a.hostNodeName}}"}]}}
---
00:00  begin -> start demo.a
00:01  demo.a exits 0 -> start demo.b
---
demo.b  Pod  Pending | inputs: m=here here
...
