# EX-561, EX-171, EX-005, EX-156, EX-652: an Error makes the dag and the workflow Error; who needed it is Omitted.
manifest: |
  templates:
  - name: main
    dag: {tasks: [{name: a, template: err}, {name: b, template: ok, dependencies: [a]}]}
---
---
workflow  Error
demo      DAG      Error
demo.a    Pod      Error    it broke
demo.b    Skipped  Omitted  omitted: depends condition not met
