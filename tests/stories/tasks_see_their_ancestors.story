# EX-167: what a task refers to is what it depends on, at any distance.
manifest: |
  templates:
  - name: main
    dag:
      tasks:
      - {name: a, template: out, arguments: {parameters: [{name: v, value: far}]}}
      - {name: b, template: ok, depends: a}
      - {name: c, template: echo, depends: b, arguments: {parameters: [{name: m, value: "{{tasks.a.outputs.parameters.p}} {{tasks.b.status}}"}]}}
---
---
workflow  Succeeded
demo.c    Pod  Succeeded | inputs: m=far Succeeded
...
