# EX-193, EX-195: a loop that cannot be read is empty if its condition is false; one whose members are missing begins none.
manifest: |
  templates:
  - name: main
    dag:
      tasks:
      - {name: a, template: ok, when: "1 == 2", withParam: "nothing"}
      - {name: b, template: echo, withItems: [{k: 1}, {j: 1}], arguments: {parameters: [{name: m, value: "{{item.k}}"}]}}
      - {name: c, template: ok, withItems: [{k: 1}, {j: 1}], when: "{{item.k}} == 1"}
---
---
demo    DAG      Error
demo.a  Skipped  Skipped  Skipped, empty params
demo.b  Skipped  Error    failed to resolve {{item.k}}
demo.c  Skipped  Error    failed to resolve {{item.k}}
...
