# EX-719, EX-330: the second step finds what the first one left, and no pod starts.
manifest: |
  templates:
  - name: main
    steps:
    - [{name: a, template: c, arguments: {parameters: [{name: v, value: "1"}]}}]
    - [{name: b, template: c, arguments: {parameters: [{name: v, value: "1"}]}}]
  - name: c
    inputs: {parameters: [{name: v}]}
    memoize: {key: "k-{{inputs.parameters.v}}", maxAge: 1h, cache: {configMap: {name: cache1}}}
    container: {image: any, args: ["p.p=made"]}
    outputs: {parameters: [{name: p, valueFrom: {path: /tmp/p}}]}
---
00:00  begin                            -> start demo[0].a
00:01  demo[0].a exits 0 (p.p=made)     -> demo[1].b Succeeded, workflow Succeeded
---
workflow   Succeeded
demo       Steps      Succeeded
demo[0]    StepGroup  Succeeded
demo[0].a  Pod        Succeeded | outputs: p=made
demo[1]    StepGroup  Succeeded
demo[1].b  Pod        Succeeded | outputs: p=made
