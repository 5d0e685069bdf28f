# EX-708, PA-100: a list printed by a step is looped over; the outputs come back as a list.
manifest: |
  templates:
  - name: main
    steps:
    - [{name: g, template: echo, arguments: {parameters: [{name: m, value: '["p","q"]'}]}}]
    - - name: u
        template: out
        withParam: "{{steps.g.outputs.result}}"
        arguments: {parameters: [{name: v, value: "{{item}}"}]}
    - [{name: z, template: echo, arguments: {parameters: [{name: m, value: "{{steps.u.outputs.parameters.p}}"}]}}]
---
---
workflow        Succeeded
demo            Steps      Succeeded
demo[0]         StepGroup  Succeeded
demo[0].g       Pod        Succeeded
demo[1]         StepGroup  Succeeded
demo[1].u(0:p)  Pod        Succeeded | outputs: p=p | children: demo[2]
demo[1].u(1:q)  Pod        Succeeded | outputs: p=q | children: demo[2]
demo[2]         StepGroup  Succeeded
demo[2].z       Pod        Succeeded | inputs: m=["p","q"]
