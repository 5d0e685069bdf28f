# PA-100, PA-101, PA-102, TP-089: where Argo writes JSON it is Go's: numbers went through floats, keys are sorted, `<`, `>` and
# `&` are escaped. Results are raw JSON in a list and keep their spelling.
manifest: |
  arguments: {parameters: [{name: g, value: "a<b>&c"}]}
  templates:
  - name: main
    steps:
    - - {name: num, template: out, withItems: ['{"x":1,"a":1.0,"e":1e3,"big":12345678901234567890,"h":1e21,"z":-0.0}'], arguments: {parameters: [{name: v, value: "{{item}}"}]}}
      - {name: t, template: out, withItems: ["<b>&"], arguments: {parameters: [{name: v, value: "{{item}}"}]}}
      - {name: r, template: echo, withItems: ["1"], arguments: {parameters: [{name: m, value: "{{item}}"}]}}
    - - {name: z1, template: echo, arguments: {parameters: [{name: m, value: "{{steps.num.outputs.parameters.p}}"}]}}
      - {name: z2, template: echo, arguments: {parameters: [{name: m, value: "{{steps.t.outputs.parameters.p}} {{steps.t.outputs.parameters}}"}]}}
      - {name: z3, template: echo, arguments: {parameters: [{name: m, value: "{{steps.r.outputs.result}}"}]}}
      - {name: z4, template: echo, arguments: {parameters: [{name: m, value: "{{workflow.parameters}}"}]}}
      - {name: z5, template: echo, withParam: "{{steps.t.outputs.parameters.p}}", arguments: {parameters: [{name: m, value: "{{item}}"}]}}
---
00:00  begin -> ...
00:01  demo[0].num(0:{\"x\":1,\"a\":1.0,\"e\":1e3,\"big\":12345678901234567890,\"h\":1e21,\"z\":-0.0}) exits 0 (p.p={"x":1,"a":1.0,"e":1e3,"big":12345678901234567890,"h":1e21,"z":-0.0}) -> ...
00:01  demo[0].t(0:<b>&) exits 0 (p.p=<b>&) -> ...
00:01  demo[0].r(0:1) exits 0 (print={"x":"<b>&","n":1.0}) -> ...
---
demo[1].z1  Pod  Pending | inputs: m=[{"a":1,"big":12345678901234567000,"e":1000,"h":1e+21,"x":1,"z":-0}]
demo[1].z2  Pod  Pending | inputs: m=["\u003cb\u003e\u0026"] [{"p":"\u003cb\u003e\u0026"}]
demo[1].z3  Pod  Pending | inputs: m=[{"x":"\u003cb\u003e\u0026","n":1.0}]
demo[1].z4  Pod  Pending | inputs: m=[{"name":"g","value":"a\u003cb\u003e\u0026c"}]
demo[1].z5(0:\u003cb\u003e\u0026)  Pod  Pending | inputs: m=<b>&
...
