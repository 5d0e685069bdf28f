# PA-104, EX-197, EX-571: in a dag a loop of which all were skipped has empty lists.
manifest: |
  templates:
  - name: main
    dag:
      tasks:
      - {name: a, template: ok, withItems: [1], when: "{{item}} > 1"}
      - {name: e, template: ok, withParam: "[]"}
      - {name: b, template: echo, depends: "a && e", arguments: {parameters: [{name: m, value: "{{tasks.a.outputs.result}} {{tasks.a.outputs.parameters}}"}]}}
---
---
demo.e  Skipped  Skipped  Skipped, empty params
demo.b  Pod  Succeeded | inputs: m=[] []
...
