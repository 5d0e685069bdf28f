# TP-109, EX-706, EX-023: names of expansions; the keys are sorted, parentheses vanish.
manifest: |
  templates:
  - name: main
    steps:
    - - name: s
        template: echo
        withItems: [{b: 2, a: x}, {a: "y(z)"}]
        arguments: {parameters: [{name: m, value: "{{item.a}}"}]}
---
---
workflow             Succeeded
demo                 Steps      Succeeded | outbound: demo[0].s(0:a:x,b:2); demo[0].s(1:a:yz)
demo[0]              StepGroup  Succeeded | children: demo[0].s(0:a:x,b:2); demo[0].s(1:a:yz)
demo[0].s(0:a:x,b:2)  Pod       Succeeded | inputs: m=x | display: s(0:a:x,b:2)
demo[0].s(1:a:yz)     Pod       Succeeded | inputs: m=y(z)
