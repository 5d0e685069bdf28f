# EX-280: a duration that is none is an Error of the suspend node itself, and a group breaks by it.
manifest: |
  templates:
  - name: main
    steps: [[{name: w, template: wait, arguments: {parameters: [{name: for, value: a while}]}}]]
  - name: wait
    inputs: {parameters: [{name: for}]}
    suspend: {duration: "{{inputs.parameters.for}}"}
---
00:00  begin  -> workflow Failed
---
demo       Steps      Failed  step group deemed errored due to child demo[0].w error: unable to parse a while as a duration: time: invalid duration "a while"
demo[0]    StepGroup  Error  step group deemed errored due to child demo[0].w error: unable to parse a while as a duration: time: invalid duration "a while"
demo[0].w  Suspend    Error  unable to parse a while as a duration: time: invalid duration "a while"
