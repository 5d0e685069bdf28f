# EX-711: the omitted task inherits the failure that omitted it.
manifest: |
  templates:
  - name: main
    dag:
      tasks:
      - {name: a, template: fail}
      - {name: fix, template: ok, depends: "a.Failed || a.Errored"}
      - {name: go, template: ok, depends: "a"}
---
---
workflow  Failed
demo      DAG      Failed
demo.a    Pod      Failed     main: Error (exit code 1)
demo.fix  Pod      Succeeded
demo.go   Skipped  Omitted    omitted: depends condition not met
