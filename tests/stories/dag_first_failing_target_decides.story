# EX-569, EX-169, OB-262, EX-621: with failFast the first failing target in the order of names; independent tasks run to their end.
manifest: |
  templates:
  - name: main
    dag: {tasks: [{name: w, template: err}, {name: v, template: fail}, {name: z, template: ok}]}
---
---
workflow  Failed
demo      DAG  Failed
demo.v    Pod  Failed  main: Error (exit code 1)
demo.w    Pod  Error  it broke
demo.z    Pod  Succeeded
