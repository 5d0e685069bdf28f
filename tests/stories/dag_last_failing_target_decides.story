# EX-569, EX-169, OB-262: without failFast the last one.
manifest: |
  templates:
  - name: main
    dag: {failFast: false, tasks: [{name: w, template: err}, {name: v, template: fail}]}
---
---
workflow  Error
demo      DAG  Error
demo.v    Pod  Failed  main: Error (exit code 1)
demo.w    Pod  Error  it broke
