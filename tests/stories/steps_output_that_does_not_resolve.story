# EX-587, PA-042, EX-135: the steps succeeded, but what they promised is not there.
manifest: |
  templates:
  - name: main
    outputs: {parameters: [{name: o, valueFrom: {parameter: "{{steps.a.outputs.result}}"}}]}
    steps: [[{name: a, template: ok, when: "1 == 2"}]]
---
---
workflow  Error  error in entry template execution: Unable to resolve: "steps.a.outputs.result"
...
