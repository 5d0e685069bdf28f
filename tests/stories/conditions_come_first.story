# EX-190, TP-043, TP-246, EX-191: where `when` is false nothing else of the step is looked at.
manifest: |
  templates:
  - name: main
    steps:
    - [{name: s, template: ok, when: "1 == 2"}]
    - [{name: a, template: echo, when: "{{steps.s.status}} == Succeeded", arguments: {parameters: [{name: m, value: "{{steps.s.outputs.result}}"}]}}]
---
---
workflow   Succeeded
demo[1].a  Skipped  Skipped  when 'Skipped == Succeeded' evaluated false
...
