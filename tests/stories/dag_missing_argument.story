# EX-703, EX-166: in a dag the task itself says it, and the dag ends in Error without words.
manifest: |
  templates:
  - name: main
    dag: {tasks: [{name: a, template: broken}]}
---
---
workflow  Error
demo      DAG      Error
demo.a    Skipped  Error  task 'demo.a' errored: inputs.parameters.x was not supplied
