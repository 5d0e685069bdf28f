# EX-711, EX-566: only leaves decide; a leaf that succeeds because its dependency failed makes the dag succeed.
manifest: |
  templates:
  - name: main
    dag:
      tasks:
      - {name: a, template: fail}
      - {name: fix, template: ok, depends: "a.Failed || a.Errored"}
---
---
workflow  Succeeded
demo      DAG  Succeeded
demo.a    Pod  Failed     main: Error (exit code 1)
demo.fix  Pod  Succeeded
