# EX-075, EX-620, TP-060, TP-248, TP-288, TP-293, EX-692: what a fulfilled step did not give is an error, not a wait without end.
manifest: |
  templates:
  - name: main
    steps:
    - [{name: s, template: give, continueOn: {failed: true}}]
    - [{name: a, template: echo, arguments: {parameters: [{name: m, value: "{{steps.s.outputs.parameters.p}}"}]}}]
  - name: give
    container: {image: any}
    outputs: {parameters: [{name: p, valueFrom: {path: /p}}]}
---
00:00  begin              -> start demo[0].s
00:01  demo[0].s exits 1  -> ...
---
workflow  Failed  failed to resolve references: failed to resolve {{steps.s.outputs.parameters.p}}: step `s` ended Failed without it
...
