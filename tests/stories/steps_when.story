# EX-705, EX-131, EX-421, EX-584: the condition is shown with its values; a skipped step does not hurt.
manifest: |
  templates:
  - name: main
    steps:
    - [{name: a, template: echo, arguments: {parameters: [{name: m, value: heads}]}}]
    - - {name: b, template: ok, when: "{{steps.a.outputs.result}} == tails"}
      - {name: c, template: ok, when: "{{steps.a.outputs.result}} == heads"}
---
---
workflow   Succeeded
demo       Steps      Succeeded | outbound: demo[1].b; demo[1].c
demo[0]    StepGroup  Succeeded
demo[0].a  Pod        Succeeded | outputs: result=heads
demo[1]    StepGroup  Succeeded
demo[1].b  Skipped    Skipped    when 'heads == tails' evaluated false
demo[1].c  Pod        Succeeded
