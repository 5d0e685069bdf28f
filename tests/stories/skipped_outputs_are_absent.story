# TP-240, TP-243, TP-289, TP-291, TP-244, EX-690: a declared output of a skipped step is its default, or absent: then the input's default is used, and expressions can tell.
manifest: |
  templates:
  - name: main
    steps:
    - [{name: k, template: give, when: "1 == 2"}]
    - - {name: a, template: want, arguments: {parameters: [{name: p, value: "{{steps.k.outputs.parameters.none}}"}]}}
      - {name: b, template: want, arguments: {parameters: [{name: p, value: "{{steps.k.outputs.parameters.some}}"}]}}
      - {name: c, template: want, arguments: {parameters: [{name: p, value: "{{=steps.k.outputs.parameters.none ?? 'e'}}"}]}}
  - name: give
    container: {image: any}
    outputs: {parameters: [{name: none, valueFrom: {path: /p}}, {name: some, valueFrom: {path: /q, default: s}}]}
  - name: want
    inputs: {parameters: [{name: p, default: d}]}
    container: {image: cast}
---
---
demo[1].a  Pod  Succeeded | inputs: p=d
demo[1].b  Pod  Succeeded | inputs: p=s
demo[1].c  Pod  Succeeded | inputs: p=e
...
