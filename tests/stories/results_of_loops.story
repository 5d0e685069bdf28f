# PA-100, PA-103, PA-114, PA-115, EX-421, EX-424: results are JSON; who was skipped or failed is left out.
manifest: |
  templates:
  - name: main
    steps:
    - - {name: r, template: echo, withItems: ["5", '"s"', '{"k":1}'], arguments: {parameters: [{name: m, value: "{{item}}"}]}}
      - {name: p, template: mix, withItems: [{w: "exit=0", num: 0}, {w: "exit=0", num: 1}, {w: "exit=1", num: 2}], when: "{{item.num}} > 0", continueOn: {failed: true}, arguments: {parameters: [{name: w, value: "{{item.w}}"}]}}
    - - {name: z1, template: echo, arguments: {parameters: [{name: m, value: "{{steps.r.outputs.result}}"}]}}
      - {name: z2, template: echo, arguments: {parameters: [{name: m, value: "{{steps.p.outputs.parameters}} {{steps.p.outputs.parameters.p}}"}]}}
  - name: mix
    inputs: {parameters: [{name: w}]}
    container: {image: cast, args: ["{{inputs.parameters.w}}", "p.p=b"]}
    outputs: {parameters: [{name: p, valueFrom: {path: /p}}]}
---
00:00  begin -> ...
00:01  demo[0].r(0:5) exits 0 (print=5) -> ...
00:01  demo[0].r(1:\"s\") exits 0 (print="s") -> ...
00:01  demo[0].r(2:{\"k\":1}) exits 0 (print={"k":1}) -> ...
00:01  demo[0].p(1:num:1,w:exit=0) exits 0 (p.p=b) -> ...
00:01  demo[0].p(2:num:2,w:exit=1) exits 1 -> ...
---
demo[1].z1  Pod  Pending | inputs: m=[5,"s",{"k":1}]
demo[1].z2  Pod  Pending | inputs: m=[{"p":"b"}] ["b"]
...
