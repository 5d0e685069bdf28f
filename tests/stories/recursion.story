# EX-725: a template that calls itself until a condition says no.
manifest: |
  templates:
  - name: main
    inputs: {parameters: [{name: left, default: "3"}]}
    steps:
    - [{name: less, template: echo, arguments: {parameters: [{name: m, value: "{{=asInt(inputs.parameters.left) - 1}}"}]}}]
    - - name: again
        template: main
        when: "{{steps.less.outputs.result}} > 0"
        arguments: {parameters: [{name: left, value: "{{steps.less.outputs.result}}"}]}
---
---
workflow                              Succeeded
demo                                  Steps      Succeeded
demo[0]                               StepGroup  Succeeded
demo[0].less                          Pod        Succeeded | outputs: result=2
demo[1]                               StepGroup  Succeeded
demo[1].again                         Steps      Succeeded | boundary: demo
demo[1].again[0]                      StepGroup  Succeeded
demo[1].again[0].less                 Pod        Succeeded | boundary: demo[1].again
demo[1].again[1]                      StepGroup  Succeeded
demo[1].again[1].again                Steps      Succeeded
demo[1].again[1].again[0]             StepGroup  Succeeded
demo[1].again[1].again[0].less        Pod        Succeeded
demo[1].again[1].again[1]             StepGroup  Succeeded
demo[1].again[1].again[1].again       Skipped    Skipped  when '0 > 0' evaluated false
