# EX-585, EX-134, TP-209, TP-210, TP-061: the step, its group and the steps say so.
manifest: |
  arguments: {parameters: [{name: p, value: not-ok}]}
  templates:
  - name: main
    steps: [[{name: a, template: ok, when: "{{workflow.parameters.p}} == ok"}]]
---
---
workflow   Failed  failed to resolve references: Failed to evaluate 'when' expresion 'not-ok == ok': Value 'not' cannot be used with the modifier '-', it is not a number
demo[0]    StepGroup  Error  failed to resolve references: Failed to evaluate 'when' expresion 'not-ok == ok': Value 'not' cannot be used with the modifier '-', it is not a number
...
