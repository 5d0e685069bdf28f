# EX-707: a sequence that counts down, with a format.
manifest: |
  templates:
  - name: main
    steps:
    - - name: s
        template: echo
        withSequence: {start: "3", end: "1", format: "n%02d"}
        arguments: {parameters: [{name: m, value: "{{item}}"}]}
---
---
workflow          Succeeded
demo              Steps      Succeeded
demo[0]           StepGroup  Succeeded
demo[0].s(0:n03)  Pod        Succeeded | inputs: m=n03
demo[0].s(1:n02)  Pod        Succeeded | inputs: m=n02
demo[0].s(2:n01)  Pod        Succeeded | inputs: m=n01
