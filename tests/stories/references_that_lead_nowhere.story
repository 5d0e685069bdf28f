# EX-111, EX-166, EX-033, EX-137, EX-138: a template that is not there makes an Error of type Skipped.
manifest: |
  templates:
  - name: main
    dag: {tasks: [{name: a, template: nope}, {name: b, templateRef: {name: lib, template: t}}]}
---
---
demo.a  Skipped  Error  task 'demo.a' errored: template nope not found
demo.b  Skipped  Error  task 'demo.b' errored: workflow template lib not found
...
