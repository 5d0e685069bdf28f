# EX-026: a display name that does not match the pattern once its tags are replaced is an Error of the node, which keeps its
# own name. Nothing of it begins, and a group breaks by it.
manifest: |
  templates:
  - name: main
    steps:
    - - {name: a, template: t, arguments: {parameters: [{name: p, value: "not this"}]}}
    - - {name: b, template: t, arguments: {parameters: [{name: p, value: that}]}}
  - name: t
    annotations: {workflows.argoproj.io/display-name: "{{inputs.parameters.p}}"}
    retryStrategy: {limit: 1}
    inputs: {parameters: [{name: p}]}
    container: {image: any}
---
00:00  begin  -> workflow Failed
---
demo       Steps      Failed  step group deemed errored due to child demo[0].a error: displayName must match the regex ^[a-zA-Z0-9][a-zA-Z0-9-.]{0,61}[a-zA-Z0-9]$
demo[0]    StepGroup  Error  step group deemed errored due to child demo[0].a error: displayName must match the regex ^[a-zA-Z0-9][a-zA-Z0-9-.]{0,61}[a-zA-Z0-9]$
demo[0].a  Retry      Error  displayName must match the regex ^[a-zA-Z0-9][a-zA-Z0-9-.]{0,61}[a-zA-Z0-9]$ | display: a
...
