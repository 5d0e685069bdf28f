# EX-651, EX-709, EX-571, EX-197: an empty loop is a skipped task; Succeeded is not Skipped.
manifest: |
  templates:
  - name: main
    dag:
      tasks:
      - {name: a, template: ok, withParam: "[]"}
      - {name: b, template: ok, depends: "a"}
      - {name: c, template: ok, depends: "a.Succeeded"}
---
---
workflow  Succeeded
demo      DAG      Succeeded | children: demo.a
demo.a    Skipped  Skipped    Skipped, empty params
demo.b    Pod      Succeeded
demo.c    Skipped  Omitted    omitted: depends condition not met
