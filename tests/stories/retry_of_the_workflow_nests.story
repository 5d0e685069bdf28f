# EX-625, OB-537, EX-714, EX-118: the workflow's strategy wraps every template, steps included.
manifest: |
  retryStrategy: {limit: 1}
  templates:
  - name: main
    steps: [[{name: a, template: ok}]]
---
---
workflow         Succeeded
demo             Retry      Succeeded | display: demo
demo(0)          Steps      Succeeded | display: demo(0)
demo(0)[0]       StepGroup  Succeeded | display: [0]
demo(0)[0].a     Retry      Succeeded | display: a
demo(0)[0].a(0)  Pod        Succeeded | display: a(0)
