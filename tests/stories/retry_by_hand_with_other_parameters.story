# EX-307: with other parameters loops that go on have other items, and constructs other inputs.
manifest: |
  arguments: {parameters: [{name: list, value: '["a"]'}, {name: m, value: old}]}
  templates:
  - name: main
    inputs: {parameters: [{name: m}]}
    steps:
    - [{name: s, template: echo, withParam: "{{workflow.parameters.list}}", arguments: {parameters: [{name: m, value: "{{item}}-{{inputs.parameters.m}}"}]}}]
---
00:00  begin                               -> start demo[0].s(0:a)
00:01  demo[0].s(0:a) exits 1              -> workflow Failed
01:00  retry with list=["b","c"] m=new     -> start demo[0].s(0:b), start demo[0].s(1:c), no demo[0].s(0:a)
01:01  demo[0].s(0:b) exits 0              -> nothing
01:02  demo[0].s(1:c) exits 0              -> workflow Succeeded
---
demo[0].s(1:c)  Pod  Succeeded | inputs: m=c-new
...
