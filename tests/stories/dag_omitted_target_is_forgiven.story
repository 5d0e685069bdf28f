# EX-568, EX-170, EX-622: a target's own continueOn forgives what made it omitted.
manifest: |
  templates:
  - name: main
    dag: {tasks: [{name: a, template: fail}, {name: b, template: ok, dependencies: [a], continueOn: {failed: true}}]}
---
---
workflow  Succeeded
demo      DAG      Succeeded
demo.a    Pod      Failed  main: Error (exit code 1)
demo.b    Skipped  Omitted  omitted: depends condition not met
