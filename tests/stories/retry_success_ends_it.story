# EX-212, EX-226, TP-125, EX-424: the outputs of the attempt that succeeded are those of the step.
manifest: |
  templates:
  - name: main
    steps:
    - [{name: a, template: try}]
    - [{name: b, template: echo, arguments: {parameters: [{name: m, value: "{{steps.a.outputs.parameters.p}} {{steps.a.exitCode}} {{steps.a.status}}"}]}}]
  - name: try
    retryStrategy: {limit: 2}
    container: {image: any}
    outputs: {parameters: [{name: p, valueFrom: {path: /tmp/p}}]}
---
00:00  begin                            -> start demo[0].a(0)
00:01  demo[0].a(0) exits 3 (p.p=old)   -> start demo[0].a(1)
00:02  demo[0].a(1) exits 0 (p.p=new)   -> start demo[1].b
00:03  demo[1].b exits 0                -> workflow Succeeded
---
demo[0].a     Retry  Succeeded | outputs: p=new
demo[0].a(0)  Pod    Failed  main: Error (exit code 3) | outputs: p=old; exitCode=3
demo[1].b     Pod    Succeeded | inputs: m=new 0 Succeeded
...
