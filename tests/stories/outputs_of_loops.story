# PA-100..PA-103, PA-110..PA-113, EX-708, TP-124, TP-126: lists of results, of outputs, and of one output; JSON values are kept as JSON if all are.
manifest: |
  templates:
  - name: main
    steps:
    - - {name: a, template: out, withItems: [a, b], arguments: {parameters: [{name: v, value: "{{item}}"}]}}
      - {name: n1, template: out, withItems: [1, 2], arguments: {parameters: [{name: v, value: "{{item}}"}]}}
      - {name: j, template: out, withItems: [{z: 1, a: 2}, [3]], arguments: {parameters: [{name: v, value: "{{item}}"}]}}
      - {name: m, template: out, withItems: ["{}", x], arguments: {parameters: [{name: v, value: "{{item}}"}]}}
    - - {name: z1, template: echo, arguments: {parameters: [{name: m, value: "{{steps.a.outputs.parameters}} {{steps.a.outputs.parameters.p}} {{steps.a.status}}"}]}}
      - {name: z2, template: echo, arguments: {parameters: [{name: m, value: "{{steps.n1.outputs.parameters.p}}"}]}}
      - {name: z3, template: echo, arguments: {parameters: [{name: m, value: "{{steps.j.outputs.parameters.p}}"}]}}
      - {name: z4, template: echo, arguments: {parameters: [{name: m, value: "{{steps.m.outputs.parameters.p}}"}]}}
---
---
demo[1].z1  Pod  Succeeded | inputs: m=[{"p":"a"},{"p":"b"}] ["a","b"] Succeeded
demo[1].z2  Pod  Succeeded | inputs: m=["1","2"]
demo[1].z3  Pod  Succeeded | inputs: m=[{"a":2,"z":1},[3]]
demo[1].z4  Pod  Succeeded | inputs: m=["{}","x"]
...
