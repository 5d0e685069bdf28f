# EX-633, TP-159, TP-275, OB-501: in a template an expression that fails stays as it is written; in a step's arguments it is an error.
manifest: |
  templates:
  - name: main
    dag: {tasks: [{name: a, template: t}, {name: b, template: s}]}
  - name: t
    inputs: {parameters: [{name: count, value: "2"}]}
    container: {image: any, args: ["{{=inputs.parameters.count + 1}}"]}
  - name: s
    inputs: {parameters: [{name: count, value: "2"}]}
    dag: {tasks: [{name: x1, template: echo, arguments: {parameters: [{name: m, value: "{{=tasks.name + 1}}"}]}}]}
---
00:00  begin -> ...
---
demo.a  Pod  Pending | args: {{=inputs.parameters.count + 1}}
...
