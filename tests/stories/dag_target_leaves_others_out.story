# EX-575, EX-150, OB-261: only the targets and what they need run.
manifest: |
  templates:
  - name: main
    dag: {target: b, tasks: [{name: a, template: ok}, {name: b, template: ok, depends: a}, {name: c, template: ok}]}
---
---
workflow  Succeeded
demo      DAG  Succeeded
demo.a    Pod  Succeeded
demo.b    Pod  Succeeded
