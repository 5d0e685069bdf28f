# EX-115, EX-211, EX-218: an error that an attempt returns goes on to whoever entered the step, unless errors are tried again.
manifest: |
  templates:
  - name: main
    dag: {tasks: [{name: once, template: steps}, {name: more, template: try}]}
  - name: steps
    steps: [[{name: a, template: give, continueOn: {error: true}}]]
  - name: give
    retryStrategy: {limit: 1}
    steps: [[{name: a, template: ok}]]
    outputs: {parameters: [{name: o, valueFrom: {parameter: "{{steps.a.outputs.result}}"}}]}
  - name: try
    retryStrategy: {limit: 1, retryPolicy: OnError}
    steps: [[{name: a, template: ok}]]
    outputs: {parameters: [{name: o, valueFrom: {parameter: "{{steps.a.outputs.result}}"}}]}
---
---
demo.once            Steps      Failed  step group deemed errored due to child demo.once[0].a error: Unable to resolve: "steps.a.outputs.result"
demo.once[0]         StepGroup  Error   step group deemed errored due to child demo.once[0].a error: Unable to resolve: "steps.a.outputs.result"
demo.once[0].a       Retry      Error   Unable to resolve: "steps.a.outputs.result"
demo.more            Retry      Error   No more retries left
demo.more(1)         Steps      Error   Unable to resolve: "steps.a.outputs.result"
...
