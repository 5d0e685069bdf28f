# EX-565, EX-152, EX-173, OB-255: a task that may fail satisfies its bare name.
manifest: |
  templates:
  - name: main
    dag: {tasks: [{name: a, template: fail, continueOn: {failed: true}}, {name: b, template: ok, dependencies: [a]}]}
---
---
workflow  Succeeded
demo      DAG  Succeeded
demo.a    Pod  Failed  main: Error (exit code 1)
demo.b    Pod  Succeeded
