# TP-115..TP-117, TP-120..TP-122, TP-286, EX-582, EX-704: what a step may ask about one before it.
manifest: |
  templates:
  - name: main
    steps:
    - [{name: s, template: give, continueOn: {failed: true}}]
    - [{name: t, template: echo, arguments: {parameters: [{name: m, value: "{{steps.s.id}} {{steps.s.status}} {{steps.s.startedAt}} {{steps.s.finishedAt}} {{steps.s.exitCode}} {{steps.s.outputs.result}} {{steps.s.outputs.parameters.p}}"}]}}]
  - name: give
    container: {image: any}
    outputs: {parameters: [{name: p, valueFrom: {path: /p}}]}
---
00:00  begin                                    -> start demo[0].s
00:05  demo[0].s exits 3 (print=hi; p.p=value)  -> start demo[1].t
---
demo[1].t  Pod  Pending | inputs: m=demo-2746050067 Failed 2030-01-01T00:00:00Z 2030-01-01T00:00:05Z 3 hi value
...
