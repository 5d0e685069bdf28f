# EX-722, EX-114: defaults lie under every template, the entrypoint included.
manifest: |
  templateDefaults: {retryStrategy: {limit: 0}}
  templates:
  - name: main
    steps: [[{name: a, template: fail}]]
---
---
workflow         Failed  No more retries left
demo             Retry      Failed  No more retries left
demo(0)          Steps      Failed  child '{demo(0)[0].a}' failed
demo(0)[0]       StepGroup  Failed  child '{demo(0)[0].a}' failed
demo(0)[0].a     Retry      Failed  No more retries left
demo(0)[0].a(0)  Pod        Failed  main: Error (exit code 1)
