# EX-115, EX-260, EX-333: so is one whose result might be remembered.
manifest: |
  parallelism: 1
  templates:
  - name: main
    dag: {tasks: [{name: a, template: memo, arguments: {parameters: [{name: k, value: one}]}}, {name: b, template: memo, arguments: {parameters: [{name: k, value: two}]}}]}
  - name: memo
    inputs: {parameters: [{name: k}]}
    memoize: {key: "{{inputs.parameters.k}}", cache: {configMap: {name: c1}}}
    container: {image: cast}
---
00:00  begin           -> start demo.a, no demo.b
00:01  demo.a exits 0  -> start demo.b
00:02  demo.b exits 0  -> workflow Succeeded
