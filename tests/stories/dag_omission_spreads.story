# EX-563, EX-564, EX-157, EX-155: who is omitted omits those that name it, unless they ask for that.
manifest: |
  templates:
  - name: main
    dag:
      tasks:
      - {name: a0, template: ok}
      - {name: a, template: ok, depends: a0.Failed}
      - {name: b, template: ok, depends: a}
      - {name: c, template: ok, depends: "a || a.Omitted"}
---
---
workflow  Succeeded
demo      DAG      Succeeded
demo.a0   Pod      Succeeded
demo.a    Skipped  Omitted  omitted: depends condition not met
demo.b    Skipped  Omitted  omitted: depends condition not met
demo.c    Pod      Succeeded
