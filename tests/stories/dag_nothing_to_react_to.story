# EX-567, EX-172: who waits for a failure that does not come is omitted, and the dag succeeds.
manifest: |
  templates:
  - name: main
    dag: {tasks: [{name: a, template: ok}, {name: b, template: ok, depends: a.Failed}]}
---
---
workflow  Succeeded
demo      DAG      Succeeded
demo.a    Pod      Succeeded
demo.b    Skipped  Omitted  omitted: depends condition not met
