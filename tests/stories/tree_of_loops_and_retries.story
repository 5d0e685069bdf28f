# EX-031, EX-032, EX-034, EX-190, OB-181, OB-190: edges go from each group to the next; what leads out is the last of everything.
manifest: |
  templates:
  - name: main
    steps:
    - [{name: gen, template: ok}]
    - [{name: use, template: once, withParam: '["x","y"]', arguments: {parameters: [{name: m, value: "{{item}}"}]}}]
  - name: once
    inputs: {parameters: [{name: m}]}
    retryStrategy: {limit: 1}
    container: {image: any}
---
00:00  begin                     -> start demo[0].gen
00:01  demo[0].gen exits 0       -> start demo[1].use(0:x)(0), start demo[1].use(1:y)(0)
00:02  demo[1].use(0:x)(0) exits 0  -> demo[1] Running
00:03  demo[1].use(1:y)(0) exits 1  -> start demo[1].use(1:y)(1)
00:04  demo[1].use(1:y)(1) exits 0  -> workflow Succeeded
---
workflow             Succeeded
demo                 Steps      Succeeded | children: demo[0] | outbound: demo[1].use(0:x)(0); demo[1].use(1:y)(1)
demo[0]              StepGroup  Succeeded | children: demo[0].gen | boundary: demo | display: [0]
demo[0].gen          Pod        Succeeded | children: demo[1] | display: gen
demo[1]              StepGroup  Succeeded | children: demo[1].use(0:x); demo[1].use(1:y)
demo[1].use(0:x)     Retry      Succeeded | children: demo[1].use(0:x)(0) | display: use(0:x)
demo[1].use(0:x)(0)  Pod        Succeeded | flags: retried | display: use(0:x)(0)
demo[1].use(1:y)     Retry      Succeeded | children: demo[1].use(1:y)(0); demo[1].use(1:y)(1)
demo[1].use(1:y)(0)  Pod        Failed     main: Error (exit code 1) | flags: retried
demo[1].use(1:y)(1)  Pod        Succeeded | flags: retried
