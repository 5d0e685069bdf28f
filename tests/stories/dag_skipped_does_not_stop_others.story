# EX-562, EX-155, EX-152, EX-650: a bare name is satisfied by a skipped task.
manifest: |
  templates:
  - name: main
    dag: {tasks: [{name: a, template: fail, when: "1 == 2"}, {name: b, template: ok, depends: a}]}
---
---
workflow  Succeeded
demo      DAG      Succeeded
demo.a    Skipped  Skipped    when '1 == 2' evaluated false
demo.b    Pod      Succeeded
